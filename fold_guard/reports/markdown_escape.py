"""Text from data inside Markdown: nothing in it is markup, a link, a mention or an issue."""

from __future__ import annotations

import re

from fold_guard.reports.clean import clean

_MEANS = re.compile(r"([\\`*_{}\[\]<>()+!|~&:])")
_CALLS = re.compile(r"([@#])")
# Forges link bare www. addresses and GH-12, and set what stands between dollars as a formula.
_WEB = re.compile(r"(www)\.", re.IGNORECASE)
_ISSUE = re.compile(r"\b(gh)-(?=\d)", re.IGNORECASE)


def escaped(text: str) -> str:
    r"""Return text in which nothing is Markdown, HTML, the end of a cell, a mention or an issue.

    >>> escaped("<b>|@ada")
    '\\<b\\>\\|@<!-- -->ada'
    """
    # Forges look for mentions in what the text has become: a backslash alone would be gone by then.
    shown = _CALLS.sub(r"\1<!-- -->", _MEANS.sub(r"\\\1", clean(text)))
    return _ISSUE.sub(r"\1<!-- -->-", _WEB.sub(r"\1\\.", shown)).replace("$", "<span>$</span>")

"""Text from data on a page and in a chart: visible, short, and never two names as one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fold_guard.reports.clean import clean, clean_sentence

WHOLE = 500
# Allowed in a text, but in no XML: the chart converter aborts the process on them.
_NONCHARACTERS = re.compile("[\ufdd0-\ufdef\ufffe\uffff]")


def visible(text: str) -> str:
    r"""Return text in which nothing is hidden, nothing reorders, and all is valid in XML.

    >>> visible("\x1b[31mred\u202e\uffff")
    '\\x1b[31mred\\u202e\\uffff'
    """
    return _xml(clean(text))


def _xml(shown: str) -> str:
    return _NONCHARACTERS.sub(lambda match: f"\\u{ord(match.group()):04x}", shown)


def visible_lines(text: str) -> str:
    """Return a block of text with its lines kept and all else visible."""
    return "\n".join(visible(line) for line in text.expandtabs(4).split("\n"))


def cut(text: str, width: int) -> str:
    """Return visible text of at most ``width`` cells; an ellipsis says that it was cut.

    >>> cut("stratified_group", 8)
    'stratif…'
    """
    return _xml(clean(text, width))


def sentence(text: str, width: int) -> str:
    """Return a visible sentence; a long one loses its middle: the number may end it."""
    return _xml(clean_sentence(text, width))


def whole(text: str) -> str:
    """Return visible text for a tooltip; of a wall of text the beginning, and how long it is."""
    if len(text) <= WHOLE:
        return visible(text)
    return f"{visible(text[:WHOLE])}… ({len(text):,} characters)"


def distinct_labels(names: Sequence[str], width: int) -> list[str]:
    """Cut names for a chart so that two names never become one label.

    >>> distinct_labels(["abcdef", "abcxyz"], 4)
    ['abc…', 'abc… (2)']
    """
    taken: set[str] = set()
    labels = []
    for name in names:
        label = base = cut(name, width) or "(empty)"
        number = 2
        while label in taken:
            label = f"{base} ({number})"
            number += 1
        taken.add(label)
        labels.append(label)
    return labels

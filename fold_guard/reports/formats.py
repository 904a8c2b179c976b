"""The formats of a report: one line each. Another format is one file and one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from fold_guard.evidence.report import Report
    from fold_guard.reports.place import Place

# Imported when asked for: the command line needs the names alone, even for --help.
FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "text": "fold_guard.reports.text:render_text",
        "json": "fold_guard.reports.json:render_json",
        "html": "fold_guard.reports.html:render_audit",
        "markdown": "fold_guard.reports.markdown:render_markdown",
        "sarif": "fold_guard.reports.sarif:render_sarif",
        "junit": "fold_guard.reports.junit:render_junit",
        "github": "fold_guard.reports.github:render_github",
    }
)


class Renderer(Protocol):
    """From a report to text that ends in one newline; a format ignores what it has no use for."""

    def __call__(
        self,
        report: Report,
        *,
        width: int = ...,
        colour: bool = ...,
        next_steps: Sequence[str] = ...,
        place: Place | None = ...,
    ) -> str:
        """Render."""


def renderer(name: str) -> Renderer:
    """Import the function behind a name in ``FORMATS``.

    >>> renderer("json").__name__
    'render_json'
    """
    module, _, function = FORMATS[name].partition(":")
    return cast(Renderer, getattr(import_module(module), function))

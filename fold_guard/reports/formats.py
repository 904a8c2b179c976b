"""The formats of a report: one line each. Another format is one file and one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from fold_guard.evidence.report import Report
from fold_guard.reports.json import render_json
from fold_guard.reports.text import render_text


class Renderer(Protocol):
    """From a report to text that ends in one newline; a format ignores what it has no use for."""

    def __call__(
        self,
        report: Report,
        *,
        width: int = 100,
        colour: bool = False,
        next_steps: Sequence[str] = (),
    ) -> str:
        """Render."""


def _html(
    report: Report, *, width: int = 100, colour: bool = False, next_steps: Sequence[str] = ()
) -> str:
    # Imported here: templates and charts cost more than a whole audit in text.
    from fold_guard.reports.html import render_audit

    return render_audit(report)


FORMATS: Mapping[str, Renderer] = MappingProxyType(
    {"text": render_text, "json": render_json, "html": _html}
)

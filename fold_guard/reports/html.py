"""The HTML report: one self-contained file, no script, no network; the verdict first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fold_guard.evidence.dossier import Dossier
from fold_guard.evidence.report import Report
from fold_guard.reports.page.content import Page, audit_page, dossier_page
from fold_guard.reports.page.visible import cut, sentence, visible, visible_lines, whole
from fold_guard.reports.place import Place

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).parent / "templates"


def render_dossier(dossier: Dossier) -> str:
    """Return the report of a whole pipeline.

    Parameters
    ----------
    dossier : Dossier
        At least one plan.

    Returns
    -------
    str
        An HTML document that ends in a newline; the same dossier gives the same bytes.
    """
    return _render(dossier_page(dossier))


def render_audit(
    report: Report,
    *,
    width: int = 0,
    colour: bool = False,
    next_steps: Sequence[str] = (),
    place: Place | None = None,
) -> str:
    """Return the report of an audit, or of the checks of one plan.

    Parameters
    ----------
    report : Report
    width, colour, next_steps, place
        Of no use here; every format takes them.

    Returns
    -------
    str
        An HTML document that ends in a newline.
    """
    return _render(audit_page(report))


def _render(page: Page) -> str:
    return _environment().get_template("page.html.jinja").render(page=page)


def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def finalize(value: object) -> object:
        # Every text that a template puts out passes here; autoescape then makes it harmless.
        if isinstance(value, str) and not isinstance(value, Markup):
            return visible(value)
        return value

    def lines(value: str) -> Markup:
        return Markup.escape(visible_lines(value))

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        cut=cut,
        sentence=sentence,
        whole=whole,
        lines=lines,
        # Only for SVG that `reports.charts.svg` made: it is parsed, stripped and escaped there.
        drawing=Markup,
    )
    return environment

"""The explanations of the checks as Markdown: the pages of the documentation, and rule help."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fold_guard.checks.catalogue import CATALOGUE
from fold_guard.checks.check import Check
from fold_guard.reports.explain_text import check_named, default_lines
from fold_guard.reports.layout import wrapped
from fold_guard.reports.next_steps import params_path

_WIDTH = 100
_MEANS = re.compile(r"([\\`*_<|\[])")
INDEX = "README.md"
_MADE = (
    "<!-- Made by: fold-guard explain --format markdown --output docs/checks; "
    "the texts are in fold_guard/checks -->"
)


def explain_markdown(code: str) -> str:
    """Return the page of a check.

    Parameters
    ----------
    code : str
        ``FG301`` or ``group_overlap``, in any case.

    Raises
    ------
    UsageError
        No such check, with the nearest; or one that this version does not have.
    """
    return _page(check_named(code))


def explain_all_markdown() -> str:
    """Return the index of the pages: a line for each check."""
    lines = [
        "# The checks",
        "",
        _MADE,
        "",
        *_paragraph(
            "What each check asks, an example, the remedy, what its numbers mean and where to read "
            "on. `fold-guard explain FG301` prints the same. An audit runs the checks marked "
            "*deep* only with `--deep`, a plan when params.yaml declares them."
        ),
        "| code | name | default | asks |",
        "|---|---|---|---|",
    ]
    for check in CATALOGUE:
        default = check.rule().severity.value + (", *deep*" if check.opt_in else "")
        first = check.explanation.meaning.partition(". ")[0].rstrip(".")
        lines.append(
            f"| [{check.code}]({check.code}.md) | {check.name} | {default} | {_own(first)}. |"
        )
    return "\n".join(lines) + "\n"


def pages() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each file of the documentation of the checks."""
    yield INDEX, explain_all_markdown()
    for check in CATALOGUE:
        yield f"{check.code}.md", _page(check)


def help_markdown(check: Check) -> str:
    """Return what a viewer of findings shows beside them: meaning, example, remedy, references."""
    said = check.explanation
    lines = [_own(said.meaning), "", f"**Example.** {_own(said.example)}", ""]
    lines += [f"**Remedy.** {_own(said.fix)}"]
    if said.references:
        lines += ["", *(f"- {_own(each)}" for each in said.references)]
    return "\n".join(lines)


def _page(check: Check) -> str:
    said = check.explanation
    lines = [
        f"# {check.code} {check.name}",
        "",
        _MADE,
        "",
        *_paragraph(said.meaning, plain=True),
    ]
    lines += ["## Example", "", *_paragraph(said.example, plain=True)]
    lines += ["## Remedy", "", *_paragraph(said.fix, plain=True)]
    lines += [
        "## Settings",
        "",
        *_paragraph(f"In params.yaml: `{params_path('<plan>', check.name)}`"),
    ]
    lines += [
        "```yaml",
        f"{check.name}:",
        *(f"  {each}" for each in default_lines(check)),
        "```",
        "",
    ]
    if check.opt_in:
        lines += [*_paragraph("Costly, or fits models: an audit runs it only with `--deep`.")]
    if said.measured:
        lines += ["## Measured", "", "| name | is |", "|---|---|"]
        lines += [f"| `{name}` | {_own(text)} |" for name, text in said.measured.items()]
        lines += [""]
    if check.totals:
        held = ", ".join(f"`{each}`" for each in check.totals)
        lines += _paragraph(f"A baseline fails when one of these has grown: {held}.")
    if said.references:
        lines += ["## References", "", *(f"- {_own(each)}" for each in said.references), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _paragraph(text: str, *, plain: bool = False) -> list[str]:
    return [*wrapped(_own(text) if plain else text, _WIDTH), ""]


def _own(text: str) -> str:
    """Escape what would be markup in our own texts; they hold nothing that is out to harm."""
    return _MEANS.sub(r"\\\1", text)

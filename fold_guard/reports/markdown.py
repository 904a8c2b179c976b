"""A report as Markdown, for a pull request or a job summary: verdict, failures, the rest folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fold_guard.checks.outcome import Outcome, Status
from fold_guard.evidence.report import Report
from fold_guard.reports.baseline_words import baseline_sentences
from fold_guard.reports.clean import clean_sentence
from fold_guard.reports.levels import headline, level, word, worst_first
from fold_guard.reports.markdown_escape import escaped
from fold_guard.reports.place import Place
from fold_guard.reports.worst import finding_sentence

# Forges take about 65,000 characters in a comment.
_FINDINGS, _OUTCOMES = 20, 60
_MARKS = {"error": ":x:", "warning": ":warning:", "note": ":heavy_minus_sign:"}


def render_markdown(
    report: Report,
    *,
    width: int = 0,
    colour: bool = False,
    next_steps: Sequence[str] = (),
    place: Place | None = None,
) -> str:
    """Return a report as GitHub-flavoured Markdown; nothing from data is markup.

    Parameters
    ----------
    report : Report
    next_steps : sequence of str
        Commands or advice that only the caller knows.
    width, colour, place
        Of no use here; every format takes them.

    Returns
    -------
    str
        At most `_FINDINGS` findings and `_OUTCOMES` lines for checks; a cut is stated.
    """
    verdict, _, rest = headline(report).partition(" ")
    lines = [f"### fold-guard: {verdict}", "", escaped(clean_sentence(rest)), ""]
    told = [each for each in worst_first(report) if level(each) != "none"]
    if told:
        lines += ["| | check | target | outcome | summary |", "|---|---|---|---|---|"]
        lines += [_row(each) for each in told[:_OUTCOMES]]
        if len(told) > _OUTCOMES:
            lines.append(f"| | | | | {len(told) - _OUTCOMES:,} more; `--format json` has all |")
        lines.append("")
    passed = [each for each in report.checks if each.status is Status.PASSED]
    if passed:
        names = dict.fromkeys(f"{each.code} {each.name}" for each in passed)
        lines += [f"Passed: {escaped(', '.join(names))}", ""]
    idle = "; ".join(f"{each.code} {each.name} ({each.reason})" for each in report.not_run)
    lines += [f"Not run: {escaped(idle) or 'nothing was left out'}", ""]
    for text in baseline_sentences(report):
        lines += [f"Baseline: {escaped(clean_sentence(text, 600))}", ""]
    found = list(_findings(report, told))
    if found:
        lines += ["<details><summary>Worst findings</summary>", "", *found[:_FINDINGS]]
        if len(found) > _FINDINGS:
            lines.append(f"- and {len(found) - _FINDINGS:,} more; `--format json` has all")
        lines += ["", "</details>", ""]
    codes = dict.fromkeys(each.code for each in told if not each.accepted)
    steps = [escaped(clean_sentence(each, 600)) for each in next_steps]
    steps += [f"fold-guard explain {escaped(code)}" for code in list(codes)[:3]]
    if steps:
        lines += ["Next:", "", *(f"- {each}" for each in steps), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _row(outcome: Outcome) -> str:
    cells = [outcome.code + " " + outcome.name, outcome.target, word(outcome), outcome.summary]
    shown = " | ".join(escaped(clean_sentence(each)) for each in cells)
    return f"| {_MARKS[level(outcome)]} | {shown} |"


def _findings(report: Report, outcomes: Sequence[Outcome]) -> Iterator[str]:
    for outcome in outcomes:
        for finding in outcome.findings:
            if not finding.accepted:
                text = finding_sentence(finding, numbered=not report.dataset.id)
                yield f"- **{escaped(outcome.code)}** {escaped(text)}"

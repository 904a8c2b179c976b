"""A report as workflow commands of GitHub Actions: annotations on the run and its files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fold_guard.checks.outcome import Outcome
from fold_guard.evidence.report import Report
from fold_guard.reports.baseline_words import baseline_sentences
from fold_guard.reports.clean import clean, clean_sentence
from fold_guard.reports.levels import headline, level, worst_first
from fold_guard.reports.place import Place
from fold_guard.reports.worst import finding_sentence

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def render_github(
    report: Report,
    *,
    width: int = 0,
    colour: bool = False,
    next_steps: Sequence[str] = (),
    place: Place | None = None,
) -> str:
    """Return the verdict, a line for each outcome that did not pass, then one for each finding.

    GitHub shows the first ten annotations of a level and step: hence findings come last.

    Parameters
    ----------
    report : Report
    width, colour, next_steps
        Of no use here; every format takes them.
    place : Place, optional
        The file that annotations are put on.

    Returns
    -------
    str
        Lines that start with ``::error``, ``::warning`` or ``::notice``.
    """
    verdict = "notice" if report.passed else "error"
    lines = [_command(verdict, "fold-guard", clean_sentence(headline(report)), None, None)]
    told = [each for each in worst_first(report) if level(each) != "none"]
    lines += [_line(each, clean_sentence(each.summary), place) for each in told]
    lines += [line for each in told for line in _findings(report, each, place)]
    lines += [
        _command("notice", "fold-guard baseline", clean_sentence(text, 600), None, None)
        for text in baseline_sentences(report)
    ]
    idle = ", ".join(f"{each.code} {each.name}" for each in report.not_run)
    lines.append(_command("notice", "fold-guard not run", clean(idle) or "nothing", None, None))
    return "\n".join(lines) + "\n"


def _findings(report: Report, outcome: Outcome, place: Place | None) -> Iterator[str]:
    for finding in outcome.findings:
        if not finding.accepted:
            yield _line(outcome, finding_sentence(finding, numbered=not report.dataset.id), place)


def _line(outcome: Outcome, text: str, place: Place | None) -> str:
    title = " ".join(x for x in (outcome.code, outcome.name, clean(outcome.target, 60)) if x)
    line = None if place is None else place.lines.get(outcome.name)
    return _command(_COMMANDS[level(outcome)], clean(title), text, place, line)


def _command(name: str, title: str, text: str, place: Place | None, line: int | None) -> str:
    properties = [] if place is None else [f"file={_property(clean(place.path))}"]
    properties += [] if line is None else [f"line={line}"]
    properties.append(f"title={_property(title)}")
    return f"::{name} {','.join(properties)}::{_data(text)}"


def _data(text: str) -> str:
    r"""Escape what would end the command.

    >>> _data("100%\n")
    '100%25%0A'
    """
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escape what would also end a property.

    >>> _property("a,b: c")
    'a%2Cb%3A c'
    """
    return _data(text).replace(":", "%3A").replace(",", "%2C")

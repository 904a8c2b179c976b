"""What a key keeps out of all that people read: row ids, and texts that may quote a row.

Files that a digest covers hold the ids themselves: without them nobody could verify anything.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import polars as pl

from fold_guard.checks.outcome import Finding, Outcome, RowId
from fold_guard.crossval.requirements.requirement import RequirementOutcome
from fold_guard.crossval.result import Concern, Result
from fold_guard.crossval.runs.faults import LEFT_OUT, unquoted
from fold_guard.crossval.runs.recheck import NOT_RECHECKED
from fold_guard.errors import FoldGuardError, RepeatedIdsError
from fold_guard.evidence.dossier import Dossier, PlanDossier
from fold_guard.evidence.report import Report
from fold_guard.identity.pseudonyms import PseudonymKey, pseudonymised, pseudonyms

_NOT_SEEN = f"Played again to see whether it comes out the same, a round failed ({LEFT_OUT})"

# As errors name a row by its id; a bare number after "row" is a place in a file.
_NAMED_ROW = re.compile(r"""\brow (?:id )?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|\brow id (-?\d+)""")


def hidden_report(report: Report, key: PseudonymKey | None) -> Report:
    """Return a report whose findings cite pseudonyms.

    Texts of ids are also replaced in the words of the finding that cites them. Without a key, and
    without an id (findings cite row numbers then), the report stays as it is.

    Parameters
    ----------
    report : Report
    key : PseudonymKey or None

    Returns
    -------
    Report
    """
    if key is None or not report.dataset.id:
        return report
    cited = (row for each in report.checks for finding in each.findings for row in finding.rows)
    names = _names(cited, key)
    return replace(report, checks=tuple(_hidden_outcome(each, names) for each in report.checks))


def hidden_result(result: Result, key: PseudonymKey | None) -> Result:
    """Return a result with pseudonyms in its predictions, and as `without_quotes` in its texts."""
    if key is None:
        return result
    predictions = pseudonymised(result.predictions, key)
    return replace(without_quotes(result), predictions=predictions)


def without_quotes(result: Result) -> Result:
    """Return a result without the texts of errors and warnings: any of them may quote a row."""
    return replace(
        result,
        failures=tuple(replace(each, error=unquoted(each.error)) for each in result.failures),
        warnings=tuple(replace(each, message=LEFT_OUT) for each in result.warnings),
        concerns=tuple(map(_hidden_concern, result.concerns)),
    )


def hidden_requirements(
    requirements: Sequence[RequirementOutcome], result: Result
) -> tuple[RequirementOutcome, ...]:
    """Return what became of requirements without the texts that `without_quotes` leaves out.

    Parameters
    ----------
    requirements : sequence of RequirementOutcome
    result : Result
        With its texts: they are what is looked for.
    """
    texts = {each.error: unquoted(each.error) for each in result.failures}
    texts |= {each.message: _hidden_concern(each).message for each in result.concerns}
    # A text may hold another one.
    ordered = sorted(texts, key=len, reverse=True)
    found = []
    for each in requirements:
        message = each.message
        for text in ordered if each.built_in else ():
            message = message.replace(text, texts[text])
        found.append(replace(each, message=message))
    return tuple(found)


def hidden_error(error: FoldGuardError, key: PseudonymKey | None) -> str:
    """Return what an error says, without the text of what foreign code raised, and without ids.

    Parameters
    ----------
    error : FoldGuardError
    key : PseudonymKey or None
        Without one it says all that it has to say.

    Examples
    --------
    >>> key = PseudonymKey(b"0123456789abcdef0123456789abcdef")
    >>> hidden_error(FoldGuardError("KeyError: 'P00123'", where="round 2"), key)
    'round 2: KeyError (its text may quote rows, and is left out where a key is set)'
    """
    if key is None:
        return str(error)
    if isinstance(error, RepeatedIdsError):
        shown = tuple(_names(error.examples, key).values())
        return str(RepeatedIdsError(error.count, shown, where=error.where))
    what, cause = error.what, error.__cause__
    while cause is not None:
        # Texts of our own errors are made of those below them.
        if not isinstance(cause, FoldGuardError) and str(cause):
            what = what.replace(f": {cause}", f" ({LEFT_OUT})").replace(str(cause), LEFT_OUT)
        cause = cause.__cause__
    told = str(FoldGuardError(unquoted(what), where=error.where, remedy=error.remedy))
    return _NAMED_ROW.sub(lambda found: f"row id {_name(found, key)!r}", told)


def _name(found: re.Match[str], key: PseudonymKey) -> str:
    row = ast.literal_eval(found[1] or found[2])
    return _names([row], key)[row]


def hidden_dossier(dossier: Dossier, key: PseudonymKey | None) -> Dossier:
    """Return the evidence of a pipeline as it may be shown.

    Parameters
    ----------
    dossier : Dossier
    key : PseudonymKey or None
        Without one all stays as it is.
    """
    if key is None:
        return dossier
    return replace(dossier, plans=tuple(_hidden_plan(each, key) for each in dossier.plans))


def _hidden_plan(plan: PlanDossier, key: PseudonymKey) -> PlanDossier:
    report, result = hidden_report(plan.report, key), plan.result
    if result is None:
        return replace(plan, report=report)
    return replace(
        plan,
        report=report,
        result=hidden_result(result, key),
        requirements=hidden_requirements(plan.requirements, result),
    )


def _hidden_concern(concern: Concern) -> Concern:
    return replace(concern, message=_NOT_SEEN) if concern.name == NOT_RECHECKED else concern


def _names(rows: Iterable[RowId], key: PseudonymKey) -> dict[RowId, str]:
    """Return the pseudonym of each row id; 1 and "1" are two ids."""
    distinct = list(dict.fromkeys(rows))
    numbers = [row for row in distinct if isinstance(row, int)]
    texts = [row for row in distinct if isinstance(row, str)]
    hidden = [
        *pseudonyms(pl.Series(numbers, dtype=pl.Int64), key),
        *pseudonyms(pl.Series(texts, dtype=pl.String), key),
    ]
    return dict(zip([*numbers, *texts], hidden, strict=True))


def _hidden_outcome(outcome: Outcome, names: Mapping[RowId, str]) -> Outcome:
    return replace(outcome, findings=tuple(_hidden(each, names) for each in outcome.findings))


def _hidden(finding: Finding, names: Mapping[RowId, str]) -> Finding:
    # Numbers in a sentence are counts: no check of ours writes ids into its words.
    texts = sorted((row for row in finding.rows if isinstance(row, str)), key=len, reverse=True)
    message = finding.message
    if texts:
        anywhere = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, texts))})(?!\w)")
        message = anywhere.sub(lambda found: names[found[0]], message)
    # The order of the ids would tell of them.
    rows = tuple(sorted(names[row] for row in finding.rows if row in names))
    return replace(finding, message=message, rows=rows)

"""What to do next: the remedies of the checks that broke, and commands that exist."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.check import Check
from fold_guard.checks.outcome import Outcome, Status
from fold_guard.checks.wording import counted
from fold_guard.evidence.repair import Offer
from fold_guard.evidence.report import Report
from fold_guard.reports.clean import clean
from fold_guard.reports.layout import Ink, hanging

_HEAD = "Next   "
_REMEDIES = 3
# Folds that break these are to be dealt in another way; the threshold comes second.
DEALT = ("group_overlap", "component_overlap", "temporal_order")


def suggestions(report: Report, given: Sequence[str], width: int, ink: Ink) -> list[str]:
    """Lay out the caller's steps, then remedies, then commands; nothing when nothing is to do."""
    broken = [each for each in report.checks if each.status in (Status.FAILED, Status.ERROR)]
    warned = [each for each in report.checks if each.status is Status.WARNED and not each.accepted]
    broken = broken or warned
    known = list(dict.fromkeys(check for each in broken if (check := _check(each)) is not None))
    steps = [clean(each) for each in given]
    # What a policy lets pass was decided there; its remedies are one command away.
    remedied = known if report.plan is None or not report.passed else []
    steps += [f"{check.code}: {check.explanation.fix}" for check in remedied[:_REMEDIES]]
    if known:
        others = ", ".join(check.code for check in known[1:])
        steps.append(
            f"fold-guard explain {known[0].code}" + (f"   (also {others})" if others else "")
        )
    if report.plan is not None and known:
        names = ",".join(check.name for check in known)
        names = f"{{{names}}}" if len(known) > 1 else names
        dealt = any(check.name in DEALT for check in known)
        first = f"plans.{clean(report.plan, 40)}.fold.strategy first; " if dealt else ""
        steps.append(
            f"params.yaml: {first}{params_path(report.plan, names)} holds severity and thresholds"
        )
    lines: list[str] = []
    for step in steps:
        lines += hanging(" " * len(_HEAD) if lines else _HEAD, step, width)
    if lines:
        lines[0] = ink.start("bold", lines[0], "Next")
    return lines


def repair_steps(name: str, offers: Sequence[Offer], *, has_id: bool) -> list[str]:
    """Return the commands that would repair an audited split, with the rows that each moves.

    Parameters
    ----------
    name : str
        The file that was audited.
    offers : sequence of Offer
    has_id : bool
        Whether the audit was told what names a row.

    Examples
    --------
    >>> repair_steps("t.csv", [Offer("groups", 1846)], has_id=True)
    ['fold-guard audit t.csv ... --repair folds/    keeps groups together, moves 1,846 rows']
    """
    steps = []
    for each in offers:
        what = _KEEPS.get(each.keeps, f"keeps {each.keeps} together")
        if each.no_way:
            steps.append(f"no repair {what}: {clean(each.no_way)}")
            continue
        command = f"fold-guard audit {clean(shlex.quote(name))} ... "
        command += "" if has_id else "--id COL "
        command += "--repair folds/" + (" --repair-copies" if each.asks_for_copies else "")
        steps.append(f"{command}    {what}, moves {counted(each.rows, 'row')}")
    return steps


_KEEPS = {"time": "puts rows into the block of their time (its rounds purge groups)"}


def params_path(plan: str, name: str) -> str:
    """Return where params.yaml declares a check of a plan.

    >>> params_path("forward", "class_counts")
    'plans.forward.checks.class_counts'
    """
    return f"plans.{clean(plan, 40)}.checks.{name}"


def _check(outcome: Outcome) -> Check | None:
    check = BY_NAME.get(outcome.name)
    return check if check is not None and check.code == outcome.code else None

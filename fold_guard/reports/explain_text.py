"""``fold-guard explain``: what a check asks, why it matters, what to do, and its settings."""

from __future__ import annotations

from typing import NoReturn

from fold_guard.checks.catalogue import CATALOGUE
from fold_guard.checks.planned import PLANNED
from fold_guard.errors import UsageError
from fold_guard.reports.layout import Ink, hanging, usable
from fold_guard.reports.next_steps import params_path
from fold_guard.suggest import did_you_mean

_WILL_ASK = {
    "near_duplicate_rows": "whether a test row is almost, not exactly, a row of train",
    "purge_embargo": "whether the span in which a train row's label becomes known reaches into "
    "that of a test row",
    "target_leakage": "whether a single feature, or where it is missing, gives the label away",
    "identifier_label": "whether ids, the order of rows or groups tell the label",
    "feature_drift": "whether a feature is distributed otherwise in one fold than in the others",
    "adversarial_validation": "whether a classifier can tell which fold a row lies in",
    "preprocessing_isolation": "whether what is fitted on train changes when test rows change",
    "optimism_gap": "how much of a score comes from leaks, by scoring mended folds beside it",
}


def explain(code: str, *, width: int = 100, colour: bool = False) -> str:
    """Return the explanation of a check.

    Parameters
    ----------
    code : str
        ``FG301`` or ``group_overlap``, in any case.
    width : int
    colour : bool

    Raises
    ------
    UsageError
        No such check, with the nearest; or one that this version does not have.

    Examples
    --------
    >>> explain("fg301").splitlines()[0]
    'FG301  group_overlap'
    """
    cells, ink = usable(width), Ink(colour)
    asked = code.strip().casefold()
    check = next((c for c in CATALOGUE if asked in (c.code.casefold(), c.name)), None)
    if check is None:
        _refuse(code, asked)
    rule = check.rule()
    settings = [f"severity: {rule.severity.value}"]
    settings += [f"{name}: {_yaml(value)}" for name, value in rule.thresholds().items()]
    lines = [f"{ink('bold', check.code)}  {check.name}", ""]
    for head, text in (
        ("Meaning  ", check.explanation.meaning),
        ("Example  ", check.explanation.example),
        ("Remedy   ", check.explanation.fix),
        ("Default  ", ", ".join(settings)),
        ("Set in   ", f"params.yaml: {params_path('<plan>', check.name)}"),
    ):
        first, *others = hanging(head, text, cells)
        lines += [ink.start("bold", first, head.rstrip()), *others]
    return "\n".join(lines) + "\n"


def _yaml(value: object) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _refuse(code: str, asked: str) -> NoReturn:
    for planned, name in PLANNED:
        if asked in (planned.casefold(), name):
            raise UsageError(
                f"{planned} {name} is not in this version: no check of that code runs. "
                f"It will ask {_WILL_ASK[name]}",
                remedy=f"Known: {', '.join(check.code for check in CATALOGUE)}",
            )
    known = [text for check in CATALOGUE for text in (check.code, check.name)]
    raise UsageError(f"there is no check {code[:80]!r}", remedy=did_you_mean(code[:80], known))

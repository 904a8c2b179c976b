"""``fold-guard explain``: what a check asks, why it matters, what to do, and its settings."""

from __future__ import annotations

from typing import NoReturn

from fold_guard.checks.catalogue import CATALOGUE
from fold_guard.checks.planned import PLANNED
from fold_guard.dataset.names import did_you_mean
from fold_guard.errors import UsageError
from fold_guard.reports.layout import Ink, hanging, usable
from fold_guard.reports.next_steps import params_path


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
                f"{planned} {name} is not in this version: no check of that code runs",
                remedy=f"Known: {', '.join(check.code for check in CATALOGUE)}",
            )
    known = [text for check in CATALOGUE for text in (check.code, check.name)]
    raise UsageError(f"there is no check {code[:80]!r}", remedy=did_you_mean(code[:80], known))

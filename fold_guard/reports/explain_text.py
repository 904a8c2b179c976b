"""``fold-guard explain``: what a check asks, why it matters, what to do, and its settings."""

from __future__ import annotations

from fold_guard.checks.catalogue import CATALOGUE
from fold_guard.checks.check import Check
from fold_guard.errors import UsageError
from fold_guard.reports.layout import Ink, hanging, table, usable, wrapped
from fold_guard.reports.next_steps import params_path
from fold_guard.suggest import did_you_mean

_BENEATH = " " * len("Sources  ")


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
        No such check, with the nearest.

    Examples
    --------
    >>> explain("fg301").splitlines()[0]
    'FG301  group_overlap'
    """
    cells, ink = usable(width), Ink(colour)
    check = check_named(code)
    said = check.explanation
    lines = [f"{ink('bold', check.code)}  {check.name}", ""]
    parts = [
        ("Meaning  ", said.meaning),
        ("Example  ", said.example),
        ("Remedy   ", said.fix),
        ("Default  ", ", ".join(default_lines(check))),
        ("Set in   ", f"params.yaml: {params_path('<plan>', check.name)}"),
    ]
    if check.opt_in:
        parts.append(("Runs     ", "in an audit only with --deep: it is costly, or fits models"))
    parts += [
        ("Sources  " if not at else _BENEATH, each) for at, each in enumerate(said.references)
    ]
    for head, text in parts:
        first, *others = hanging(head, text, cells)
        lines += [ink.start("bold", first, head.rstrip()) if head.strip() else first, *others]
    if said.measured:
        lines += ["", ink("bold", "Measured")]
        rows = [((name,), text) for name, text in said.measured.items()]
        lines += table(rows, [("",)] * len(rows), cells, ink)
    return "\n".join(lines) + "\n"


def explain_all(*, width: int = 100, colour: bool = False) -> str:
    """Return a line for each check: code, name, default severity, and what it asks first.

    Examples
    --------
    >>> explain_all().splitlines()[0].split()[:3]
    ['FG101', 'row_identity', 'error']
    """
    cells, ink = usable(width), Ink(colour)
    rows = [
        (
            (check.code, check.name, f"{check.rule().severity.value}{', deep' * check.opt_in}"),
            check.explanation.meaning.partition(". ")[0].rstrip(".") + ".",
        )
        for check in CATALOGUE
    ]
    lines = table(rows, [("bold", "", "dim")] * len(rows), cells, ink)
    lines += ["", *wrapped("fold-guard explain CODE says more; deep ones run with --deep.", cells)]
    return "\n".join(lines) + "\n"


def check_named(code: str) -> Check:
    """Return the check of a code or a name, in any case.

    Raises
    ------
    UsageError
        No such check, with the nearest.
    """
    asked = code.strip().casefold()
    check = next((c for c in CATALOGUE if asked in (c.code.casefold(), c.name)), None)
    if check is None:
        known = [text for check in CATALOGUE for text in (check.code, check.name)]
        raise UsageError(f"there is no check {code[:80]!r}", remedy=did_you_mean(code[:80], known))
    return check


def default_lines(check: Check) -> list[str]:
    """Return the default settings as params.yaml would hold them."""
    rule = check.rule()
    found = [f"severity: {rule.severity.value}"]
    return found + [f"{name}: {_yaml(value)}" for name, value in rule.thresholds().items()]


def _yaml(value: object) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)

"""What the gate, and the targets of a cross-validation, say in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.wording import counted
from fold_guard.crossval.requirements.requirement import FAILURE_RATE, RequirementOutcome
from fold_guard.gate.verdict import Objection, Verdict
from fold_guard.reports.clean import clean, clean_sentence
from fold_guard.reports.layout import Ink, ends, hanging, table, usable, wrapped
from fold_guard.reports.next_steps import DEALT

_SHOWN = 20
_DIGEST = 12
_SUITES = ("PANDERA", "GX")


def render_verdict(
    verdict: Verdict,
    *,
    width: int = 100,
    colour: bool = False,
    report_path: str | None = None,
    params_file: str = "params.yaml",
) -> str:
    """Return a verdict as terminal text.

    Parameters
    ----------
    verdict : Verdict
    width : int
    colour : bool
    report_path : str, optional
        Where the check report lies; by default where ``fold-guard check`` puts it.
    params_file : str
        Where the thresholds stand.
    """
    cells, ink = usable(width), Ink(colour)
    plan = clean(verdict.plan, 40)
    facts = f"{counted(verdict.checks, 'check')}, verdict {short(verdict.digest)}"
    warned = len(verdict.warnings)
    if not verdict.passed:
        word, style, rest = "REFUSED", "red", ", training will not start"
    elif warned:
        word, style = f"PASSED with {counted(warned, 'warning')}", "yellow"
        rest = ", training may start"
    else:
        word, style, rest = "PASSED", "green", ", training may start"
    head = f"gate {plan}: "
    first, *others = ends(f"{head}{word}{rest}", facts, cells)
    lines = [ink.start(style, first, word, after=head), *others]
    lines += _rows(verdict.objections, f"{params_file}: plans.{plan}.", cells, ink, "red")
    if verdict.passed:
        lines += _rows(verdict.warnings, "", cells, ink, "yellow")
    elif warned:
        # In a refusal nothing may stand before what refuses.
        names = dict.fromkeys(f"{each.code} {clean(each.name, 24)}" for each in verdict.warnings)
        lines += hanging("  also warned: ", clean_sentence(", ".join(names)), cells)
    codes = [each.code for each in verdict.objections or verdict.warnings if _known(each)]
    path = f"reports/{verdict.plan}/check.json" if report_path is None else report_path
    tail = [f"report: {clean(path)}"]
    tail += [f"explain: fold-guard explain {codes[0]}"] if codes else []
    if verdict.objections or verdict.warnings:
        lines += hanging("  ", "   ".join(tail), cells)
    return "\n".join(lines) + "\n"


def render_requirements(
    plan: str,
    outcomes: Sequence[RequirementOutcome],
    *,
    width: int = 100,
    colour: bool = False,
    path: str | None = None,
    params_file: str = "params.yaml",
) -> str:
    """Return what became of the targets of a cross-validation.

    Parameters
    ----------
    plan : str
    outcomes : sequence of RequirementOutcome
        In the order of the list in params, then what is built in.
    width : int
    colour : bool
    path : str, optional
        Dotted path of that list; by default ``plans.<plan>.require``.
    params_file : str
    """
    cells, ink = usable(width), Ink(colour)
    head = f"cv {clean(plan, 40)}: "
    path = f"plans.{clean(plan, 40)}.require" if path is None else path
    targets = [each for each in outcomes if not each.built_in]
    word, style, rest = _decision(outcomes)
    if not targets:
        none = f"no target is set ({params_file}: {path})"
        rest = f"{rest}; {none}" if rest else none
    if not word:
        return "\n".join(hanging(head, rest, cells)) + "\n"
    first, *others = wrapped(f"{head}{word}, {rest}", cells)
    lines = [ink.start(style, first, word, after=head), *others]
    places = [f"{params_file}: {path}.{i}" for i in range(len(targets))]
    places += ["built in"] * (len(outcomes) - len(targets))
    rows = [
        ((place,), clean_sentence(each.message))
        for place, each in zip(
            places, [*targets, *(o for o in outcomes if o.built_in)], strict=True
        )
        if not each.met
    ] or [(("met",), clean_sentence(each.message)) for each in outcomes]
    body = table(rows[:_SHOWN], [("",)] * len(rows[:_SHOWN]), cells - 2, ink)
    lines += ["  " + line for line in body]
    if len(rows) > _SHOWN:
        lines.append(f"  ... and {len(rows) - _SHOWN:,} more")
    return "\n".join(lines) + "\n"


def _decision(outcomes: Sequence[RequirementOutcome]) -> tuple[str, str, str]:
    """Return the first word, its colour, and what follows; nothing where nothing was asked."""
    targets = [each for each in outcomes if not each.built_in]
    missed = sum(not each.met for each in targets)
    blocking = [each.requirement.metric for each in outcomes if each.built_in and not each.met]
    if missed or blocking:
        reasons = [f"{missed} of {_targets(len(targets))} missed"] if missed else []
        if blocking:
            reasons.append(f"blocked by {', '.join(clean(name, 40) for name in blocking)}")
        return "REFUSED", "red", "; ".join(reasons)
    met = f"{_targets(len(targets))} met" if targets else ""
    if any(each.requirement.metric == FAILURE_RATE and each.value for each in outcomes):
        # Rounds that gave no score are never a plain pass.
        return "FAILURES ALLOWED", "yellow", met
    return ("PASSED", "green", met) if targets else ("", "", "")


def short(digest: str) -> str:
    """Return the start of a digest, marked as cut.

    >>> short("9f2c" * 16)
    '9f2c9f2c9f2c…'
    """
    return digest if len(digest) <= _DIGEST else f"{clean(digest[:_DIGEST])}…"


def _targets(count: int) -> str:
    return counted(count, "target")


def _known(objection: Objection) -> bool:
    check = BY_NAME.get(objection.name)
    return check is not None and check.code == objection.code


def _rows(
    objections: Sequence[Objection], settings: str, width: int, ink: Ink, style: str
) -> list[str]:
    """Lay objections out; ``settings`` is what the dotted path of each begins with, if shown."""
    rows = []
    for each in objections[:_SHOWN]:
        text = clean_sentence(each.message)
        setting = _setting(each) if settings else ""
        dealt = f"{settings}fold.strategy, or " if setting and each.name in DEALT else ""
        # The file is named once.
        then = settings.rpartition(" ")[2] if dealt else settings
        text += f"   ({dealt}{then}{setting})" if setting else ""
        rows.append(((clean(each.code, 8), clean(each.name, 24)), text))
    lines = ["  " + x for x in table(rows, [(style, "")] * len(rows), width - 2, ink)]
    if len(objections) > _SHOWN:
        lines.append(f"  ... and {len(objections) - _SHOWN:,} more in the verdict")
    return lines


def _setting(objection: Objection) -> str:
    """Say where a plan declares the check or suite; a check's only threshold is named, too."""
    if objection.code in _SUITES:
        return f"suites.{clean(objection.name, 40)}"
    if not _known(objection):
        return ""
    thresholds = BY_NAME[objection.name].rule().thresholds()
    only = f".{next(iter(thresholds))}" if len(thresholds) == 1 else ""
    return f"checks.{objection.name}{only}"

"""Run the declared checks on a subject: every one yields an outcome, whatever happens in it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.outcome import Outcome, Status
from fold_guard.checks.rule import Rule
from fold_guard.checks.subjects.subject import Subject
from fold_guard.errors import FoldGuardError


def run_checks(
    subject: Subject,
    rules: Mapping[str, Rule],
    *,
    on_progress: Callable[[str], None] = lambda _: None,
) -> tuple[Outcome, ...]:
    """Run checks, side by side where the subject allows it; outcomes in the catalogue's order.

    Parameters
    ----------
    subject : Subject
    rules : mapping of check name to Rule
        The declared checks.
    on_progress : callable of str
        Told the name of each check that is run, or waited for.

    Returns
    -------
    tuple of Outcome
        At least one for each declared check. A check that crashes, yields nothing or measures
        NaN or infinity has the outcome ``error``, which shuts the gate.
    """
    names = sorted(rules, key=lambda each: BY_NAME[each].code)
    outcomes: list[Outcome] = []
    with ThreadPoolExecutor(subject.threads) as pool:
        # What trains runs alone and here: it is somebody else's code.
        early = {
            name: pool.submit(_run, name, subject, rules[name])
            for name in names
            if subject.threads > 1 and not BY_NAME[name].opt_in
        }
        for name in names:
            on_progress(name)
            found = early[name].result() if name in early else _run(name, subject, rules[name])
            outcomes.extend(found)
    return tuple(outcomes)


def _run(name: str, subject: Subject, rule: Rule) -> list[Outcome]:
    check = BY_NAME[name]
    try:
        reason = check.lacks(subject)
        if reason:
            return [check.without(Status.NOT_APPLICABLE, reason, rule.severity)]
        if check.needs_rounds and not subject.n_rounds:
            return [check.without(Status.ERROR, "there is no round to check", rule.severity)]
        outcomes = list(check.run(subject, rule))
    except FoldGuardError as error:
        return [check.without(Status.ERROR, str(error)[:500], rule.severity)]
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        # A crash is an outcome: it must shut the gate, not pass unseen. Not all are Exceptions:
        # the panics of polars come straight from BaseException, and a trained estimator that
        # calls sys.exit(0) would end all with the code of a pass.
        text = f"the check crashed: {type(error).__name__}: {error}"
        return [check.without(Status.ERROR, text[:500], rule.severity)]
    if not outcomes:
        return [check.without(Status.ERROR, "the check yielded no outcome", rule.severity)]
    return [
        check.without(Status.ERROR, "the check measured NaN or infinity", rule.severity)
        if _not_finite(outcome.measured)
        else outcome
        for outcome in outcomes
    ]


def _not_finite(value: object) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, Mapping):
        return any(_not_finite(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(_not_finite(item) for item in value)
    return False

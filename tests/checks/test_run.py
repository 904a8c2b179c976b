from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from fold_guard.checks import run as run_module
from fold_guard.checks.catalogue import BY_NAME, CATALOGUE
from fold_guard.checks.check import Check, Explanation
from fold_guard.checks.outcome import Outcome, Severity, Status
from fold_guard.checks.rule import Rule
from fold_guard.checks.run import run_checks
from fold_guard.checks.subjects.subject import Subject
from fold_guard.checks.subjects.table_subject import TableSubject
from fold_guard.dataset.columns import Columns
from fold_guard.errors import DataError

EXPLANATION = Explanation("meaning", "example", "fix")
EXAMPLE = {
    "columns": {
        "id": [1, 2, 3, 4],
        "fold": [0, 1, 0, 1],
        "y": list("abba"),
        "g": [1, 2, 3, 4],
        "h": [1, 2, 3, 4],
        "t": [1, 2, 3, 4],
        "x": [1, 2, 3, 4],
    },
    "label": "y",
    "groups": ["g", "h"],
    "time": "t",
}


@pytest.fixture
def outcome_of_probe(
    monkeypatch: pytest.MonkeyPatch, subject_of: Callable[..., Subject]
) -> Callable[..., tuple[Outcome, ...]]:
    """Run a made-up check in place of the catalogue."""

    def probe(
        run: Callable[[Subject, Any], Any], lacks: Callable[[Subject], str] = lambda _: ""
    ) -> tuple[Outcome, ...]:
        check = Check("FG999", "probe", Rule, run, EXPLANATION, lacks)
        monkeypatch.setattr(run_module, "BY_NAME", {"probe": check})
        return run_checks(subject_of(EXAMPLE), {"probe": Rule(severity=Severity.WARNING)})

    return probe


def _measuring(value: object) -> Callable[[Subject, Rule], Iterator[Outcome]]:
    def run(subject: Subject, rule: Rule) -> Iterator[Outcome]:
        yield Outcome(
            "FG999", "probe", "", Status.PASSED, rule.severity, "all is well", {"value": value}
        )

    return run


def _raising(error: BaseException) -> Callable[..., Any]:
    def run(*_: object) -> Iterator[Outcome]:
        raise error

    return run


def test_what_is_declared_is_what_is_run_in_the_order_of_the_catalogue(
    subject_of: Callable[..., Subject],
) -> None:
    told: list[str] = []
    rules = {check.name: check.rule() for check in reversed(CATALOGUE)}
    outcomes = run_checks(subject_of(EXAMPLE), rules, on_progress=told.append)
    assert told == [check.name for check in CATALOGUE]
    assert list(dict.fromkeys(each.name for each in outcomes)) == told


def test_a_sound_probe_passes(outcome_of_probe: Callable[..., tuple[Outcome, ...]]) -> None:
    [found] = outcome_of_probe(_measuring(1.0))
    assert found.status is Status.PASSED


@pytest.mark.parametrize(
    ("run", "summary"),
    [
        (
            _raising(ZeroDivisionError("by nought")),
            "the check crashed: ZeroDivisionError: by nought",
        ),
        (_raising(DataError("no good", where="column a")), "column a: no good"),
        (lambda *_: iter(()), "the check yielded no outcome"),
        (_measuring(float("nan")), "the check measured NaN or infinity"),
        (_measuring({"0": {"x": [1.0, float("inf")]}}), "the check measured NaN or infinity"),
    ],
)
def test_what_goes_wrong_in_a_check_is_an_error_even_where_it_would_only_warn(
    run: Callable[..., Any],
    summary: str,
    outcome_of_probe: Callable[..., tuple[Outcome, ...]],
) -> None:
    [found] = outcome_of_probe(run)
    assert (found.status, found.summary) == (Status.ERROR, summary)


def test_a_crash_after_a_first_outcome_leaves_no_pass_behind(
    outcome_of_probe: Callable[..., tuple[Outcome, ...]],
) -> None:
    def run(subject: Subject, rule: Rule) -> Iterator[Outcome]:
        yield from _measuring(1)(subject, rule)
        raise KeyError("half way")

    assert [each.status for each in outcome_of_probe(run)] == [Status.ERROR]


def test_a_crash_in_whether_it_applies_is_an_error(
    outcome_of_probe: Callable[..., tuple[Outcome, ...]],
) -> None:
    [found] = outcome_of_probe(_measuring(1), lacks=_raising(RuntimeError("odd column")))
    assert (found.status, found.summary) == (
        Status.ERROR,
        "the check crashed: RuntimeError: odd column",
    )


def test_what_does_not_apply_says_why(
    outcome_of_probe: Callable[..., tuple[Outcome, ...]],
) -> None:
    [found] = outcome_of_probe(_measuring(1), lacks=lambda _: "there is no group key")
    assert (found.status, found.summary) == (Status.NOT_APPLICABLE, "there is no group key")


def test_without_any_round_nothing_about_rounds_passes(
    subject_of: Callable[..., Subject],
) -> None:
    example = {**EXAMPLE, "columns": {**EXAMPLE["columns"], "fold": [-1] * 4}}  # type: ignore[dict-item]
    subject = subject_of(example)
    rules = {check.name: check.rule() for check in CATALOGUE}
    status = {each.name: each.status for each in run_checks(subject, rules)}
    assert status["fold_map_matches_data"] is Status.NOT_APPLICABLE
    assert status["fold_shape"] is Status.FAILED
    assert {status["row_identity"], status["label_conflict"]} == {Status.PASSED}
    about_rounds = [
        check.name for check in CATALOGUE if check.needs_rounds and not check.lacks(subject)
    ]
    assert len(about_rounds) >= 6
    assert {status[name] for name in about_rounds} == {Status.ERROR}


def test_a_missing_column_is_an_error(subject_of: Callable[..., Subject]) -> None:
    whole = subject_of(EXAMPLE)
    assert isinstance(whole, TableSubject)
    table = whole.table.whole()
    for column, names in {
        "y": ["class_counts", "class_balance", "label_conflict"],
        "g": ["group_overlap", "component_overlap"],
        "t": ["temporal_order"],
        "x": ["duplicate_rows", "label_conflict"],
    }.items():
        subject = replace(whole, table=Columns.of(table.drop(column)))
        for name in names:
            found = run_checks(subject, {name: BY_NAME[name].rule()})
            assert {each.status for each in found} == {Status.ERROR}, (column, name)


def test_a_panic_is_an_outcome_and_an_interrupt_is_not(
    subject_of: Callable[..., Subject], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Panic(BaseException):
        pass

    raised: list[type[BaseException]] = [Panic]

    def run(subject: Subject, rule: Rule) -> tuple[Outcome, ...]:
        raise raised[0]("out of range")

    check = BY_NAME["fold_shape"]
    monkeypatch.setattr(run_module, "BY_NAME", {"fold_shape": replace(check, run=run)})
    subject = subject_of({"columns": {"id": [1, 2], "fold": [0, 1]}})
    [outcome] = run_module.run_checks(subject, {"fold_shape": check.rule()})
    assert (outcome.status, outcome.summary) == (
        Status.ERROR,
        "the check crashed: Panic: out of range",
    )
    raised[0] = SystemExit
    [outcome] = run_module.run_checks(subject, {"fold_shape": check.rule()})
    assert outcome.status is Status.ERROR
    raised[0] = KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        run_module.run_checks(subject, {"fold_shape": check.rule()})

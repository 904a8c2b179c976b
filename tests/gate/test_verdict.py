"""Attacks on the gate at the level of the library: none of them may end in a passing verdict."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import pytest

from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.outcome import Outcome, Severity, Status
from fold_guard.errors import ArtifactError, Refused
from fold_guard.gate.policy import Policy, Suite
from fold_guard.gate.verdict import (
    Bindings,
    Verdict,
    decide,
    require_passing,
    verdict_from_json,
)
from fold_guard.identity.hashing import json_digest

BINDINGS = Bindings("d" * 64, "f" * 64, "p" * 64, "r" * 64, "c" * 64)
RULES = {
    "row_identity": BY_NAME["row_identity"].rule(),
    "class_counts": BY_NAME["class_counts"].rule.model_validate({"min_test": 5}),
    "label_conflict": BY_NAME["label_conflict"].rule(severity=Severity.WARNING),
}
SUITE = Suite("pandera", "raw.py", parameters={"min_test": 3})
POLICY = Policy("main", RULES, {"raw": SUITE}, {"raw.py": "0" * 64})


def ran(name: str, status: Status = Status.PASSED) -> Outcome:
    if name == "raw":
        return Outcome(
            "PANDERA", "raw", "raw.py", status, SUITE.severity, "fine", requires={"min_test": 3}
        )
    rule, check = RULES[name], BY_NAME[name]
    return Outcome(check.code, name, "", status, rule.severity, "fine", requires=rule.thresholds())


def outcomes(**statuses: Status) -> list[Outcome]:
    return [ran(name, statuses.get(name, Status.PASSED)) for name in (*RULES, "raw")]


def passing() -> Verdict:
    return decide(outcomes(), POLICY, BINDINGS)


def objections(given: list[Outcome], policy: Policy = POLICY) -> list[str]:
    verdict = decide(given, policy, BINDINGS)
    assert verdict.passed == (not verdict.objections)
    return [f"{each.name}: {each.message}" for each in verdict.objections]


def test_everything_declared_ran_and_passed() -> None:
    verdict = passing()
    assert (verdict.passed, verdict.checks, verdict.objections) == (True, 4, ())
    assert verdict.bindings == BINDINGS
    require_passing(verdict, BINDINGS, plan="main")


def test_a_warning_does_not_refuse_but_is_not_hidden() -> None:
    verdict = decide(outcomes(label_conflict=Status.WARNED), POLICY, BINDINGS)
    assert verdict.passed
    assert [each.name for each in verdict.warnings] == ["label_conflict"]


@pytest.mark.parametrize(
    "status", [Status.FAILED, Status.ERROR, Status.SKIPPED, Status.NOT_APPLICABLE]
)
@pytest.mark.parametrize("name", ["row_identity", "label_conflict", "raw"])
def test_not_run_is_never_passed(name: str, status: Status) -> None:
    assert any(name in text for text in objections(outcomes(**{name: status})))


@pytest.mark.parametrize("name", [*RULES, "raw"])
def test_a_check_removed_from_the_report(name: str) -> None:
    kept = [each for each in outcomes() if each.name != name]
    assert objections(kept) == [f"{name}: declared in the policy, but it did not run"]


def test_nothing_ran_at_all() -> None:
    assert len(objections([])) == 4


def test_a_check_nobody_declared() -> None:
    extra = Outcome("FG201", "fold_shape", "", Status.PASSED, Severity.ERROR, "fine")
    assert "not declared in the policy" in objections([*outcomes(), extra])[0]


def test_an_empty_policy_proves_nothing() -> None:
    empty = Policy("main", {}, {}, {})
    verdict = decide([], empty, BINDINGS)
    assert not verdict.passed
    assert "declares no check" in verdict.objections[0].message


@pytest.mark.parametrize("name", ["row_identity", "raw"])
def test_a_severity_changed_in_the_report(name: str) -> None:
    """A failure that was turned into a warning: severity and status both edited."""
    loosened = [
        replace(each, severity=Severity.WARNING, status=Status.WARNED)
        if each.name == name
        else each
        for each in outcomes()
    ]
    assert any("another severity" in text for text in objections(loosened))


def test_a_status_alone_turned_into_a_warning() -> None:
    loosened = outcomes(row_identity=Status.WARNED)
    assert objections(loosened) == ["row_identity: warned where the policy demands a refusal"]


@pytest.mark.parametrize(
    ("name", "requires"), [("class_counts", {"min_test": 1}), ("raw", {"min_test": 0}), ("raw", {})]
)
def test_checks_that_ran_under_other_thresholds(name: str, requires: dict[str, Any]) -> None:
    """Check under a loose policy, then tighten params.yaml and run the gate alone."""
    given = [replace(o, requires=requires) if o.name == name else o for o in outcomes()]
    assert objections(given) == [f"{name}: ran under other thresholds than the policy declares"]


def test_an_outcome_under_the_code_of_another_check() -> None:
    given = [replace(o, code="FG999") if o.name == "row_identity" else o for o in outcomes()]
    assert objections(given) == ["row_identity: is reported under another code than FG101"]


def test_one_bad_target_among_several_is_enough() -> None:
    given = [*outcomes(), replace(ran("row_identity", Status.FAILED), target="second key")]
    assert any("second key" in text for text in objections(given))


def test_an_objection_says_what_was_found_where() -> None:
    broken = replace(ran("row_identity", Status.FAILED), target="visit", summary="3 ids repeat")
    given = [broken, *(each for each in outcomes() if each.name != "row_identity")]
    assert objections(given) == ["row_identity: visit: 3 ids repeat"]


def test_round_trip() -> None:
    for verdict in (passing(), decide(outcomes(raw=Status.FAILED), POLICY, BINDINGS)):
        assert verdict_from_json(verdict.to_json(), source="v.json") == verdict


REFUSED = decide(outcomes(row_identity=Status.FAILED), POLICY, BINDINGS).to_json()


def forged(change: Callable[[dict[str, Any]], object], *, sealed_again: bool) -> dict[str, Any]:
    raw = copy.deepcopy(REFUSED)
    change(raw)
    if sealed_again:
        body = {key: value for key, value in raw.items() if key not in ("schema", "digest")}
        raw["digest"] = json_digest(body)
    return raw


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.update(passed=True, outcome="passed"),
        lambda raw: raw.update(passed=True),
        lambda raw: raw.update(outcome="passed"),
        lambda raw: raw.update(objections=[]),
        lambda raw: raw.update(passed=True, outcome="passed", objections=[]),
        lambda raw: raw.update(plan="other"),
        lambda raw: raw.update(checks=1),
        lambda raw: raw["bindings"].update(dataset="0" * 64),
        lambda raw: raw.update(digest="0" * 64),
        lambda raw: raw.pop("digest"),
        lambda raw: raw.pop("outcome"),
    ],
)
def test_an_edited_verdict_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(Refused, match="edited") as caught:
        verdict_from_json(forged(change, sealed_again=False), source="v.json")
    assert caught.value.where == "v.json"
    assert caught.value.exit_code == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.update(passed=True, outcome="passed"),
        lambda raw: raw.update(passed=True, outcome="passed", objections=[], checks=0),
        lambda raw: raw.update(objections=[]),
    ],
)
def test_a_forged_verdict_that_contradicts_itself(
    change: Callable[[dict[str, Any]], object],
) -> None:
    with pytest.raises(Refused, match="contradicts itself"):
        verdict_from_json(forged(change, sealed_again=True), source="v.json")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw.update(schema="fold-guard/verdict/2"), "schema"),
        (lambda raw: raw.pop("schema"), "schema"),
        (lambda raw: raw.pop("bindings"), "bindings"),
        (lambda raw: raw["bindings"].pop("report"), "bindings.report"),
        (lambda raw: raw.update(checks="many"), "checks"),
    ],
)
def test_a_verdict_that_is_none(change: Callable[[dict[str, Any]], object], said: str) -> None:
    with pytest.raises(ArtifactError, match=said):
        verdict_from_json(forged(change, sealed_again=False), source="v.json")


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("dataset", "the data changed"),
        ("fold_map", "the fold map changed"),
        ("policy", "the policy in params.yaml changed"),
        ("report", "the check report changed"),
    ],
)
def test_whatever_changed_after_the_verdict_is_named(key: str, said: str) -> None:
    now = replace(BINDINGS, **{key: "0" * 64})
    with pytest.raises(Refused, match=said) as caught:
        require_passing(passing(), now, plan="main")
    assert "dvc repro" in caught.value.remedy


def test_all_that_changed_is_named_at_once() -> None:
    with pytest.raises(Refused, match="the data and the fold map and the policy"):
        require_passing(passing(), Bindings("a", "b", "c", "d", "e"), plan="main")


def test_every_binding_is_compared() -> None:
    assert set(asdict(BINDINGS)) == {"dataset", "fold_map", "policy", "report", "features"}


def test_the_verdict_of_another_plan() -> None:
    with pytest.raises(Refused, match="for plan 'main', not 'forward'"):
        require_passing(passing(), BINDINGS, plan="forward")


def test_a_refusing_verdict_says_why() -> None:
    verdict = decide(outcomes(raw=Status.FAILED), POLICY, BINDINGS)
    with pytest.raises(Refused, match="PANDERA raw"):
        require_passing(verdict, BINDINGS, plan="main")


@pytest.mark.parametrize(
    "verdict",
    [
        replace(passing(), checks=0),
        replace(decide(outcomes(raw=Status.FAILED), POLICY, BINDINGS), passed=True),
    ],
    ids=["no check", "passed against an objection"],
)
def test_a_verdict_made_by_hand_that_contradicts_itself(verdict: Verdict) -> None:
    with pytest.raises(Refused, match="contradicts itself"):
        require_passing(verdict, BINDINGS, plan="main")


def test_a_report_made_under_another_policy_is_refused() -> None:
    assert decide(outcomes(), POLICY, BINDINGS, checked_under=POLICY.digest).passed
    verdict = decide(outcomes(), POLICY, BINDINGS, checked_under="0" * 64)
    assert not verdict.passed
    assert "another policy" in verdict.objections[0].message

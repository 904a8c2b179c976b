"""What a baseline accepts, and above all what it does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.outcome import Finding, Outcome, Severity, Status
from fold_guard.errors import UsageError
from fold_guard.evidence.audit import audit
from fold_guard.evidence.baseline import accept, baseline_of, fingerprint, load_baseline
from fold_guard.evidence.report import Report, report_from_json

PATIENTS = 12


def visits(leaking: int, *, extra: int = 0) -> pl.DataFrame:
    """Patients of two visits: the first ``leaking`` lie in both folds, ``extra`` ones in one."""
    patients = [*range(PATIENTS), *range(100, 100 + extra)]
    fold = [(half if patient < leaking else patient) % 2 for patient in patients for half in (0, 1)]
    rows = len(fold)
    return pl.DataFrame(
        {
            "visit": [10 * patient + half for patient in patients for half in (0, 1)],
            "patient": [f"p{patient:03d}" for patient in patients for _ in (0, 1)],
            "x": np.cos(np.arange(rows)),
            "fold": fold,
        }
    )


def report_on(frame: pl.DataFrame, *, id: str | tuple[()] = "visit", **rules: Any) -> Report:
    chosen = {"group_overlap": BY_NAME["group_overlap"].rule(**rules)}
    return audit(
        frame,
        fold="fold",
        id=id,
        groups=["patient"],
        features=["x"],
        name="visits.csv",
        rules=chosen,
    )


def held(now: Report, then: Report) -> Report:
    return accept(now, baseline_of(then), "known.json")


def test_the_same_split_is_accepted_and_not_called_passed() -> None:
    report = report_on(visits(3))
    found = held(report, report)
    (outcome,) = found.checks
    assert report.outcome is Status.FAILED
    assert (outcome.status, outcome.accepted, found.passed) == (Status.WARNED, True, True)
    assert outcome.summary == f"accepted by the baseline: {report.checks[0].summary}"
    assert outcome.measured == report.checks[0].measured
    assert found.baseline is not None
    assert (found.baseline.outcomes, found.baseline.findings) == (1, 3)
    assert found.baseline.gone == ()


@pytest.mark.parametrize("seed", [0, 1])
def test_rows_around_it_in_any_order_change_nothing(seed: int) -> None:
    more = visits(3, extra=5)
    moved = more[np.random.default_rng(seed).permutation(more.height).tolist()]
    found = held(report_on(moved), report_on(visits(3)))
    assert found.passed
    assert found.accepted == 1


def test_a_new_leak_fails_and_is_told_from_the_known_ones() -> None:
    found = held(report_on(visits(4)), report_on(visits(3)))
    (outcome,) = found.checks
    assert outcome.status is Status.FAILED
    assert not found.passed
    assert [each.accepted for each in outcome.findings] == [True, True, True, False]
    assert "patient p003" in outcome.findings[3].message
    assert outcome.summary.startswith(
        "beyond the baseline (1 new finding; test_rows_leaking_total is 8, was 6): "
    )


def test_a_new_leak_behind_the_cap_fails() -> None:
    """Of eight and of nine leaking patients the same five are shown."""
    then, now = report_on(visits(8)), report_on(visits(9))
    assert then.checks[0].findings == now.checks[0].findings
    found = held(now, then)
    assert not found.passed
    assert all(each.accepted for each in found.checks[0].findings)
    assert "(test_rows_leaking_total is 18, was 16; it is behind the" in found.checks[0].summary
    assert "--findings FILE has every row" in found.checks[0].summary


def test_a_leak_that_was_behind_the_cap_may_move_up_when_others_are_mended() -> None:
    then = visits(9)
    mended = then.with_columns(
        fold=pl.when(pl.col("patient").is_in(["p000", "p001"])).then(0).otherwise("fold")
    )
    found = held(report_on(mended), report_on(then))
    assert {each.message.split(":")[0] for each in found.checks[0].findings} > {"patient p006"}
    assert found.passed
    assert found.checks[0].accepted
    # Nothing was mended, and another patient leaks in the place of one: that is new.
    swapped = then.with_columns(patient=pl.col("patient").replace({"p000": "p011", "p011": "p000"}))
    assert not held(report_on(swapped), report_on(then)).passed


def test_a_leak_that_grew_is_new() -> None:
    then = visits(3)
    third = pl.DataFrame({"visit": [5], "patient": ["p000"], "x": [9.0], "fold": [0]})
    found = held(report_on(pl.concat([then, third], how="vertical_relaxed")), report_on(then))
    assert [each.accepted for each in found.checks[0].findings] == [False, True, True]
    assert not found.passed


def test_one_leak_in_place_of_another_is_new() -> None:
    """As many rows as before: no total would tell."""
    then = visits(3)
    swapped = then.with_columns(patient=pl.col("patient").replace({"p000": "p011", "p011": "p000"}))
    found = held(report_on(swapped), report_on(then))
    assert found.checks[0].measured == report_on(then).checks[0].measured
    assert not found.passed


def test_what_is_gone_is_told() -> None:
    found = held(report_on(visits(2)), report_on(visits(3)))
    assert found.passed
    assert found.baseline is not None
    assert [(each.code, each.message) for each in found.baseline.gone] == [
        ("FG301", "patient p002: 2 rows in folds 0 and 1")
    ]
    clean = held(report_on(visits(0)), report_on(visits(3)))
    assert clean.outcome is Status.PASSED
    assert clean.baseline is not None
    assert len(clean.baseline.gone) == 3
    assert clean.accepted == 0


def test_a_total_that_shrank_behind_the_cap_is_told() -> None:
    found = held(report_on(visits(8)), report_on(visits(9)))
    assert found.passed
    assert found.baseline is not None
    assert [each.message for each in found.baseline.gone] == [
        "test_rows_leaking_total is 16, was 18"
    ]


def test_what_a_new_leak_pushed_out_is_not_called_gone() -> None:
    then = visits(5)
    big = pl.DataFrame(
        {
            "visit": [901, 902, 903],
            "patient": ["p900"] * 3,
            "x": [5.0, 6.0, 7.0],
            "fold": [0, 1, 1],
        }
    )
    found = held(report_on(pl.concat([then, big], how="vertical_relaxed")), report_on(then))
    assert not found.passed
    assert found.baseline is not None
    assert found.baseline.gone == ()


@pytest.mark.parametrize("status", [Status.ERROR, Status.SKIPPED, Status.NOT_APPLICABLE])
def test_what_did_not_run_is_never_accepted(status: Status) -> None:
    report = report_on(visits(3))
    broken = replace(report, checks=(replace(report.checks[0], status=status),))
    assert baseline_of(broken).outcomes == ()
    for then in (broken, report):
        found = held(broken, then)
        assert found.checks == broken.checks
        assert not found.passed


def test_an_outcome_without_totals_is_never_accepted() -> None:
    """Nothing would tell how much hides behind its findings."""
    report = report_on(visits(3))
    suite = Outcome("GX", "mine", "", Status.FAILED, Severity.ERROR, "broken")
    other = replace(report, checks=(suite,))
    assert baseline_of(other).outcomes == ()
    assert held(other, report).checks == (suite,)
    lost = replace(report, checks=(replace(report.checks[0], measured={}),))
    assert not held(lost, report).passed


def test_a_broken_rule_that_only_warns_is_accepted_too() -> None:
    report = report_on(visits(3), severity=Severity.WARNING)
    strict = replace(held(report, report), fail_on=Severity.WARNING)
    assert strict.passed
    assert not replace(report, fail_on=Severity.WARNING).passed
    assert not replace(
        held(report_on(visits(4), severity=Severity.WARNING), report), fail_on=Severity.WARNING
    ).passed


def test_findings_that_read_the_same_are_each_accepted_once() -> None:
    report = report_on(visits(1), id=())
    twice = replace(report.checks[0], findings=report.checks[0].findings * 2)
    found = held(replace(report, checks=(twice,)), report)
    assert [each.accepted for each in found.checks[0].findings] == [True, False]


def test_row_numbers_are_no_part_of_a_fingerprint() -> None:
    report, outcome = report_on(visits(1)), report_on(visits(1)).checks[0]
    one, other = Finding("m", 2, (1, 2)), Finding("m", 2, (3, 4))
    assert fingerprint(report, outcome, one) != fingerprint(report, outcome, other)
    numbered = report_on(visits(1), id=())
    assert fingerprint(numbered, outcome, one) == fingerprint(numbered, outcome, other)
    for changed in (replace(outcome, target="t"), replace(outcome, code="FG302")):
        assert fingerprint(report, changed, one) != fingerprint(report, outcome, one)
    assert len(fingerprint(report, outcome, Finding("\ud800"))) == 64


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "other.csv"}, "name 'other.csv', not 'visits.csv'"),
        ({"groups": ()}, "groups none, not 'patient'"),
        ({"id": ("row",)}, "id 'row', not 'visit'"),
        ({"time": "day"}, "time 'day', not none"),
        ({"scheme": "forward"}, "scheme 'forward', not 'kfold'"),
        ({"folds": "column split"}, "folds 'column split', not 'column fold'"),
    ],
)
def test_a_baseline_of_something_else_is_refused(change: dict[str, Any], said: str) -> None:
    report = report_on(visits(3))
    baseline = baseline_of(report)
    other = replace(baseline, context=replace(baseline.context, **change))
    with pytest.raises(UsageError, match="the baseline is about") as caught:
        accept(report, other, "known.json")
    assert said in str(caught.value)


def test_the_file_is_sorted_and_reads_back(tmp_path: Path) -> None:
    frame = visits(3)
    report = report_on(frame)
    text = json.dumps(baseline_of(report).to_json())
    assert json.dumps(baseline_of(report_on(frame[::-1])).to_json()) == text
    path = tmp_path / "known.json"
    path.write_text(text)
    assert load_baseline(path) == baseline_of(report)
    assert json.loads(text)["schema"] == "fold-guard/baseline/1"


def _of(change: Callable[[dict[str, Any]], object]) -> str:
    raw = baseline_of(report_on(visits(3))).to_json()
    change(raw)
    return json.dumps(raw)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "not found"),
        ("{", "not valid JSON"),
        ("[]", "not a JSON object"),
        (_of(lambda raw: raw.update(schema="fold-guard/baseline/2")), "schema is not"),
        (_of(lambda raw: raw.pop("context")), "context"),
        (_of(lambda raw: raw["outcomes"][0].update(totals={"a": "many"})), "totals"),
        (
            _of(lambda raw: raw["outcomes"].append(raw["outcomes"][0])),
            "FG301 patient is there twice",
        ),
    ],
)
def test_a_file_that_is_no_baseline(tmp_path: Path, text: str | None, said: str) -> None:
    path = tmp_path / "known.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UsageError, match=said) as caught:
        load_baseline(path)
    assert "known.json" in str(caught.value)
    assert caught.value.exit_code == 2


def test_an_accepted_report_reads_back_from_json() -> None:
    found = replace(held(report_on(visits(2)), report_on(visits(3))), fail_on=Severity.WARNING)
    raw = json.loads(json.dumps(found.to_json()))
    assert raw["fail_on"] == "warning"
    assert raw["checks"][0]["accepted"] is True
    assert raw["checks"][0]["findings"][0]["accepted"] is True
    again = report_from_json(raw, source="r.json", remedy="")
    assert again.baseline == found.baseline
    assert again.passed
    assert again.checks[0].accepted


def test_every_check_says_by_which_totals_its_fault_grows() -> None:
    lacking = [check.code for check in BY_NAME.values() if not check.totals]
    assert lacking == []


def measured_visits(*, extra: int = 0) -> pl.DataFrame:
    """Faults of many kinds in 160 rows, and ``extra`` ones that share nothing with any other."""
    rows = np.arange(160 + extra)
    faulty = rows < 160
    patient = np.where(faulty, rows % 40, rows)
    leak = np.where(faulty, rows < 60, rows % 2 == 0)
    return pl.DataFrame(
        {
            "visit": [f"v{row:03d}" for row in rows],
            "patient": [f"p{each:03d}" for each in patient],
            "ward": [f"w{row // 10}" if row < 30 else None for row in rows],
            "day": [int(row) % 7 if row < 160 else None for row in rows],
            "a": np.where(faulty, rows % 30, rows),
            "leak": leak.astype(int),
            "y": np.where(leak ^ np.isin(rows, [5, 35, 60]), "one", "other"),
            "fold": np.where(rows < 12, 1 - patient % 2, rows % 7 % 2),
        }
    )


KEYED = {
    "class_counts": {"min_test": 1000},
    "class_balance": {"max_share_deviation": 0.0},
    "group_overlap": {},
    "component_overlap": {},
    "duplicate_rows": {},
    "label_conflict": {},
    "temporal_order": {},
    "target_leakage": {},
    "identifier_label": {"max_auc": 0.5},
}


def audited(frame: pl.DataFrame, **more: Any) -> Report:
    rules = {name: BY_NAME[name].rule(**given) for name, given in KEYED.items()}
    given: dict[str, Any] = {"id": "visit", "groups": ["patient", "ward"], "time": "day"}
    given |= {"features": ["a", "leak"], "label": "y", "fold": "fold", **more}
    return audit(frame, **given, name="visits.csv", rules=rules)


def marks(report: Report) -> dict[str, set[str]]:
    return {
        f"{each.code} {each.target}": {fingerprint(report, each, x) for x in each.findings}
        for each in report.checks
    }


def test_rows_that_leak_nothing_change_words_but_no_fingerprint() -> None:
    then, now = audited(measured_visits()), audited(measured_visits(extra=120))
    changed = set[str]()
    for one, other in zip(then.checks, now.checks, strict=True):
        assert one.findings, one.code
        assert all(x.key for x in one.findings)
        if [x.message for x in one.findings] != [x.message for x in other.findings]:
            changed.add(one.code)
    # Their words hold counts, shares or scores of rows that have nothing to do with the fault.
    assert {"FG202", "FG203", "FG308", "FG309"} <= changed
    assert marks(then) == marks(now)


def test_a_group_that_leaks_anew_fails_whatever_came_with_it() -> None:
    then = audited(measured_visits())
    more = measured_visits(extra=120)
    # The last two rows become visits of one patient.
    late = pl.int_range(pl.len()) >= pl.len() - 2
    now = audited(
        more.with_columns(
            patient=pl.when(late).then(pl.lit("p900")).otherwise("patient"),
            fold=pl.when(late).then(pl.int_range(pl.len()) % 2).otherwise("fold"),
        )
    )
    found = {f"{x.code} {x.target}": x for x in held(now, then).checks}["FG301 patient"]
    assert found.status is Status.FAILED
    assert "test_rows_leaking_total" in found.summary
    alone = held(audited(more), then)
    accepted = {f"{x.code} {x.target}": x for x in alone.checks}["FG301 patient"]
    assert accepted.accepted


def test_copies_are_known_by_their_content_without_an_id() -> None:
    frame = measured_visits()
    then = audited(frame, id=(), groups=())
    now = audited(frame.sample(fraction=1.0, shuffle=True, seed=3), id=(), groups=())
    for code in ("FG303", "FG305"):
        names = [name for name in marks(then) if name.startswith(code)]
        assert names
        assert all(marks(then)[name] == marks(now)[name] for name in names)
    # As many copies, of another content.
    other = audited(frame.with_columns(pl.col("a") + 100), id=(), groups=())
    for name, known in marks(then).items():
        assert name[:5] not in ("FG303", "FG305") or known.isdisjoint(marks(other)[name])


def test_a_finding_that_names_more_rows_is_new_although_its_key_is_known() -> None:
    report = report_on(visits(3), id=())
    [outcome] = report.checks
    first, *rest = outcome.findings
    for count, known in ((first.count - 1, True), (first.count + 1, False)):
        other = replace(first, message="other words", count=count)
        moved = replace(report, checks=(replace(outcome, findings=(other, *rest)),))
        found = held(moved, report)
        assert found.checks[0].findings[0].accepted is known
        assert found.passed is known


@pytest.mark.parametrize(("share", "accepted"), [(1e-12, True), (1e-6, False)])
def test_a_share_may_differ_in_its_last_bits(share: float, accepted: bool) -> None:
    report = audited(measured_visits())
    [outcome] = [each for each in report.checks if each.code == "FG203"]
    now: Any = outcome.measured["max_share_deviation"]
    grown = replace(outcome, measured={**outcome.measured, "max_share_deviation": now + share})
    found = held(replace(report, checks=(grown,)), report)
    assert found.checks[0].accepted is accepted

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from fold_guard.gate.verdict import Objection, Verdict
from fold_guard.reports.gate_text import render_requirements, render_verdict, short
from tests.reports import hand_made
from tests.reports import text_fixtures as made

LOWER = {"metric": "accuracy", "bound": "lower", "min": 0.999}
EASY = {"metric": "accuracy", "min": 0.01}


def refused() -> Verdict:
    return made.checked(made.strict())[1]


def passed() -> Verdict:
    return made.checked(made.lenient())[1]


def hostile() -> Verdict:
    bad = Objection(made.HOSTILE, made.HOSTILE, made.HOSTILE * 30)
    return replace(refused(), plan=made.HOSTILE, objections=(bad,) * 50, warnings=(bad,))


def squeezed(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("width", made.WIDTHS)
@pytest.mark.parametrize("verdict", [refused(), passed(), hostile()], ids=["no", "yes", "hostile"])
def test_verdicts_fit_and_colour_changes_no_word(verdict: Verdict, width: int) -> None:
    text = render_verdict(verdict, width=width)
    assert made.plain(render_verdict(verdict, width=width, colour=True)) == text
    assert not set(text) & set("\x1b\x9b\r\u202e")
    for line in text.splitlines():
        assert cell_len(line) <= width
        assert line == line.rstrip()


def test_a_refusal_says_what_where_and_how_to_go_on() -> None:
    text = squeezed(render_verdict(refused()))
    assert text.startswith("gate main: REFUSED, training will not start")
    assert "FG202 class_counts" in text
    assert "policy asks for 50" in text
    assert "(params.yaml: plans.main.checks.class_counts)" in text
    assert "report: reports/main/check.json explain: fold-guard explain FG202" in text


def test_the_only_threshold_of_a_check_is_named() -> None:
    verdict = replace(refused(), objections=(Objection("FG301", "group_overlap", "leaks"),))
    path = "plans.main.checks.group_overlap.max_test_rows_leaking"
    assert path in squeezed(render_verdict(verdict))


def test_the_way_of_dealing_comes_before_the_threshold() -> None:
    verdict = replace(refused(), objections=(Objection("FG301", "group_overlap", "leaks"),))
    text = squeezed(render_verdict(verdict))
    assert "(params.yaml: plans.main.fold.strategy, or plans.main.checks.group_overlap." in text


def test_a_suite_is_found_under_suites_and_has_no_explanation() -> None:
    verdict = replace(refused(), objections=(Objection("PANDERA", "raw_table", "2 cases"),))
    text = squeezed(render_verdict(verdict))
    assert "(params.yaml: plans.main.suites.raw_table)" in text
    assert "explain" not in text


def test_an_empty_policy_is_refused_in_words() -> None:
    text = render_verdict(made.checked({})[1])
    assert "REFUSED" in text
    assert "declares no check" in text


def test_a_pass_is_one_line_and_shows_the_verdict() -> None:
    text = render_verdict(passed())
    assert text.startswith("gate main: PASSED, training may start")
    assert text.count("\n") == 1
    assert short(passed().digest) in text


def test_warnings_are_not_hidden_by_a_pass() -> None:
    verdict = replace(passed(), warnings=(Objection("FG305", "label_conflict", "27 rows"),))
    text = squeezed(render_verdict(verdict))
    assert text.startswith("gate main: PASSED with 1 warning, training may start")
    assert "FG305 label_conflict 27 rows" in text


def test_warnings_do_not_drown_a_refusal() -> None:
    twice = (Objection("FG305", "label_conflict", "27 rows"),) * 2
    text = render_verdict(replace(refused(), warnings=twice))
    assert "\n  also warned: FG305 label_conflict\n" in text
    assert "27 rows" not in text


def test_many_objections_are_capped_and_counted() -> None:
    text = render_verdict(hostile(), width=120)
    assert "... and 30 more in the verdict" in text


def test_missed_targets_name_their_line_in_params() -> None:
    text = render_requirements("main", made.targets(EASY, LOWER))
    assert text.startswith("cv main: REFUSED, 1 of 2 targets missed\n")
    assert "params.yaml: plans.main.require.1  lower bound of accuracy is " in text
    assert "require.0" not in text


def test_met_targets_and_none_at_all_are_told_apart() -> None:
    assert render_requirements("main", made.targets(EASY)).startswith(
        "cv main: PASSED, 1 target met\n"
    )
    none = render_requirements("main", ())
    assert "no target is set" in none
    assert "PASSED" not in none


def test_what_is_built_in_has_no_line_in_params() -> None:
    rate = replace(hand_made.outcome("failure_rate", met=False), built_in=True)
    text = render_requirements("main", (hand_made.outcome("accuracy", met=True), rate))
    assert text.startswith("cv main: REFUSED, blocked by failure_rate\n")
    assert "built in  said so" in text
    assert "require.1" not in text
    both = render_requirements("main", (hand_made.outcome("accuracy", met=False), rate))
    assert both.startswith("cv main: REFUSED, 1 of 1 target missed; blocked by failure_rate\n")
    assert "require.0  said so" in both
    alone = squeezed(render_requirements("main", (rate,)))
    assert alone.startswith("cv main: REFUSED, blocked by failure_rate; no target is set")


@pytest.mark.parametrize("built_in", [False, True])
def test_failures_that_may_be_are_no_plain_pass(built_in: bool) -> None:
    rate = replace(hand_made.outcome("failure_rate", met=True), value=0.01, built_in=built_in)
    text = render_requirements("main", (hand_made.outcome("accuracy", met=True), rate))
    assert text.startswith(f"cv main: FAILURES ALLOWED, {1 if built_in else 2} target")
    none = replace(rate, value=0.0)
    assert render_requirements("main", (none,)).startswith("cv main: ")
    assert "FAILURES" not in render_requirements("main", (none,))


@pytest.mark.parametrize("width", made.WIDTHS)
def test_targets_fit(width: int) -> None:
    outcomes = tuple(replace(each, message=made.HOSTILE) for each in made.targets(EASY, LOWER) * 30)
    text = render_requirements(made.HOSTILE, outcomes, width=width)
    assert all(cell_len(line) <= width for line in text.splitlines())
    assert made.plain(render_requirements(made.HOSTILE, outcomes, width=width, colour=True)) == text
    assert "... and 10 more" in text

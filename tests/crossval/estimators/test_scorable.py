from __future__ import annotations

import pytest

from fold_guard.crossval.estimators.scorable import unscorable


@pytest.mark.parametrize("scoring", ["accuracy", "f1_macro", "roc_auc_ovr", "neg_log_loss", None])
@pytest.mark.parametrize("classes", [["no", "yes"], ["a", "b", "c"], ["0", "1"]])
def test_scorers_of_all_classes_score_text(scoring: str | None, classes: list[str]) -> None:
    assert unscorable(scoring, classes) == ("", "")


def test_scorers_of_one_class_do_not_know_which() -> None:
    # Labels are text here: the class "1" is not 1.
    what, remedy = unscorable("recall", ["0", "1"])
    assert "cannot score the labels '0', '1'" in what
    assert "make_scorer(f1_score, pos_label='1')" in remedy
    what, remedy = unscorable("f1", ["a", "b", "c"])
    assert "multiclass" in what
    assert "pos_label" not in remedy


def test_more_classes_than_fit_a_line_are_cut() -> None:
    what, _ = unscorable("f1", [f"class {at}" for at in range(30)])
    assert "'class 4', ...:" in what

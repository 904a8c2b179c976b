from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from fold_guard.checks.outcome import Outcome, Status
from fold_guard.checks.subjects.subject import Subject

Run = Callable[..., tuple[Outcome, ...]]


@pytest.mark.parametrize(("scheme", "column"), [("kfold", "fold"), ("forward", "block")])
def test_against_pandas(
    scheme: str,
    column: str,
    covid: pd.DataFrame,
    covid_subject: Callable[..., Subject],
    outcomes_of: Run,
) -> None:
    [found] = outcomes_of(covid_subject(scheme=scheme), "class_balance")
    dealt = covid[covid[column] >= 0]
    shares = pd.crosstab(dealt[column], dealt["result"], normalize="index")
    off = (shares - dealt["result"].value_counts(normalize=True)).abs().stack()
    assert found.measured["max_share_deviation"] == pytest.approx(off.max(), abs=1e-12)
    assert found.measured["mean_share_deviation"] == pytest.approx(off.mean(), abs=1e-12)
    assert (found.measured["worst_fold"], found.measured["worst_class"]) == off.idxmax()
    assert found.status is (Status.WARNED if off.max() > 0.02 else Status.PASSED)
    assert len(found.findings) == min(5, (off > 0.02).sum())


def test_the_worst_share_is_told(subject_of: Callable[..., Subject], outcomes_of: Run) -> None:
    columns = {"id": list(range(8)), "fold": [0] * 4 + [1] * 4, "y": list("aaaaabab")}
    [found] = outcomes_of(subject_of({"columns": columns, "label": "y"}), "class_balance")
    assert found.summary == 'share of "a" off by 25 points in fold 0 (policy allows 2)'
    assert found.findings[0].message == '"a" is 100.00% of fold 0 and 75.00% of all'


def test_no_label_at_all_is_not_passed(
    subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    columns = {"id": [1, 2, 3], "fold": [0, 1, -1], "y": [None, None, "a"]}
    [found] = outcomes_of(subject_of({"columns": columns, "label": "y"}), "class_balance")
    assert found.status is Status.ERROR


@pytest.mark.parametrize("name", ["a", "n", "z"])
def test_a_class_that_no_fold_holds_does_not_thin_the_mean(
    name: str, subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    columns = {"id": [*range(9)], "fold": [0] * 4 + [1] * 4 + [-1], "y": [*"mmmymyyy", name]}
    [found] = outcomes_of(subject_of({"columns": columns, "label": "y"}), "class_balance")
    assert found.measured["mean_share_deviation"] == 0.25

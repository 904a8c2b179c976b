from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from fold_guard.crossval.result import Result
from fold_guard.errors import MissingExtra, UsageError
from fold_guard.identity.pseudonyms import PseudonymKey, pseudonyms
from fold_guard.integrations.cleanlab import label_issues
from tests.crossval.results import classification, regression

KEY = PseudonymKey(b"0123456789abcdef0123456789abcdef")
NAMES = np.array(["ant", "bee", "cow"], dtype=object)
N, FLIPS = 300, 15


def planted() -> tuple[Result, dict[str, str]]:
    """Three clouds of points, and labels of which some were changed by hand."""
    X, truth = make_blobs(N, centers=[(0, 0), (6, 0), (0, 6)], random_state=4)
    labels = NAMES[truth].copy()
    flipped = np.random.default_rng(5).choice(N, FLIPS, replace=False)
    labels[flipped] = NAMES[(truth[flipped] + 1) % 3]
    split = list(StratifiedKFold(5, shuffle=True, random_state=0).split(X, labels))
    folds = np.empty(N, dtype=int)
    for fold, (_, test) in enumerate(split):
        folds[test] = fold
    probabilities = cross_val_predict(
        LogisticRegression(), X, labels, cv=split, method="predict_proba"
    )
    ids = [f"={row}" for row in range(N)]
    result = classification(labels.tolist(), probabilities.tolist(), folds=folds.tolist(), ids=ids)
    return result, {ids[row]: str(NAMES[truth[row]]) for row in flipped}


def test_planted_flips_come_on_top_and_the_truth_is_suggested() -> None:
    result, truth = planted()
    found = label_issues(result)
    assert (found.judged, found.unlearnt) == (N, 0)
    # cleanlab estimates how many labels are wrong; two of fifteen may go unseen.
    assert FLIPS - 2 <= found.queue.height <= FLIPS + 2
    top = found.queue.head(FLIPS - 2)
    suggested = {row["row_id"]: row["suggested"] for row in top.iter_rows(named=True)}
    assert suggested == {row: truth[row] for row in suggested}
    assert found.queue["rank"].to_list() == list(range(1, found.queue.height + 1))
    gap = found.queue["probability_suggested"] - found.queue["probability_label"]
    assert (gap > 0).all()
    assert gap.is_sorted(descending=True)
    folds = dict(result.predictions.select("row_id", "fold").iter_rows())
    assert [folds[each] for each in top["row_id"]] == top["fold"].to_list()


def test_the_same_whatever_the_order_of_the_rows() -> None:
    result, _ = planted()
    shuffled = replace(
        result, predictions=result.predictions.sample(fraction=1, shuffle=True, seed=1)
    )
    assert label_issues(shuffled).queue.equals(label_issues(result).queue)


def test_data_are_not_touched() -> None:
    result, _ = planted()
    before = result.predictions.clone()
    label_issues(result)
    assert result.predictions.equals(before)


def test_with_a_key_the_queue_has_pseudonyms() -> None:
    result, _ = planted()
    plain, hidden = label_issues(result).queue, label_issues(result, key=KEY).queue
    assert hidden["row_id"].to_list() == pseudonyms(plain["row_id"], KEY).to_list()
    assert hidden.drop("row_id").equals(plain.drop("row_id"))


def test_a_class_that_training_had_not_seen_is_no_issue() -> None:
    # Both cows are in fold 1: the model that tests them has never seen one.
    labels = ["ant"] * 6 + ["bee"] * 6 + ["cow"] * 2
    rows = [[0.9, 0.1, 0.0]] * 6 + [[0.1, 0.9, 0.0]] * 6 + [[0.95, 0.05, 0.0]] * 2
    folds = [0, 1] * 6 + [1, 1]
    result = classification(labels, rows, folds=folds)
    found = label_issues(result)
    assert (found.judged, found.unlearnt) == (12, 2)
    assert found.queue.is_empty()
    # Seen in training, they are suspects; cleanlab leaves a class its last row.
    seen = classification(labels, rows, folds=[*folds[:12], 0, 1])
    assert label_issues(seen).queue["row_id"].to_list() == ["r12"]


def test_a_class_of_one_row_in_leave_one_out_is_no_issue() -> None:
    labels = ["ant"] * 4 + ["bee"] * 4 + ["cow"]
    rows = [[0.9, 0.1, 0.0]] * 4 + [[0.1, 0.9, 0.0]] * 4 + [[1.0, 0.0, 0.0]]
    result = classification(labels, rows, folds=range(9), scored=False)
    found = label_issues(result)
    assert (found.judged, found.unlearnt, found.queue.height) == (8, 1, 0)


def test_a_class_that_nobody_tested_is_suggested_to_nobody() -> None:
    # As in a forward scheme whose first block alone has cows.
    labels = ["ant"] * 5 + ["bee"] * 5
    rows = [[0.9, 0.05, 0.05]] * 4 + [[0.2, 0.1, 0.7]] + [[0.1, 0.8, 0.1]] * 4 + [[0.9, 0.1, 0.0]]
    result = classification(labels, rows, folds=[0, 1] * 5, classes=["ant", "bee", "cow"])
    found = label_issues(result).queue
    assert found.select("row_id", "suggested").rows() == [("r09", "ant")]


def test_one_class_has_no_issues() -> None:
    result = classification(
        ["ant"] * 4, [[0.2, 0.8]] * 4, folds=[0, 0, 1, 1], classes=["ant", "bee"]
    )
    assert label_issues(result).queue.is_empty()


def test_rows_that_are_tested_again_are_there_once_with_mean_probabilities() -> None:
    labels = ["ant", "ant", "ant", "bee", "bee", "bee"]
    once = [[0.9, 0.1], [0.8, 0.2], [0.04, 0.96], [0.1, 0.9], [0.2, 0.8], [0.1, 0.9]]
    again = [[0.9, 0.1], [0.8, 0.2], [0.12, 0.88], [0.1, 0.9], [0.2, 0.8], [0.1, 0.9]]
    ids = [f"r{row}" for row in range(6)]
    result = classification(
        labels * 2,
        once + again,
        folds=[0, 1] * 3 + [2, 3] * 3,
        ids=ids * 2,
        retested=True,
    )
    queue = label_issues(result).queue
    assert queue.columns[:4] == ["rank", "row_id", "rounds", "label"]
    assert queue.rows() == [(1, "r2", "0 2", "ant", "bee", 0.08, 0.92)]


def test_without_probabilities_it_is_refused() -> None:
    for result in (
        regression([1.0, 2.0], [1.0, 2.0], folds=[0, 1]),
        classification(["a", "b"], None, folds=[0, 1], predictions=["a", "b"]),
    ):
        with pytest.raises(UsageError, match="predict_proba"):
            label_issues(result)


def test_without_the_package_the_remedy_is_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cleanlab.filter", None)
    with pytest.raises(MissingExtra, match=r"fold-integrity\[cleanlab\]"):
        label_issues(planted()[0])


def test_ids_may_be_numbers() -> None:
    result, truth = planted()
    numbers = result.predictions.with_columns(
        pl.col("row_id").str.strip_prefix("=").cast(pl.Int64) - 150
    ).sort("row_id")
    queue = label_issues(replace(result, predictions=numbers)).queue
    assert queue["row_id"].dtype == pl.Int64
    assert {f"={each + 150}" for each in queue["row_id"].head(FLIPS - 2)} <= set(truth)

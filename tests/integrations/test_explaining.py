from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression

from fold_guard.config import Problems, read_section
from fold_guard.crossval.result import Result
from fold_guard.crossval.samples import sample_table
from fold_guard.dataset.csv_cells import plain_cell
from fold_guard.errors import UsageError
from fold_guard.identity.pseudonyms import PseudonymKey, pseudonymised, pseudonyms
from fold_guard.integrations.explaining import ExplainSettings, explain_all
from fold_guard.integrations.shap_values import Refitted
from tests.crossval.results import classification, facts

KEY = PseudonymKey(b"0123456789abcdef0123456789abcdef")
N = 40
X = pd.DataFrame({"x": np.linspace(-3, 3, N)})
TRUTH = np.where(X["x"] > 0, "yes", "no").astype(object)
# Two labels were changed by hand: their ids begin as formulas do.
WRONG = (2, 37)
LABELS = np.array(
    [{"yes": "no", "no": "yes"}[t] if r in WRONG else t for r, t in enumerate(TRUTH)], dtype=object
)
IDS = pl.Series("row_id", [f"={row:02d}" for row in range(N)])
FOLDS = np.arange(N) % 2


def refit(index: int) -> Refitted:
    train = index != FOLDS
    return Refitted(LogisticRegression().fit(X[train], LABELS[train]), X[train])


def result() -> Result:
    probabilities = np.empty((N, 2))
    for index in (0, 1):
        mine = index == FOLDS
        probabilities[mine] = refit(index).model.predict_proba(X[mine])
    return classification(
        LABELS.tolist(), probabilities.tolist(), folds=FOLDS.tolist(), ids=IDS.to_list()
    )


def explain(folder: Path, settings: ExplainSettings, **more: Any) -> tuple[Path, ...]:
    given = result()
    return explain_all(
        settings,
        given,
        sample_table(given, facts(given)),
        folder,
        X=X,
        row_ids=IDS,
        refit=refit,
        **more,
    )


def queue_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "relabel_queue.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_params_become_settings() -> None:
    problems: Problems = []
    found = read_section(ExplainSettings, {"shap": 20, "relabel": True}, "cv.explain", problems)
    assert (found, problems) == (ExplainSettings(20, relabel=True), [])
    assert read_section(ExplainSettings, {"shap": -1}, "cv.explain", problems) is None
    assert [where for where, _ in problems] == ["cv.explain.shap"]


def test_both_files_tell_of_the_labels_that_were_changed(tmp_path: Path) -> None:
    files = explain(tmp_path, ExplainSettings(shap=2, relabel=True))
    assert [each.name for each in files] == ["relabel_queue.csv", "shap_values.parquet"]
    top = queue_of(tmp_path)[:2]
    assert all(row["row_id"].startswith("'=") for row in top)
    assert {plain_cell(row["row_id"]) for row in top} == {"=02", "=37"}
    assert {row["suggested"] for row in top if plain_cell(row["row_id"]) == "=02"} == {"no"}
    explained = pl.read_parquet(tmp_path / "shap_values.parquet")
    assert set(explained["row_id"]) == {"=02", "=37"}


def test_same_input_same_bytes(tmp_path: Path) -> None:
    settings = ExplainSettings(shap=2, relabel=True)
    one, two = explain(tmp_path / "1", settings), explain(tmp_path / "2", settings)
    assert [each.read_bytes() for each in one] == [each.read_bytes() for each in two]


def test_with_a_key_no_id_is_written(tmp_path: Path) -> None:
    explain(tmp_path, ExplainSettings(shap=2, relabel=True), key=KEY)
    hidden = set(pseudonyms(pl.Series(["=02", "=37"]), KEY))
    assert {row["row_id"] for row in queue_of(tmp_path)[:2]} == hidden
    assert set(pl.read_parquet(tmp_path / "shap_values.parquet")["row_id"]) == hidden


def test_what_is_not_asked_for_does_not_lie_about(tmp_path: Path) -> None:
    explain(tmp_path, ExplainSettings(shap=2, relabel=True))
    assert explain(tmp_path, ExplainSettings(relabel=True)) == (tmp_path / "relabel_queue.csv",)
    assert [each.name for each in tmp_path.iterdir()] == ["relabel_queue.csv"]
    assert explain(tmp_path, ExplainSettings()) == ()
    assert list(tmp_path.iterdir()) == []


def test_a_table_with_pseudonyms_cannot_be_looked_up(tmp_path: Path) -> None:
    given = result()
    hidden = pseudonymised(sample_table(given, facts(given)), KEY)
    with pytest.raises(UsageError, match="there is no row"):
        explain_all(
            ExplainSettings(shap=1), given, hidden, tmp_path, X=X, row_ids=IDS, refit=refit, key=KEY
        )

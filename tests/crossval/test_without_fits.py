"""What exact leave-one-out has to say for itself when it stands in for n fits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression, Ridge

from fold_guard.crossval.design import Design
from fold_guard.crossval.fit import score_rounds
from fold_guard.crossval.result import Result
from fold_guard.crossval.routes import Running
from fold_guard.errors import FoldGuardError
from fold_guard.partition.rounds import kfold_rounds

N = 40
RNG = np.random.default_rng(3)
X = pd.DataFrame(RNG.normal(size=(N, 3)), columns=["a", "b", "c"])
CLASSES = np.where(X["a"] + RNG.normal(size=N) > 0, "yes", "no").astype(object)


def score(model: Any, y: Any, table: pd.DataFrame = X, *, exact: bool = True) -> Result:
    return score_rounds(
        model,
        table,
        y,
        kfold_rounds(np.arange(N)),
        row_ids=range(N),
        design=Design(single_rows=True, rounds_a_repeat=N),
        running=Running(exact=exact),
    )


@pytest.mark.filterwarnings("error")
def test_what_the_estimator_warns_of_is_in_the_result() -> None:
    model = LogisticRegression(max_iter=2)
    exact, fitted = score(model, CLASSES), score(model, CLASSES, exact=False)
    assert exact.path.startswith("exact: ")
    assert [each.category for each in exact.warnings] == ["ConvergenceWarning"]
    # Of the fit to all rows, which is no round.
    assert exact.warnings[0].rounds == ()
    assert exact.warnings[0].message == fitted.warnings[0].message
    assert score(LogisticRegression(), CLASSES).warnings == ()


def test_what_the_estimator_refuses_is_refused_as_by_n_fits() -> None:
    errors = []
    for exact in (True, False):
        with pytest.raises(FoldGuardError, match="can be used only when positive=True") as caught:
            score(Ridge(solver="lbfgs"), X["b"].to_numpy(), exact=exact)
        errors.append(str(caught.value))
    assert errors[0] == errors[1]


def test_why_an_estimator_that_has_a_formula_was_fitted() -> None:
    table = X * [1e-8, 1.0, 1e8]
    found = score(LinearDiscriminantAnalysis(solver="lsqr"), CLASSES, table)
    assert found.path == (
        f"{N} fits (linear discriminant analysis: columns of very different scales, and no scaler)"
    )
    plain = score(LinearDiscriminantAnalysis(solver="lsqr"), CLASSES, table, exact=False)
    assert plain.path == f"{N} fits"
    assert found.predictions.equals(plain.predictions)

"""Tell which estimators have an exact leave-one-out: bare models, and scaled ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fold_guard.crossval.exact.discriminant_linear import LINEAR_DISCRIMINANT_ANALYSIS
from fold_guard.crossval.exact.discriminant_quadratic import QUADRATIC_DISCRIMINANT_ANALYSIS
from fold_guard.crossval.exact.family import Families, Family
from fold_guard.crossval.exact.gaussian_process import GAUSSIAN_PROCESS_REGRESSOR
from fold_guard.crossval.exact.kernel_ridge import KERNEL_RIDGE
from fold_guard.crossval.exact.linear import LINEAR_REGRESSION
from fold_guard.crossval.exact.logistic import LOGISTIC_REGRESSION
from fold_guard.crossval.exact.naive_bayes import GAUSSIAN_NB
from fold_guard.crossval.exact.neighbours import K_NEIGHBORS_CLASSIFIER, K_NEIGHBORS_REGRESSOR
from fold_guard.crossval.exact.ridge import RIDGE
from fold_guard.crossval.exact.ridge_classifier import RIDGE_CLASSIFIER

FAMILIES: Families = {
    "GaussianNB": GAUSSIAN_NB,
    "GaussianProcessRegressor": GAUSSIAN_PROCESS_REGRESSOR,
    "KNeighborsClassifier": K_NEIGHBORS_CLASSIFIER,
    "KNeighborsRegressor": K_NEIGHBORS_REGRESSOR,
    "KernelRidge": KERNEL_RIDGE,
    "LinearDiscriminantAnalysis": LINEAR_DISCRIMINANT_ANALYSIS,
    "LinearRegression": LINEAR_REGRESSION,
    "LogisticRegression": LOGISTIC_REGRESSION,
    "QuadraticDiscriminantAnalysis": QUADRATIC_DISCRIMINANT_ANALYSIS,
    "Ridge": RIDGE,
    "RidgeClassifier": RIDGE_CLASSIFIER,
}


@dataclass(frozen=True, slots=True, eq=False)
class Recognised:
    """A model with an exact leave-one-out, and what stands before it.

    Attributes
    ----------
    family : Family
    model : estimator
        The last step.
    step : str
        Its name in the Pipeline; empty for a bare model.
    with_mean, with_std : bool
        What the StandardScaler before it does.
    """

    family: Family
    model: Any
    step: str
    with_mean: bool
    with_std: bool


def recognise(estimator: Any) -> Recognised | str:
    """Find the family of an estimator; a text says why there is none.

    Exact types only: a subclass may do anything.

    Examples
    --------
    >>> from sklearn.linear_model import Lasso, Ridge
    >>> recognise(Ridge()).family.name
    'ridge regression'
    >>> recognise(Lasso())
    'Lasso has no exact leave-one-out'
    """
    model, step, scaler = estimator, "", None
    if _is(estimator, "Pipeline"):
        steps = [
            (name, each)
            for name, each in estimator.steps
            if each is not None and not isinstance(each, str)
        ]
        if len(steps) == 2 and _is(steps[0][1], "StandardScaler"):
            scaler = steps[0][1]
        elif len(steps) != 1:
            return "a Pipeline of other steps than a StandardScaler and a model"
        step, model = steps[-1]
        if model is not estimator.steps[-1][1]:
            return "a Pipeline that does not end in a model"
    name = type(model).__name__
    family = FAMILIES.get(name)
    if family is None or not _is(model, name):
        return f"{name} has no exact leave-one-out"
    with_mean = scaler is not None and bool(scaler.with_mean)
    with_std = scaler is not None and bool(scaler.with_std)
    return Recognised(family, model, step, with_mean, with_std)


def _is(model: Any, name: str) -> bool:
    # scikit-learn is not imported to ask: whoever has one of its models has imported it.
    kind = type(model)
    return kind.__name__ == name and kind.__module__.split(".")[0] == "sklearn"

"""Choose an explainer for a fitted model, and check that what it says adds up."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas

FloatArray = npt.NDArray[np.float64]
MOST_EXACT, PERMUTATIONS = 8, 10
# shap computes trees in single precision; its own check allows as much.
_TOLERANCE = 1e-2


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """The SHAP values of some rows.

    Attributes
    ----------
    features : tuple of str
    data : sequence, shape (n, n_features)
        What the features were.
    values : ndarray of float64, shape (n, n_features, n_outputs)
    base : ndarray of float64, shape (n_outputs,)
    classes : tuple of str or None
        Of each output.
    scale : {"probability", "margin", "vote", "value"}
        Margin: log-odds, or a distance. Vote: 1 for the class that is predicted.
    explainer : str
    """

    features: tuple[str, ...]
    data: Sequence[Sequence[object]]
    values: FloatArray
    base: FloatArray
    classes: tuple[str | None, ...]
    scale: str
    explainer: str


def explained(
    model: Any, rows: pandas.DataFrame, background: pandas.DataFrame, *, seed: int
) -> Explained:
    """Explain a fitted model's output on some rows.

    Parameters
    ----------
    model : object
        A Pipeline is looked into, and so is a search.
    rows, background : pandas.DataFrame
    seed : int
        For permutations.
    """
    model = getattr(model, "best_estimator_", model)
    with warnings.catch_warnings():
        # Of shap's and numba's making; whether the values are right is checked below.
        warnings.simplefilter("ignore")
        inside = _inside(model, rows, background)
        found = None if inside is None else _by_structure(*inside)
        return _by_predictions(model, rows, background, seed) if found is None else found


def _inside(
    model: Any, rows: pandas.DataFrame, background: pandas.DataFrame
) -> tuple[Any, tuple[str, ...], FloatArray, FloatArray] | None:
    """Return the last step, with its features, or None where they have no names or numbers."""
    from sklearn.pipeline import Pipeline

    names: Any = rows.columns
    last, parts = model, [rows, background]
    if isinstance(model, Pipeline):
        last = model.steps[-1][1]
        if len(model.steps) > 1:
            try:
                names = model[:-1].get_feature_names_out(list(rows.columns))
                parts = [model[:-1].transform(part) for part in parts]
            except (AttributeError, TypeError, ValueError):
                return None
    try:
        matrices = [_matrix(part) for part in parts]
    except (TypeError, ValueError):
        return None
    named = tuple(str(name) for name in names)
    fit = all(matrix.shape[1:] == (len(named),) for matrix in matrices)
    return (last, named, *matrices) if fit else None


def _matrix(table: Any) -> FloatArray:
    dense = table.toarray() if hasattr(table, "toarray") else table
    return np.asarray(dense, dtype=np.float64)


def _by_structure(
    model: Any, features: tuple[str, ...], rows: FloatArray, background: FloatArray
) -> Explained | None:
    import shap

    masker = shap.maskers.Independent(background, max_samples=len(background))
    if shap.explainers.Tree.supports_model_with_masker(model, masker):
        kind, explainer = "tree", shap.TreeExplainer(model, background)
        values = explainer.shap_values(rows, check_additivity=False)
    elif shap.explainers.Linear.supports_model_with_masker(model, masker):
        kind, explainer = "linear", shap.LinearExplainer(model, masker)
        values = explainer.shap_values(rows)
    else:
        return None
    # One output or several: (n, features) or (n, features, outputs).
    cube = np.asarray(values, dtype=np.float64)
    cube = cube[:, :, None] if cube.ndim == 2 else cube
    base = np.atleast_1d(np.asarray(explainer.expected_value, dtype=np.float64))
    scale = _scale(model, rows, cube.sum(axis=1) + base)
    if scale is None:
        return None
    return Explained(
        features, rows.tolist(), cube, base, _classes(model, cube.shape[2]), scale, kind
    )


def _scale(model: Any, rows: FloatArray, total: FloatArray) -> str | None:
    """Say what the values add up to; None: to nothing that the model gives."""
    methods = {"probability": "predict_proba", "margin": "decision_function"}
    if not hasattr(model, "classes_"):
        methods = {"value": "predict"}
    errors = {}
    for scale, method in methods.items():
        if hasattr(model, method):
            output = np.asarray(getattr(model, method)(rows), dtype=np.float64)
            output = output.reshape(len(rows), -1)
            if total.shape[1] == 1:
                # One output for two classes speaks for the second.
                output = output[:, -1:]
            if output.shape == total.shape:
                errors[scale] = float(np.max(np.abs(output - total) / (1 + np.abs(output))))
    closest = min(errors, key=errors.__getitem__, default=None)
    return closest if closest is not None and errors[closest] <= _TOLERANCE else None


def _classes(model: Any, outputs: int) -> tuple[str | None, ...]:
    names = [str(each) for each in getattr(model, "classes_", ())]
    if not names:
        return (None,) * outputs
    return tuple(names if outputs == len(names) else names[-outputs:])


def _by_predictions(
    model: Any, rows: pandas.DataFrame, background: pandas.DataFrame, seed: int
) -> Explained:
    import pandas
    import shap

    # Maskers want numbers. Each cell is coded by its place among the values of its column, so
    # that text, categories and dates come through unchanged, and no value is made up.
    together = pandas.concat([rows, background])
    coded = [pandas.factorize(together[name], use_na_sentinel=False) for name in together.columns]
    codes = np.column_stack([code for code, _ in coded]).astype(np.float64)
    scale, classes, predict = _outputs(model)

    def predict_coded(cells: FloatArray) -> FloatArray:
        columns = {
            name: pandas.Series(known.take(cells[:, at].astype(np.int64)), copy=False).astype(
                together[name].dtype
            )
            for at, (name, (_, known)) in enumerate(zip(together.columns, coded, strict=True))
        }
        output: FloatArray = predict(pandas.DataFrame(columns))
        return output

    masker = shap.maskers.Independent(codes[len(rows) :], max_samples=len(background))
    if codes.shape[1] <= MOST_EXACT:
        kind, explainer = "exact", shap.explainers.Exact(predict_coded, masker)
        evaluations = max(2 ** codes.shape[1], 2)
    else:
        kind = "permutation"
        explainer = shap.explainers.Permutation(predict_coded, masker, seed=seed)
        evaluations = PERMUTATIONS * (2 * codes.shape[1] + 1)
    found = explainer(codes[: len(rows)], max_evals=evaluations, silent=True)
    values = np.asarray(found.values, dtype=np.float64).reshape(len(rows), codes.shape[1], -1)
    base = np.asarray(found.base_values, dtype=np.float64).reshape(len(rows), -1)[0]
    return Explained(
        tuple(str(name) for name in rows.columns),
        rows.to_numpy(dtype=object).tolist(),
        values,
        base,
        classes,
        scale,
        kind,
    )


def _outputs(model: Any) -> tuple[str, tuple[str | None, ...], Any]:
    """Return what to explain, of which classes, and a function that gives it."""
    known = getattr(model, "classes_", None)
    if known is None:
        return "value", (None,), lambda X: np.asarray(model.predict(X), float).reshape(len(X), -1)
    names = tuple(str(each) for each in known)
    if hasattr(model, "predict_proba"):
        return "probability", names, lambda X: np.asarray(model.predict_proba(X), float)
    return (
        "vote",
        names,
        lambda X: (np.asarray(model.predict(X))[:, None] == np.asarray(known)).astype(float),
    )

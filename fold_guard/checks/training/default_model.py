"""The model that stands in where the user names none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from fold_guard.checks.training.training_function import SEED
from fold_guard.dataset.labels import as_text, codes_of

if TYPE_CHECKING:
    import pandas


def default_model(*, continuous: bool) -> Any:
    """Return gradient boosting over histograms, not fitted; classes weigh the same."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    if continuous:
        return HistGradientBoostingRegressor(early_stopping=False, random_state=SEED)
    return HistGradientBoostingClassifier(
        early_stopping=False, class_weight="balanced", random_state=SEED
    )


def ordinal_codes(frame: pl.DataFrame) -> pandas.DataFrame:
    """Return every column as floats: numbers and times as they are, text by its rank; null is NaN.

    A rank among all rows tells which value a row has, not how it is labelled.

    Examples
    --------
    >>> ordinal_codes(pl.DataFrame({"a": ["y", None, "x"], "b": [1, 2, None]})).values.tolist()
    [[1.0, 1.0], [nan, 2.0], [0.0, nan]]
    """
    import pandas

    return pandas.DataFrame({name: _floats(frame[name]) for name in frame.columns})


def _floats(series: pl.Series) -> np.ndarray[Any, np.dtype[np.float64]]:
    dtype = series.dtype
    if dtype.is_temporal():
        series = series.to_physical()
    if series.dtype.is_numeric() or dtype == pl.Boolean:
        return series.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    codes = codes_of(as_text(series))[0]
    return np.where(codes < 0, np.nan, codes.astype(np.float64))

"""Why the model got the samples wrong that it got wrong: SHAP values of failures alone.

SHAP (Lundberg & Lee, 2017, "A unified approach to interpreting model predictions", NeurIPS) splits
the difference between a prediction and the mean prediction over a background among the features.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from fold_guard.crossval.samples import worst
from fold_guard.errors import MissingExtra, UsageError
from fold_guard.identity.seeds import derived_seed
from fold_guard.integrations.shap_explainers import Explained, explained

if TYPE_CHECKING:
    import pandas

FEATURES = 50


@dataclass(frozen=True, slots=True, eq=False)
class Refitted:
    """The model of one round, fitted again.

    Attributes
    ----------
    model : object
        Fitted as in the cross-validation.
    train : pandas.DataFrame
        The rows that it was fitted on, in a fixed order; the background is drawn from them.
    """

    model: Any
    train: pandas.DataFrame


Refit = Callable[[int], Refitted]


def failing(samples: pl.DataFrame, n: int) -> pl.DataFrame:
    """Return the worst samples: misclassified ones, or in regression those with the highest loss.

    Parameters
    ----------
    samples : polars.DataFrame
        Of `fold_guard.crossval.samples.sample_table`.
    n : int
    """
    if samples["label"].dtype == pl.String:
        samples = samples.filter(pl.col("label") != pl.col("prediction"))
    return worst(samples, n)


def shap_values(
    failures: pl.DataFrame,
    X: pandas.DataFrame,
    row_ids: pl.Series,
    refit: Refit,
    *,
    background: int = 100,
    seed: int = 0,
) -> pl.DataFrame:
    """Explain samples by the models that had not seen them.

    Trees and linear models are explained by what they are; in a Pipeline on the transformed
    features, if its steps can name them. Every other model, and every model whose explanation
    does not add up to its output, is explained by its predictions on the raw features: exactly
    over all coalitions with up to 8 features, else by 10 permutations, drawn with ``seed``.

    Parameters
    ----------
    failures : polars.DataFrame
        Of `failing`, with the ids as in ``row_ids``; one model is fitted for each of its rounds.
    X : pandas.DataFrame, shape (n_rows, n_features)
    row_ids : polars.Series, shape (n_rows,)
    refit : callable
        From the fold or round to its model.
    background : int
        Training rows that stand for the mean; drawn with ``seed`` and the round.
    seed : int

    Returns
    -------
    polars.DataFrame
        One row a sample, class and feature: ``row_id``, ``fold`` (``round``), ``label``,
        ``prediction``, ``class`` (null in regression; one of two classes speaks for both if the
        model has one output), ``feature``, ``value`` (text), ``shap``, ``base`` (the mean
        prediction: base and the shap values add up to the output), ``scale`` (``probability``,
        ``margin``, ``vote`` or ``value``: what the numbers are) and ``explainer``. Samples in
        their order, classes in the model's, features by their weight; those beyond the 50
        weightiest are summed up in one line.

    Raises
    ------
    UsageError
        A sample is not among ``row_ids``.
    MissingExtra
        shap is not installed.
    """
    try:
        import shap  # noqa: F401
    except ImportError as error:
        raise MissingExtra("shap", "shap") from error
    number = failures.columns[1]
    places = pl.DataFrame({"row_id": row_ids, "place": np.arange(len(row_ids))})
    found = failures.with_row_index("order").join(
        places, on="row_id", how="left", maintain_order="left"
    )
    if found["place"].null_count():
        unknown = found.filter(pl.col("place").is_null())["row_id"][0]
        raise UsageError(f"there is no row {unknown!r}", where="row_ids")
    rows: dict[int, list[dict[str, object]]] = {}
    for index in found[number].unique().sort().to_list():
        mine = found.filter(pl.col(number) == index)
        refitted = refit(index)
        explanation = explained(
            refitted.model,
            X.iloc[mine["place"].to_list()],
            _background(refitted.train, background, derived_seed(seed, index)),
            seed=derived_seed(seed, index) % 2**32,
        )
        for place, sample in enumerate(mine.iter_rows(named=True)):
            kept = {name: sample[name] for name in ("row_id", number, "label", "prediction")}
            rows[sample["order"]] = [{**kept, **line} for line in _lines(explanation, place)]
    return pl.DataFrame(
        [line for order in sorted(rows) for line in rows[order]],
        schema={
            **{name: failures[name].dtype for name in ("row_id", number, "label", "prediction")},
            "class": pl.String,
            "feature": pl.String,
            "value": pl.String,
            "shap": pl.Float64,
            "base": pl.Float64,
            "scale": pl.String,
            "explainer": pl.String,
        },
        orient="row",
    )


def _background(train: pandas.DataFrame, size: int, seed: int) -> pandas.DataFrame:
    if len(train) <= size:
        return train
    drawn = np.random.default_rng(seed).choice(len(train), size, replace=False)
    return train.iloc[np.sort(drawn)]


def _lines(explanation: Explained, place: int) -> Iterator[dict[str, object]]:
    for output, label in enumerate(explanation.classes):
        weights = explanation.values[place, :, output]
        order = sorted(
            range(len(weights)), key=lambda at: (-abs(weights[at]), explanation.features[at])
        )
        common = {
            "class": label,
            "base": float(explanation.base[output]),
            "scale": explanation.scale,
            "explainer": explanation.explainer,
        }
        for at in order[:FEATURES]:
            yield {
                **common,
                "feature": explanation.features[at],
                "value": _text(explanation.data[place][at]),
                "shap": float(weights[at]),
            }
        if rest := order[FEATURES:]:
            yield {
                **common,
                "feature": f"({len(rest)} others)",
                "value": None,
                "shap": float(np.sum(weights[rest])),
            }


def _text(value: object) -> str | None:
    plain = value.item() if isinstance(value, np.generic) else value
    # NaN and its like differ from themselves; pandas.NA refuses to say.
    missing = plain is None or str(plain) in ("<NA>", "NaT") or plain != plain
    return None if missing else str(plain)

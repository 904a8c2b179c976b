from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fold_guard.checks.prediction.feature_bins import RANGES, binned, bins_of_codes
from fold_guard.errors import DataError
from tests.checks.column_types import ZOO


@pytest.mark.parametrize("kind", ZOO)
def test_each_value_of_few_has_a_bin(kind: str) -> None:
    series = ZOO[kind]
    plain = series.fill_nan(None) if series.dtype.is_float() else series
    values = plain.to_list()
    # A name that polars would read as a pattern.
    bins = binned(series.alias("^x.*$"))[0]
    pairs = set(zip(values, bins.codes.tolist(), strict=True))
    assert len(pairs) == len(set(values)) == len({code for _, code in pairs}) == bins.n_bins
    assert (bins.missing is not None) == (None in values)
    if bins.missing is not None:
        assert (None, bins.missing) in pairs
        assert bins.missing == bins.n_bins - 1


@pytest.mark.parametrize(
    "series",
    [
        pl.Series("tags", [[1], [2]]),
        pl.Series("both", [{"a": 1}, {"a": 2}]),
        pl.Series("vector", [[1, 2]], dtype=pl.Array(pl.Int64, 2)),
        pl.Series("any", [object()], dtype=pl.Object),
    ],
)
def test_what_is_no_single_value_is_refused_by_name(series: pl.Series) -> None:
    with pytest.raises(DataError, match=f"column {series.name}: values of type"):
        binned(series)


SHAPES = {
    "normal": lambda draw: draw.normal(size=5000),
    "skewed": lambda draw: draw.lognormal(0, 4, size=5000),
    "skewed, below zero": lambda draw: -draw.lognormal(0, 4, size=5000),
    "skewed, both signs": lambda draw: draw.normal(size=5000) ** 9,
    "an outlier": lambda draw: np.append(draw.normal(size=4999), 1e200),
    "infinite ends": lambda draw: np.append(draw.normal(size=4998), [np.inf, -np.inf]),
    "a moment in nanoseconds": lambda draw: draw.integers(10**18, 10**18 + 10**6, 5000),
    "whole and skewed": lambda draw: np.rint(draw.lognormal(5, 3, size=5000)).astype(np.int64),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_ranges_hold_about_equally_many_rows_in_the_order_of_values(shape: str) -> None:
    values = SHAPES[shape](np.random.default_rng(0))
    bins = binned(pl.Series(values))[0]
    assert (bins.by, bins.ordered) == ("range", True)
    order = np.argsort(values, kind="stable")
    assert (np.diff(bins.codes[order]) >= 0).all()
    for value in np.unique(values):
        assert len(set(bins.codes[values == value].tolist())) == 1
    counts = np.bincount(bins.codes)
    assert RANGES / 2 <= bins.n_bins <= 2 * RANGES
    assert counts.min() > 0
    often = np.unique(values, return_counts=True)[1].max()
    assert counts.max() <= max(often, 2.5 * 5000 / RANGES)


@pytest.mark.parametrize("value", [0.101, 0.2503, 0.5003, 0.777])
def test_a_value_a_little_too_frequent_has_a_range_of_its_own(value: float) -> None:
    values = np.concatenate([np.full(48, value), np.linspace(0, 1, 4952)])
    codes = binned(pl.Series(values))[0].codes
    assert np.unique(values[codes == codes[0]]).tolist() == [value]


def test_a_frequent_value_has_a_range_of_its_own() -> None:
    draw = np.random.default_rng(1)
    values = np.concatenate([np.full(900, 45.0), draw.normal(44, 3, size=4100)])
    [bins] = binned(pl.Series(values))
    [code] = set(bins.codes[:900].tolist())
    assert not (bins.codes[900:] == code).any()


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.none() | st.floats(width=16) | st.sampled_from([0.0, -0.0, 1.0]), min_size=1, max_size=60
    )
)
def test_bins_know_values_not_rows(values: list[float | None]) -> None:
    def signature(given: list[float | None]) -> list[Any]:
        found = []
        for bins in binned(pl.Series(given, dtype=pl.Float64)):
            plain = [None if v is None or v != v else v + 0.0 for v in given]
            pairs = set(zip(plain, bins.codes.tolist(), strict=True))
            assert len(pairs) == len(set(plain))
            assert max(bins.codes.tolist()) < bins.n_bins
            found.append((pairs, bins.n_bins, bins.by, bins.missing, bins.ordered))
        return found

    assert signature(values) == signature(values[::-1])


def test_values_that_repeat_are_a_way_of_their_own() -> None:
    draw = np.random.default_rng(2)
    patients = draw.normal(size=1000)
    by_range, by_value = binned(pl.Series(np.repeat(patients, 5)))
    assert (by_range.by, by_value.by) == ("range", "value")
    assert by_value.n_bins == 1000
    assert (by_value.codes.reshape(1000, 5) == by_value.codes[::5, None]).all()


def test_many_values_of_large_tables_are_found_to_repeat() -> None:
    draw = np.random.default_rng(3)
    age = np.repeat(draw.lognormal(0, 3, size=30_000), 3)
    assert [each.by for each in binned(pl.Series(age))] == ["range", "value"]
    assert [each.by for each in binned(pl.Series(draw.normal(size=90_000)))] == ["range"]


def test_free_text_is_cut_by_its_length_too() -> None:
    texts = pl.Series([f"{'x' * (i % 3)}{i:04}" for i in range(400)] + ["again", "again"])
    by_value, by_length = binned(texts)
    assert by_length.by == "length"
    assert by_value.n_bins == 2  # "again", and all that occur once
    lengths = texts.str.len_chars().to_list()
    assert len(set(zip(lengths, by_length.codes.tolist(), strict=True))) == len(set(lengths))


def test_many_texts_keep_apart() -> None:
    texts = pl.Series([f"patient {i % 5000}" for i in range(15_000)])
    [bins] = binned(texts)
    assert bins.n_bins == 5000
    assert (np.bincount(bins.codes) == 3).all()


def test_the_rarest_values_share_a_bin_when_there_are_too_many() -> None:
    codes = np.repeat(np.arange(60), np.arange(60) + 1)
    bins = bins_of_codes(codes, most=20)
    assert bins.n_bins == 20
    assert np.bincount(bins.codes).tolist() == [*range(42, 61), sum(range(1, 42))]
    assert bins.joined == 40

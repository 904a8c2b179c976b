from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from fold_guard.dataset.instants import instants
from fold_guard.partition.purging import Embargo
from fold_guard.splitters.times import embargo_of, label_horizons

DAYS = instants(pl.Series([1, 2]).cast(pl.Date))
NANOSECONDS = instants(pl.Series([1, 2]).cast(pl.Datetime("ns")))


@pytest.mark.parametrize(
    ("setting", "time", "expected"),
    [
        (3, None, Embargo(span=3)),
        (2, DAYS, Embargo(span=2)),
        (2, NANOSECONDS, Embargo(span=2 * 86_400 * 10**9)),
        (timedelta(hours=36), DAYS, Embargo(span=1)),
        (timedelta(hours=36), NANOSECONDS, Embargo(span=36 * 3600 * 10**9)),
        (np.timedelta64(7, "ns"), NANOSECONDS, Embargo(span=7)),
        ({"rows": 5}, DAYS, Embargo(rows=5)),
        ({"fraction": 0.29}, None, Embargo(rows=29)),
        ({"fraction": 0.001}, None, Embargo(rows=1)),
        ({"fraction": 0}, None, Embargo()),
    ],
)
def test_embargoes_are_read_in_the_unit_of_time(setting: Any, time: Any, expected: Embargo) -> None:
    assert embargo_of(setting, 100, time) == expected


def test_horizons_of_two_units_are_brought_to_the_finer() -> None:
    table = pl.DataFrame(
        {
            "date": pl.Series([1, 2]).cast(pl.Date),
            "ms": pl.Series([86_400_001, 2 * 86_400_000]).cast(pl.Datetime("ms")),
            "whole": [1, 2],
            "float": [1.5, 2.0],
        }
    )
    spans, time = label_horizons(table, "date", "ms")
    assert (spans.end - spans.start).tolist() == [1, 0]
    assert time is not None
    assert time.per_step == 86_400_000
    spans, _ = label_horizons(table, "whole", "float")
    assert (spans.end - spans.start).tolist() == [0.5, 0.0]
    spans, time = label_horizons([[0.0]] * 3, None, None)
    assert spans.start.tolist() == spans.end.tolist() == [0, 1, 2]
    assert time is None

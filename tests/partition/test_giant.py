from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fold_guard.partition.giant import largest_unit
from fold_guard.partition.units import connected_units

SHARED = Path(__file__).parents[3] / "shared"


def test_the_key_and_the_value_that_link_are_named() -> None:
    patient = np.array([0, 0, 1, 1, 2, 3])
    ward = np.array([0, 0, 0, 0, 0, 1])
    units = connected_units(6, [patient, ward])
    of_patient, of_ward = largest_unit(units, [patient, ward])
    # Ward 0 joins three patients; without it the largest patient has two rows.
    assert of_ward.without == 2
    assert of_ward.values[0] == (0, 5, 3)
    # Without the patient nothing changes: the ward alone links.
    assert of_patient.without == 5
    assert all(joined == 1 for _, _, joined in of_patient.values)


def test_null_keys_link_nothing() -> None:
    a, b = np.array([0, 0, -1, -1]), np.array([-1, 0, 0, -1])
    units = connected_units(4, [a, b])
    parts = largest_unit(units, [a, b])
    assert [part.without for part in parts] == [2, 2]


def test_the_titles_that_join_artists() -> None:
    path = SHARED / "data" / "tate_artworks.parquet"
    if not path.exists():
        pytest.skip("the real data sets are not here")
    table = pl.read_parquet(path)
    keys = [np.unique(table[n].to_numpy(), return_inverse=True)[1] for n in ("artist", "title")]
    units = connected_units(table.height, keys)
    assert np.bincount(units).max() == 1678
    artist, title = largest_unit(units, keys)
    names = np.unique(table["title"].to_numpy())
    assert title.without == 154
    assert artist.without == 719
    assert "Untitled" in {names[code] for code, _, _ in title.values}

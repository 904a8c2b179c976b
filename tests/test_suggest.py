from __future__ import annotations

import pytest

from fold_guard.suggest import did_you_mean, nearest


@pytest.mark.parametrize(
    ("name", "expected"), [("LABLE", "label"), ("subject", "subject_id"), ("zzz", None), ("", None)]
)
def test_the_nearest_name(name: str, expected: str | None) -> None:
    assert nearest(name, ["label", "subject_id", "fold"]) == expected


def test_long_lists_are_cut() -> None:
    text = did_you_mean("zzz", [f"column {i}" for i in range(100)])
    assert text.endswith(", ...")
    assert len(text) < 200

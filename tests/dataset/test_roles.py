from __future__ import annotations

import pytest

from fold_guard.dataset.names import did_you_mean, nearest
from fold_guard.dataset.roles import Roles
from fold_guard.errors import UsageError

COLUMNS = ["visit", "patient", "y", "day", "x", "z", "fold"]
ROLES = Roles(("visit",), "y", ("patient",), "day")


def test_features_default_to_every_column_without_another_role() -> None:
    assert ROLES.resolve(COLUMNS, source="t").features == ("x", "z", "fold")
    assert ROLES.resolve(COLUMNS, source="t", fold="fold").features == ("x", "z")


def test_named_lists_each_column_once() -> None:
    assert Roles(("a", "b"), "y", ("a", "g"), "y").named() == ("a", "b", "y", "g")


@pytest.mark.parametrize(
    ("roles", "said"),
    [
        (Roles(("vist",)), "Did you mean 'visit'?"),
        (Roles(("visit",), "Y_"), "Did you mean 'y'?"),
        (Roles(("visit",), groups=("patients",)), "Did you mean 'patient'?"),
        (Roles(("visit",), time="qqq"), "Known: visit, patient"),
        (Roles(("visit",), features=("xx",)), "there is no column 'xx'"),
        (Roles(("visit",), "y", features=("x", "y")), "'y' is a feature and has another role"),
        (Roles(("fold",)), "is the fold and has another role"),
        (Roles(("visit",), features=("fold",)), "'fold' is a feature"),
    ],
)
def test_names_that_do_not_fit(roles: Roles, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        roles.resolve(COLUMNS, source="t.csv", fold="fold")
    assert said in str(caught.value)
    assert caught.value.where == "t.csv"
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("name", "expected"), [("LABLE", "label"), ("subject", "subject_id"), ("zzz", None), ("", None)]
)
def test_the_nearest_name(name: str, expected: str | None) -> None:
    assert nearest(name, ["label", "subject_id", "fold"]) == expected


def test_long_lists_are_cut() -> None:
    text = did_you_mean("zzz", [f"column {i}" for i in range(100)])
    assert text.endswith(", ...")
    assert len(text) < 200

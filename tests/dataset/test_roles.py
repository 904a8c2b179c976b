from __future__ import annotations

from typing import Any

import pytest

from fold_guard.dataset.roles import Roles
from fold_guard.errors import UsageError

COLUMNS = ["visit", "patient", "y", "day", "x", "z", "fold"]
ROLES = Roles(("visit",), "y", ("patient",), "day")


def test_features_default_to_every_column_without_another_role() -> None:
    assert ROLES.resolve(COLUMNS, source="t").features == ("x", "z", "fold")
    assert ROLES.resolve(COLUMNS, source="t", fold="fold").features == ("x", "z")


def test_a_segment_is_a_feature_only_where_it_is_named_as_one() -> None:
    roles = Roles(("visit",), "y", ("patient",), "day", segments=("x", "patient"))
    assert roles.resolve(COLUMNS, source="t", fold="fold").features == ("z",)
    named = Roles(("visit",), "y", ("patient",), features=("x", "z"), segments=("x",))
    assert named.resolve(COLUMNS, source="t", fold="fold").features == ("x", "z")


def test_folds_do_not_depend_on_segments() -> None:
    plain = Roles.of("visit", "y", "patient")
    with_segments = Roles.of("visit", "y", "patient", segments="x")
    assert with_segments.segments == ("x",)
    assert with_segments.facts() == plain.facts()
    assert with_segments.differences(plain) == []


def test_named_lists_each_column_once() -> None:
    assert Roles(("a", "b"), "y", ("a", "g"), "y").named() == ("a", "b", "y", "g")


@pytest.mark.parametrize("given", [{"label": 2}, {"id": [0, 1]}, {"groups": 0}, {"features": [7]}])
def test_a_number_is_no_name(given: Any) -> None:
    with pytest.raises(UsageError, match=r"\d is no name of a column"):
        Roles.of(**given)


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
        (Roles(("visit",), segments=("xx",)), "there is no column 'xx'"),
        (Roles(("visit",), segments=("visit",)), "'visit' is a segment and has another role"),
        (Roles(("visit",), "y", segments=("y",)), "'y' is a segment"),
        (Roles(("visit",), labels=("x", "y"), segments=("y",)), "'y' is a segment"),
        (Roles(("visit",), time="day", segments=("day",)), "'day' is a segment"),
        (Roles(("visit",), evaluation_time="day", segments=("day",)), "'day' is a segment"),
        (Roles(("visit",), segments=("fold",)), "'fold' is a segment"),
        (Roles(("visit",), groups=("patient",), features=("patient",)), "'patient' is a feature"),
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
    "roles",
    [Roles(id=("a", "a")), Roles(groups=("a", "b", "a")), Roles(segments=("a", "a"))],
)
def test_a_column_named_twice_in_one_role_is_refused(roles: Roles) -> None:
    with pytest.raises(UsageError, match="'a' is named twice"):
        roles.resolve(["a", "b"], source="t.csv")

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from fold_guard.checks.training.artefacts import Opaque, artefacts_of
from fold_guard.checks.training.comparing import differences


def changed(before: Any, after: Any, tolerance: float = 1e-6) -> dict[str, str]:
    found = differences(artefacts_of(before), artefacts_of(after), tolerance)
    return {f"{each.leaf.artefact}": each.how for each in found.values()}


class Holder:
    def __init__(self, **given: Any) -> None:
        self.__dict__.update(given)


class Slotted:
    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


PAIRS = {
    "a number": (1.0, 2.0),
    "a whole number beyond 64 bits": (2**80, 2**80 + 1),
    "text": ("a", "b"),
    "an array": (np.array([1.0, np.nan]), np.array([np.nan, 1.0])),
    "text in an array": (np.array(["a", "b"]), np.array(["a", "c"])),
    "objects in an array": (np.array(["a", None], dtype=object), np.array(["a", 1], dtype=object)),
    "a shape": (np.zeros((2, 3)), np.zeros((3, 2))),
    "dates": (np.array(["2020-01-01"], "M8[D]"), np.array(["2020-01-02"], "M8[D]")),
    "a sparse array": (sparse.csr_array([[0, 1]]), sparse.csr_array([[1, 0]])),
    "a column": (pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]})),
    "an index": (pd.Series([1], index=["a"]), pd.Series([1], index=["b"])),
    "a category": (pd.Series(["a"], dtype="category"), pd.Series(["b"], dtype="category")),
    "a polars frame": (pl.DataFrame({"a": ["x"]}), pl.DataFrame({"a": ["y"]})),
    "a longer list": ([1, 2], [1, 2, 3]),
    "a key": ({"a": 1}, {"b": 1}),
    "a set": ({1, 2}, {1, 3}),
    "an attribute": (Holder(a=Holder(b=1)), Holder(a=Holder(b=2))),
    "a slot": (Slotted(1), Slotted(2)),
    "another class": (Holder(a=1), Slotted(1)),
    "a random state": (np.random.RandomState(1), np.random.RandomState(2)),
    "a generator": (np.random.default_rng(1), np.random.default_rng(2)),
    "a function": (len, max),
    "a class": (int, float),
    "a masked array": (np.ma.array([1, 2], mask=[0, 1]), np.ma.array([1, 2], mask=[1, 0])),
}


@pytest.mark.parametrize("name", PAIRS)
def test_each_kind_of_thing_is_looked_into(name: str) -> None:
    before, after = PAIRS[name]
    assert changed({"it": before}, {"it": after})
    assert not changed({"it": before}, {"it": before})


def test_trees_are_compared_node_by_node() -> None:
    from sklearn.tree import DecisionTreeClassifier

    x, y = np.arange(20.0).reshape(-1, 1), np.arange(20) // 7
    first, same, other = (
        DecisionTreeClassifier(random_state=0).fit(values, y) for values in (x, x.copy(), x**2)
    )
    assert not changed(first, same)
    assert set(changed(first, other)) == {"DecisionTreeClassifier.tree_"}


def test_padding_between_fields_means_nothing() -> None:
    kind = np.dtype([("flag", "i1"), ("value", "f8")], align=True)
    pair = [np.frombuffer(bytearray([byte]) * 32, dtype=kind) for byte in (0, 255)]
    for each in pair:
        each["flag"], each["value"] = 1, 2.0
    assert pair[0].tobytes() != pair[1].tobytes()
    assert not changed({"nodes": pair[0]}, {"nodes": pair[1]})


def test_the_order_of_sparse_entries_means_nothing() -> None:
    first = sparse.coo_array(([1.0, 2.0], ([0, 1], [0, 1])), shape=(2, 2))
    other = sparse.coo_array(([2.0, 1.0], ([1, 0], [1, 0])), shape=(2, 2))
    assert not changed({"it": first}, {"it": other})


def test_a_circle_ends() -> None:
    one, two = Holder(value=1), Holder(value=1)
    one.me, two.me = one, two  # type: ignore[attr-defined]
    assert not changed(one, two)
    two.value = 2  # type: ignore[attr-defined]
    assert changed(one, two) == {"value": "by 1 (1 to 2)"}


def test_what_cannot_be_looked_into_is_said() -> None:
    found = artefacts_of({"lock": threading.Lock()})
    assert [type(leaf.value) for leaf in found.values()] == [Opaque]


def test_rounding_is_no_change_and_nan_is_nan() -> None:
    before = np.array([1e9, 1.0, np.nan, np.inf])
    after = np.array([1e9 + 100, 1.0, np.nan, np.inf])
    assert not changed({"it": before}, {"it": after})
    assert changed({"it": before}, {"it": after}, 1e-9) == {"it": "at 0 by 100 (1e+09 to 1e+09)"}
    assert changed({"it": np.inf}, {"it": 1.0})


def test_columns_are_named_where_the_owner_knows_them() -> None:
    from sklearn.preprocessing import StandardScaler

    frame = pd.DataFrame({"age": [1.0, 2.0], "load": [1.0, 3.0]})
    other = frame.assign(load=[1.0, 5.0])
    named = changed(StandardScaler().fit(frame), StandardScaler().fit(other))
    assert named["StandardScaler.mean_"] == "in column load by 1 (2 to 3)"
    counted = changed(
        StandardScaler().fit(frame.to_numpy()), StandardScaler().fit(other.to_numpy())
    )
    assert counted["StandardScaler.mean_"] == "in column 1 by 1 (2 to 3)"


def test_what_a_function_carries_along_is_compared() -> None:
    def predictor(mean: float, scale: float = 2.0) -> Any:
        def predict(x: float, *, offset: float = mean) -> float:
            return (x - mean) * scale + offset

        return predict

    one, same, other = (artefacts_of(predictor(mean)) for mean in (1.0, 1.0, 3.0))
    assert values(one) == values(same)
    assert values(one) != values(other)
    assert artefacts_of(lambda x=1: x) != artefacts_of(lambda x=2: x)


def values(found: Any) -> dict[str, object]:
    return {path: leaf.value for path, leaf in found.items()}

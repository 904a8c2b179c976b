from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fold_guard.checks.classes import tally
from fold_guard.checks.classes.tally import tallied
from fold_guard.dataset.strata import Strata


@st.composite
def labelled(draw: st.DrawFn) -> tuple[list[set[int]], list[list[bool]]]:
    """Labels of each row, and sides."""
    rows = draw(st.integers(1, 9))
    labels = draw(st.lists(st.sets(st.integers(0, 2)), min_size=rows, max_size=rows))
    side = st.lists(st.booleans(), min_size=rows, max_size=rows)
    return labels, draw(st.lists(side, min_size=1, max_size=6))


@given(case=labelled(), need=st.integers(0, 3), shown=st.integers(1, 4), single=st.booleans())
def test_against_plain_loops(
    case: tuple[list[set[int]], list[list[bool]]], need: int, shown: int, single: bool
) -> None:
    labels, sides = case
    if single:
        labels = [{min(each)} if each else set() for each in labels]
        strata = Strata(("a", "b", "c"), np.array([min(each, default=-1) for each in labels]))
    else:
        codes = [code for each in labels for code in sorted(each)]
        indptr = np.cumsum([0, *map(len, labels)])
        strata = Strata(("a", "b", "c"), np.array(codes, dtype=np.int64), indptr)
    counts = [
        [
            sum(code in each for each, inside in zip(labels, side, strict=True) if inside)
            for code in range(3)
        ]
        for side in sides
    ]
    found = tallied(strata, (np.array(side) for side in sides), need, shown)
    assert found.least.tolist() == [min(column) for column in zip(*counts, strict=True)]
    assert found.most.tolist() == [max(column) for column in zip(*counts, strict=True)]
    short = sorted(
        (have, code, at)
        for at, row in enumerate(counts)
        for code, have in enumerate(row)
        if have < need
    )
    assert found.short == len(short)
    assert [(each.have, each.stratum, each.at) for each in found.worst] == short[:shown]


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    strata = Strata(("a", "b"), rng.integers(-1, 2, 50))
    sides = rng.random((23, 50)) < 0.1
    whole = tallied(strata, sides, 2, 5)
    monkeypatch.setattr(tally, "_CELLS", 6)
    blocks = tallied(strata, sides, 2, 5)
    assert whole.worst == blocks.worst
    assert whole.short == blocks.short > 5
    assert [whole.least.tolist(), whole.most.tolist()] == [
        blocks.least.tolist(),
        blocks.most.tolist(),
    ]

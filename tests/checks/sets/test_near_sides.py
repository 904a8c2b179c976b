from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fold_guard.checks.sets.near_sides import near_sides
from fold_guard.partition.rounds import forward_rounds, kfold_rounds

ROWS = st.lists(st.tuples(st.integers(0, 5), st.integers(-2, 3)), min_size=1, max_size=15)
PAIRS = st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=6)


@settings(max_examples=200, deadline=None)
@given(ROWS, PAIRS, st.booleans())
def test_against_a_loop_over_pairs_of_rows(
    rows: list[tuple[int, int]], pairs: set[tuple[int, int]], forward: bool
) -> None:
    nodes, folds = np.array(rows).T
    n_nodes = int(nodes.max()) + 1
    linked = sorted({(a, b) for a, b in pairs if a < b < n_nodes})
    left, right = np.array(linked, dtype=np.int64).reshape(-1, 2).T
    rounds = (forward_rounds if forward else kfold_rounds)(folds)
    found = near_sides(nodes, left, right, rounds)
    near = {*linked, *((b, a) for a, b in linked), *((a, a) for a in range(n_nodes))}
    expected = [
        [
            i
            for i in np.flatnonzero(each.test)
            if any((nodes[i], nodes[j]) in near for j in np.flatnonzero(each.train))
        ]
        for each in rounds
    ]
    assert [each.tolist() for each in found.rows] == expected
    assert found.leaking == tuple(map(len, expected))
    assert found.indices == tuple(each.index for each in rounds)
    assert found.tested == sum(int(each.test.sum()) for each in rounds)
    first = found.first(len(rows)).tolist()
    assert first == [
        next((at for at, each in enumerate(expected) if i in each), -1) for i in range(len(rows))
    ]

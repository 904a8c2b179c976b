from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from fold_guard.checks.drift.multiplicity import holm


def plain(values: list[float]) -> list[float]:
    """Return the least level at which the step-down procedure rejects each hypothesis."""
    places = sorted(range(len(values)), key=lambda i: values[i])
    found = [0.0] * len(values)
    for rank, i in enumerate(places):
        steps = [(len(values) - r) * values[places[r]] for r in range(rank + 1)]
        found[i] = min(1.0, max(steps))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_against_the_definition(seed: int) -> None:
    values = np.random.default_rng(seed).random(40) ** 4
    values[3] = values[7]
    assert holm(values) == pytest.approx(plain(values.tolist()))
    assert (holm(values) >= false_discovery_control(values) - 1e-12).all()
    assert (holm(values) <= np.minimum(1, 40 * values) + 1e-12).all()


def test_of_none_and_of_one() -> None:
    assert holm([]).tolist() == []
    assert holm([0.2]).tolist() == [0.2]

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from fold_guard import splitters as s
from fold_guard.errors import UsageError
from fold_guard.identity.seeds import derived_seed

ROWS = 60
Y = np.arange(ROWS) % 3
GROUPS = np.arange(ROWS) // 2
LABELS = np.random.default_rng(0).integers(0, 2, (ROWS, 4))
VALUES = np.random.default_rng(1).normal(size=ROWS)
X = np.zeros((ROWS, 1))


@pytest.mark.parametrize(
    ("repeated", "once", "y", "groups"),
    [
        (s.RepeatedKFold, s.KFold, None, None),
        (s.RepeatedStratifiedKFold, s.StratifiedKFold, Y, None),
        (s.RepeatedGroupKFold, s.GroupKFold, None, GROUPS),
        (s.RepeatedStratifiedGroupKFold, s.StratifiedGroupKFold, Y, GROUPS),
        (s.RepeatedMultilabelStratifiedKFold, s.MultilabelStratifiedKFold, LABELS, None),
        (
            s.RepeatedMultilabelStratifiedGroupKFold,
            s.MultilabelStratifiedGroupKFold,
            LABELS,
            GROUPS,
        ),
        (s.RepeatedStratifiedKFoldContinuous, s.StratifiedKFoldContinuous, VALUES, None),
        (
            s.RepeatedStratifiedGroupKFoldContinuous,
            s.StratifiedGroupKFoldContinuous,
            VALUES,
            GROUPS,
        ),
    ],
)
def test_each_repeat_is_the_splitter_under_a_derived_seed(
    repeated: Any, once: Any, y: Any, groups: Any
) -> None:
    splitter = repeated(n_splits=3, n_repeats=4, random_state=9)
    rounds = [test.tolist() for _, test in splitter.split(X, y, groups)]
    assert len(rounds) == splitter.get_n_splits() == 12
    for repeat in range(4):
        single = once(3, shuffle=True, random_state=derived_seed(9, repeat) if repeat else 9)
        expected = [test.tolist() for _, test in single.split(X, y, groups)]
        assert rounds[3 * repeat : 3 * repeat + 3] == expected
    assert len({str(rounds[3 * repeat]) for repeat in range(4)}) == 4
    longer = repeated(n_splits=3, n_repeats=5, random_state=9)
    assert [test.tolist() for _, test in longer.split(X, y, groups)][:12] == rounds


def test_repeats_that_are_alike_are_not_passed_over_in_silence() -> None:
    sizes = np.repeat(np.arange(6), np.arange(1, 7))
    splitter = s.RepeatedGroupKFold(n_splits=2, n_repeats=2)
    with pytest.warns(UserWarning, match="repeat 1 has the folds of an earlier one"):
        list(splitter.split(sizes, groups=sizes))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        list(s.RepeatedGroupKFold(n_splits=2, n_repeats=2).split(X, groups=GROUPS))


@pytest.mark.parametrize("kind", [s.RepeatedKFold, s.RepeatedMultilabelStratifiedKFold])
@pytest.mark.parametrize("settings", [{"n_splits": 1}, {"n_repeats": 0}, {"random_state": 1.5}])
def test_settings_without_meaning_are_refused(kind: Any, settings: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=f"{next(iter(settings))} must be"):
        kind(**settings)

"""What is to be done: everything that a round needs, sent to each worker once."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.estimators.seeding import open_seeds
from fold_guard.crossval.estimators.specification import Estimator
from fold_guard.crossval.result import Task
from fold_guard.partition.rounds import Round

if TYPE_CHECKING:
    import pandas

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(slots=True, eq=False)
class Work:
    """Rounds to be played with one estimator on one table.

    A round has a position in ``rounds`` (0, 1, ...), by which it is asked for, and an index, by
    which people know it and from which its seed follows.

    Attributes
    ----------
    estimator : Estimator
        Never fitted itself.
    X : pandas.DataFrame, shape (n_rows, n_features)
    y : ndarray, shape (n_rows,)
        Text labels (object), or float64 for regression.
    task : {"classification", "regression"}
    classes : tuple of str
        Every label, sorted; empty for regression.
    rounds : sequence of Round
        Made when they are asked for, as by `fold_guard.partition.rounds`.
    seed : int
        0 <= seed < 2**64.
    train_scored : container of int
        Positions of the rounds whose train side is scored as well.
    inner : sequence of sequence of Round, or None
        For searches: the inner folds of each round, by position, as masks of all rows.
    codes : ndarray of int64, shape (n_rows,)
        Position of each label in ``classes``; empty for regression. Worked out here.
    open_seeds : tuple of str
        Parameters of the estimator that are to be seeded. Worked out here.
    """

    estimator: Estimator
    X: pandas.DataFrame
    y: npt.NDArray[np.object_] | FloatArray
    task: Task
    classes: tuple[str, ...]
    rounds: Sequence[Round]
    seed: int = 0
    train_scored: Container[int] = ()
    inner: Sequence[Sequence[Round]] | None = None
    codes: IntArray = field(init=False)
    open_seeds: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Work out once what would be the same in each round."""
        place = {label: code for code, label in enumerate(self.classes)}
        labels = self.y if self.task == "classification" else ()
        self.codes = np.fromiter((place[label] for label in labels), np.int64, len(labels))
        self.open_seeds = open_seeds(self.estimator)

    @property
    def actual(self) -> IntArray | FloatArray:
        """What is to be predicted: codes of classes, or the numbers themselves."""
        if self.task == "classification":
            return self.codes
        return np.asarray(self.y, dtype=np.float64)

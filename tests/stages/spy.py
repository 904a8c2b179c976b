"""An estimator that leaves a line for each fit, and the command line in this process."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sklearn.dummy import DummyClassifier

from fold_guard.cli.main import main

KEY = "a key of more than thirty-two characters 0123456789"
LOG, STUMBLES = "SPY_LOG", "SPY_STUMBLES"
Laid = Callable[..., Path]


class Spy(DummyClassifier):  # type: ignore[misc]
    """Fails in the fits that it is told to, and quotes the row that it stumbled over.

    Rounds may be played in other processes: what it is told, and tells, goes by the environment.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        with Path(os.environ[LOG]).open("a", encoding="utf-8") as log:
            log.write(f"{len(y)}\n")
        quoted, *at = os.environ.get(STUMBLES, "nothing").split()
        if str(len(fits())) in at:
            raise ValueError(f"could not convert string to float: '{quoted}'")
        return super().fit(X, y, sample_weight)


def fits() -> list[str]:
    """Return a line for each fit since the last `forget`."""
    log = Path(os.environ[LOG])
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def forget() -> None:
    Path(os.environ[LOG]).unlink(missing_ok=True)


def ended(*arguments: str) -> int:
    """Run the command in this process; return its exit code."""
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert isinstance(left.value.code, int)
    return left.value.code

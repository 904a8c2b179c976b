"""Exact leave-one-out against n fits by scikit-learn, on one core each."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, make_classification
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from fold_guard.crossval import leave_one_out_predict
from tests.benchmarks.record import Row

TOPIC = "Leave-one-out, exact, one core"
PEER = "cross_val_predict(cv=LeaveOneOut())"
# Of a peer whose solver stops at tol=1e-4.
STOPS_EARLY = 1e-2


@dataclass(frozen=True)
class Work:
    name: str
    model: Any
    load: Callable[[], tuple[Any, Any]]
    method: str = "predict"
    least_ratio: float | None = None
    allowed: float = 0.0


def diabetes() -> tuple[Any, Any]:
    return load_diabetes(return_X_y=True)


def digits() -> tuple[Any, Any]:
    return load_digits(return_X_y=True)


def breast_cancer() -> tuple[Any, Any]:
    return load_breast_cancer(return_X_y=True)


def long_problem() -> tuple[Any, Any]:
    return make_classification(3000, 50, n_informative=20, random_state=0)


WORK = [
    Work(
        "StandardScaler + LogisticRegression, breast cancer 569 x 30",
        make_pipeline(StandardScaler(), LogisticRegression()),
        breast_cancer,
        "predict_proba",
        100.0,
        STOPS_EARLY,
    ),
    Work(
        "LogisticRegression, 3,000 x 50",
        LogisticRegression(max_iter=1000),
        long_problem,
        "predict_proba",
        100.0,
        STOPS_EARLY,
    ),
    Work(
        "StandardScaler + Ridge, diabetes 442 x 10",
        make_pipeline(StandardScaler(), Ridge()),
        diabetes,
        least_ratio=200.0,
        allowed=1e-6,
    ),
    Work("KNeighborsClassifier, digits 1,797 x 64", KNeighborsClassifier(), digits, "predict", 50),
    Work(
        "StandardScaler + KNeighborsClassifier, digits 1,797 x 64",
        make_pipeline(StandardScaler(), KNeighborsClassifier()),
        digits,
    ),
    Work("KernelRidge (rbf), diabetes 442 x 10", KernelRidge(kernel="rbf"), diabetes, allowed=1e-6),
]


@pytest.fixture(autouse=True)
def one_core() -> Iterator[None]:
    with threadpool_limits(limits=1):
        yield


@pytest.mark.parametrize("work", WORK, ids=lambda work: work.name)
def test_against_n_fits(race: Any, record: Any, work: Work) -> None:
    X, y = work.load()
    given = (work.model, X, y)
    answers: dict[str, Any] = {}

    def ours() -> None:
        answers["ours"] = leave_one_out_predict(*given, method=work.method, verify=0)

    def peer() -> None:
        answers["peer"] = cross_val_predict(*given, cv=LeaveOneOut(), method=work.method)

    seconds, theirs = race(ours, peer, rounds=9, peer_rounds=2)
    assert np.abs(answers["ours"] - answers["peer"]).max() <= work.allowed
    unchecked = "time, without a check (verify=0)"
    record(
        Row(
            TOPIC,
            work.name,
            unchecked,
            "s",
            seconds,
            theirs,
            PEER,
            least_ratio=work.least_ratio,
        )
    )
    taken = []
    for _ in range(9):
        start = time.perf_counter()
        leave_one_out_predict(*given, method=work.method)
        taken.append(time.perf_counter() - start)
    # 25 fits of n are 1 in n / 25: beyond that a fit of ours has to take less than one of the peer.
    record(
        Row(
            TOPIC,
            work.name,
            "time, checked by 25 real fits (as it comes)",
            "s",
            statistics.median(taken),
            theirs,
            PEER,
            least_ratio=work.least_ratio,
        )
    )

from __future__ import annotations

import copy
import pickle

import pytest

from fold_guard.errors import (
    ArtifactError,
    ConfigError,
    DataError,
    FoldGuardError,
    InfeasibleError,
    MissingExtra,
    Refused,
    UsageError,
)

PLAIN = [ArtifactError, DataError, FoldGuardError, InfeasibleError, Refused, UsageError]


def test_a_message_says_where_what_and_what_to_do() -> None:
    error = DataError("3 rows have no id", where="t.csv", remedy="Drop them.")
    assert str(error) == "t.csv: 3 rows have no id. Drop them."
    assert str(DataError("no rows")) == "no rows"
    assert error.args == (str(error),)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (FoldGuardError, 3),
        (DataError, 3),
        (InfeasibleError, 3),
        (ArtifactError, 3),
        (UsageError, 2),
        (Refused, 1),
    ],
)
def test_exit_codes_are_those_of_the_contract(kind: type[FoldGuardError], code: int) -> None:
    assert kind("x").exit_code == code
    assert issubclass(kind, FoldGuardError)


def test_config_errors_list_every_problem() -> None:
    error = ConfigError([("a.b", "is missing"), ("c", "unknown key")], source="p.yaml")
    assert str(error) == "p.yaml: 2 problems\n  a.b: is missing\n  c: unknown key"
    assert "1 problem\n" in str(ConfigError([("a", "b")]))
    assert error.exit_code == 2


def test_a_missing_extra_gives_the_command() -> None:
    error = MissingExtra("pandera", "pandera")
    assert "pip install 'fold-integrity[pandera]'" in str(error)
    assert error.exit_code == 3


@pytest.mark.parametrize(
    "error",
    [
        *(kind("what", where="where", remedy="remedy") for kind in PLAIN),
        ConfigError([("a", "b"), ("c", "d")], source="p.yaml"),
        MissingExtra("dvc", "dvc"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_survive_the_way_between_processes(error: FoldGuardError) -> None:
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert vars(again) == vars(error)

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fold_guard.crossval.estimators.named import named_training
from fold_guard.errors import UsageError

MODULE = """
from functools import partial
from sklearn.linear_model import Ridge

ready = Ridge(2.0)
def make():
    return Ridge(3.0)
def train(frame, train_positions, test_positions):
    return {}
def longer(frame, train_positions, test_positions, depth):
    return {}
short = partial(longer, depth=3)
def broken():
    raise RuntimeError("no licence")
class Holder:
    inner = Ridge(4.0)
number = 3
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    name = "training_of_a_user"
    (tmp_path / f"{name}.py").write_text(MODULE)
    (tmp_path / "faulty_training.py").write_text("import not_there_at_all\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each])
    for each in (name, "faulty_training"):
        monkeypatch.delitem(sys.modules, each, raising=False)
    return name


def test_estimators_factories_and_functions_of_the_current_folder(module: str) -> None:
    alphas = [named_training(f"{module}:{name}") for name in ("ready", "make", "Holder.inner")]
    assert [each.alpha for each in alphas] == [2.0, 3.0, 4.0]  # type: ignore[attr-defined]
    assert type(named_training("sklearn.linear_model:Ridge")).__name__ == "Ridge"
    for name in ("train", "short"):
        function = named_training(f"{module}:{name}")
        assert function(None, [], []) == {}  # type: ignore[operator]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("{}.train", "is no import path"),
        ("{}:", "is no import path"),
        ("{}:1st", "is no import path"),
        ("{}:trian", "has no 'trian'"),
        ("{}:number", "(of type int) is neither an estimator nor a function"),
        ("{}:longer", "(of type function) is neither"),
        ("{}:broken", "raised RuntimeError: no licence"),
        ("{}:Holder", "(of type Holder) is neither"),
        ("nowhere_to_be_found:train", "there is no module 'nowhere_to_be_found'"),
        ("faulty_training:train", "importing faulty_training failed: No module named 'not_there"),
    ],
)
def test_what_cannot_be_trained_is_told(module: str, name: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        named_training(name.format(module))
    assert said in str(caught.value)
    assert "--estimator" in str(caught.value)
    assert caught.value.exit_code == 2

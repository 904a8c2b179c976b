from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from fold_guard.crossval.runs.identity import run_key
from fold_guard.errors import UsageError

CODE = """
from sklearn.linear_model import LogisticRegression
class Mine(LogisticRegression):
    def predict(self, X):
        return super().predict(X){}
"""


def nested(C: float) -> Any:
    inner = make_pipeline(StandardScaler(), LogisticRegression(C=C))
    return VotingClassifier([("one", inner), ("two", RandomForestClassifier(random_state=0))])


def test_the_same_run_has_the_same_key() -> None:
    assert run_key(nested(1.0), dataset="d") == run_key(nested(1.0), dataset="d")


@pytest.mark.parametrize("given", [{"dataset": "e"}, {"dataset": "d", "seed": 1}])
def test_what_it_is_trained_on_is_in_the_key(given: dict[str, Any]) -> None:
    assert run_key(nested(1.0), dataset="d") != run_key(nested(1.0), **given)


def test_a_parameter_deep_inside_is_in_the_key() -> None:
    assert run_key(nested(1.0)) != run_key(nested(1.0 + 1e-12))


def test_the_key_is_the_same_in_another_process() -> None:
    code = (
        "from tests.crossval.runs.test_identity import nested\n"
        "from fold_guard.crossval.runs.identity import run_key\n"
        "print(run_key(nested(2.0), dataset='d'))"
    )
    root = Path(__file__).parents[3]
    keys = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=root,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert keys == {run_key(nested(2.0), dataset="d")}


def test_edited_code_of_the_user_is_another_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "mine_of_test.py").write_text(CODE.format(""))
    module = importlib.import_module("mine_of_test")
    first = run_key(make_pipeline(StandardScaler(), module.Mine()))
    assert run_key(make_pipeline(StandardScaler(), module.Mine())) == first
    (tmp_path / "mine_of_test.py").write_text(CODE.format("[::1]"))
    assert run_key(make_pipeline(StandardScaler(), module.Mine())) != first


@pytest.mark.parametrize("edited", ["base_of_test.py", "words_of_test.py"])
def test_edited_code_behind_the_code_is_another_run(
    edited: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "words_of_test.py").write_text("WORD = 1\ndef said():\n    return WORD\n")
    (tmp_path / "base_of_test.py").write_text(CODE.format(""))
    (tmp_path / "heir_of_test.py").write_text(
        "from base_of_test import Mine\nfrom words_of_test import said\n"
        "class Heir(Mine):\n    word = said()\n"
    )
    for name in ("words_of_test", "base_of_test", "heir_of_test"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    heir = importlib.import_module("heir_of_test").Heir
    first = run_key(make_pipeline(StandardScaler(), heir()))
    assert run_key(make_pipeline(StandardScaler(), heir())) == first
    path = tmp_path / edited
    path.write_text(path.read_text() + "\n# edited\n")
    assert run_key(make_pipeline(StandardScaler(), heir())) != first


def test_what_a_partial_holds_is_in_the_key() -> None:
    from functools import partial

    def model(**given: Any) -> Any:
        return FunctionTransformer(partial(np.clip, **given))

    assert run_key(model(min=0)) != run_key(model(min=1))


def test_another_version_of_a_package_is_another_run(monkeypatch: pytest.MonkeyPatch) -> None:
    import sklearn

    first = run_key(LogisticRegression())
    monkeypatch.setattr(sklearn, "__version__", "9.9")
    assert run_key(LogisticRegression()) != first


def test_what_cannot_be_pickled_cannot_be_resumed() -> None:
    model = make_pipeline(FunctionTransformer(lambda x: x), LogisticRegression())
    with pytest.raises(UsageError, match="cannot be pickled") as caught:
        run_key(model)
    assert caught.value.where == "journal"
    assert caught.value.remedy

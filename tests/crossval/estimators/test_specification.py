from __future__ import annotations

from typing import Any

import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from fold_guard.crossval.estimators.specification import build_estimator
from fold_guard.errors import ConfigError

LOGISTIC = {"call": "sklearn.linear_model.LogisticRegression", "with": {"C": 2.0}}
SCALER = {"call": "sklearn.preprocessing.StandardScaler"}


def problems_of(spec: Any) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        build_estimator(spec, path="cv.estimator")
    return dict(caught.value.problems)


def test_builds_nested_calls_with_steps_as_tuples() -> None:
    transformers = [["age", SCALER, ["age"]], ["rest", "passthrough", ["height"]]]
    features = {"call": "sklearn.compose.ColumnTransformer", "with": {"transformers": transformers}}
    steps = [["features", features], ["model", LOGISTIC]]
    built = build_estimator({"call": "sklearn.pipeline.Pipeline", "with": {"steps": steps}})
    assert isinstance(built, Pipeline)
    assert all(type(step) is tuple for step in built.steps)
    columns = built.named_steps["features"]
    assert isinstance(columns, ColumnTransformer)
    assert [type(part) for part in columns.transformers] == [tuple, tuple]
    assert columns.transformers[0][2] == ["age"]
    assert columns.transformers[1] == ("rest", "passthrough", ["height"])
    assert built.named_steps["model"].C == 2.0


def test_plain_lists_and_mappings_stay_what_they_are() -> None:
    spec = {
        "call": "sklearn.linear_model.LogisticRegression",
        "with": {"class_weight": {"a": 1.0, "b": 2.0}},
    }
    built = build_estimator(spec)
    assert isinstance(built, LogisticRegression)
    assert built.class_weight == {"a": 1.0, "b": 2.0}


def test_scalars_of_a_round_trip_parser_become_plain() -> None:
    class Marked(float):
        pass

    with_marked = {"call": LOGISTIC["call"], "with": {"C": Marked(0.5), "fit_intercept": False}}
    built = build_estimator(with_marked)
    assert isinstance(built, LogisticRegression)
    assert type(built.C) is float
    assert built.fit_intercept is False


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("sklearn.linear_model.LogisticRegresion", "did you mean 'LogisticRegression'?"),
        ("sklearn.linear_modle.LogisticRegression", "did you mean 'linear_model'?"),
        ("no_such_package.Model", "no module named 'no_such_package' is installed"),
        ("sklearn", "must be an import path"),
        ("os..system", "must be an import path"),
        (3, "must be an import path"),
        ("math.pi", "cannot be called"),
    ],
)
def test_bad_import_paths(call: object, message: str) -> None:
    found = problems_of({"call": call})
    assert message in found["cv.estimator.call"]


def test_a_module_that_fails_to_import_says_why(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "needs_other_thing.py").write_text("import other_thing_not_there\n")
    (tmp_path / "breaks_on_import.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = problems_of({"call": "needs_other_thing.Model"})
    assert "No module named 'other_thing_not_there'" in found["cv.estimator.call"]
    found = problems_of({"call": "breaks_on_import.Model"})
    assert "ZeroDivisionError" in found["cv.estimator.call"]


def test_all_problems_come_at_once_with_their_paths() -> None:
    scaler = {"call": "sklearn.preprocessing.StandardScalar"}
    model = {"call": LOGISTIC["call"], "with": {"class_wait": "balanced"}, "wiht": {}}
    steps = [["scale", scaler], ["model", model]]
    found = problems_of({"call": "sklearn.pipeline.Pipeline", "with": {"steps": steps}})
    assert set(found) == {
        "cv.estimator.with.steps.0.1.call",
        "cv.estimator.with.steps.1.1.wiht",
        "cv.estimator.with.steps.1.1.with.class_wait",
    }
    assert "did you mean 'class_weight'?" in found["cv.estimator.with.steps.1.1.with.class_wait"]


def test_missing_arguments_and_raising_calls() -> None:
    found = problems_of({"call": "sklearn.pipeline.Pipeline"})
    assert "'steps'" in found["cv.estimator.with"]
    found = problems_of({"call": "fractions.Fraction", "with": {"numerator": "x"}})
    assert "raised ValueError" in found["cv.estimator"]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"call": "fractions.Fraction"}, "which has no fit()"),
        (SCALER, "which has no predict()"),
        ({"with": {}}, "with the key 'call'"),
        ("sklearn.svm.SVC", "with the key 'call'"),
        ({"call": "operator.itemgetter", "with": [1]}, "takes"),
    ],
)
def test_what_is_no_estimator(spec: object, message: str) -> None:
    found = problems_of(spec)
    if isinstance(spec, dict) and isinstance(spec.get("with"), list):
        assert "must be a mapping" in found["cv.estimator.with"]
    else:
        assert message in found["cv.estimator"]


def test_a_value_that_yaml_alone_cannot_mean() -> None:
    found = problems_of({"call": LOGISTIC["call"], "with": {"C": {1, 2}}})
    assert "a set cannot stand here" in found["cv.estimator.with.C"]

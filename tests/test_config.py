from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict

from fold_guard.config import Problems, read_section, read_yaml, require_none, unknown_keys
from fold_guard.errors import ConfigError, UsageError


@dataclass(frozen=True, slots=True)
class Inner:
    name: str
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Section:
    count: int = 5
    ratio: float = 0.5
    active: bool = True
    title: str = ""
    kind: Literal["fast", "slow"] = "fast"
    names: tuple[str, ...] = ()
    either: str | tuple[str, ...] = ""
    inner: Inner | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    least: float = 0.0


def read(raw: object, kind: type[Any] = Section) -> tuple[Any, Problems]:
    problems: Problems = []
    return read_section(kind, raw, "here", problems), problems


def yaml(tmp_path: Path, text: str) -> Path:
    (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
    return tmp_path / "params.yaml"


def test_good_values_become_a_frozen_object() -> None:
    raw = {
        "count": 3,
        "ratio": 1,
        "active": False,
        "kind": "slow",
        "names": ["a", "b"],
        "either": ["x"],
        "inner": {"name": "n"},
        "sizes": {"k": 1},
    }
    value, problems = read(raw)
    assert not problems
    expected = Section(3, 1.0, False, "", "slow", ("a", "b"), ("x",), Inner("n"), {"k": 1})
    assert value == expected


def test_nothing_is_the_defaults() -> None:
    assert read(None) == (Section(), [])
    assert read({}) == (Section(), [])


@pytest.mark.parametrize(
    ("raw", "path", "message"),
    [
        ({"count": "5"}, "here.count", "must be a whole number, got '5'"),
        ({"count": True}, "here.count", "must be a whole number, got True"),
        ({"count": 2.5}, "here.count", "must be a whole number, got 2.5"),
        ({"count": None}, "here.count", "must be a whole number, got None"),
        ({"ratio": "0.5"}, "here.ratio", "must be a number, got '0.5'"),
        ({"ratio": True}, "here.ratio", "must be a number, got True"),
        ({"active": "yes"}, "here.active", "must be true or false, got 'yes'"),
        ({"active": 1}, "here.active", "must be true or false, got 1"),
        ({"title": 5}, "here.title", "must be text, got 5"),
        ({"kind": "fats"}, "here.kind", "must be one of 'fast' or 'slow', got 'fats'"),
        ({"names": "a"}, "here.names", "must be a list, got 'a'"),
        ({"names": ["a", 1]}, "here.names.1", "must be text, got 1"),
        ({"either": 5}, "here.either", "must be text or a list, got 5"),
        ({"either": ["a", 5]}, "here.either.1", "must be text, got 5"),
        ({"inner": {}}, "here.inner.name", "is missing"),
        ({"inner": []}, "here.inner", "must be a mapping, got []"),
        ({"inner": {"name": "n", "depth": "1"}}, "here.inner.depth", "must be a whole number"),
        ({"inner": {"name": "n", "deep": 1}}, "here.inner.deep", "did you mean 'depth'?"),
        ({"sizes": {"k": "v"}}, "here.sizes.k", "must be a whole number, got 'v'"),
        ({"cuont": 3}, "here.cuont", "unknown key; did you mean 'count'?"),
        ({"zzz": 3}, "here.zzz", "unknown key; known: count, ratio"),
        ({7: 3}, "here.7", "unknown key"),
        ([1], "here", "must be a mapping, got [1]"),
        ("x" * 100, "here", "must be a mapping, got 'xxx"),
        ({"title": {1, 2}}, "here", "cannot be read"),
        ({"inner": {"name": b"x"}}, "here", "cannot be read"),
        ({"sizes": {(1, 2): 3}}, "here", "cannot be read"),
    ],
)
def test_one_problem_is_told_with_its_dotted_path(raw: object, path: str, message: str) -> None:
    value, problems = read(raw)
    assert value is None
    assert [where for where, _ in problems if where == path], problems
    assert any(message in text for where, text in problems if where == path), problems
    assert all(len(text) < 200 for _, text in problems)


def test_every_problem_is_told_at_once() -> None:
    raw = {"count": "5", "zzz": 1, "inner": {"depth": "x", "deep": 1}, "kind": "x"}
    _, problems = read(raw)
    assert sorted(where for where, _ in problems) == [
        "here.count",
        "here.inner.deep",
        "here.inner.depth",
        "here.inner.name",
        "here.kind",
        "here.zzz",
    ]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_threshold_that_nothing_crosses_is_refused(value: float) -> None:
    found, problems = read({"least": value}, Model)
    assert found is None
    assert [where for where, _ in problems] == ["here.least"]


def test_a_circle_of_anchors_is_no_crash(tmp_path: Path) -> None:
    raw = read_yaml(yaml(tmp_path, "section: &a {inner: *a}\n"))
    value, problems = read(raw["section"])
    assert value is None
    assert problems


def test_unknown_keys_of_the_outermost_level_have_no_prefix() -> None:
    problems: Problems = []
    unknown_keys({"plan": 1}, ("plans", "data"), "", problems)
    assert problems == [("plan", "unknown key; did you mean 'plans'?")]


def test_require_none_raises_them_all() -> None:
    require_none([], source="p.yaml")
    with pytest.raises(ConfigError) as caught:
        require_none([("a", "x"), ("b", "y")], source="p.yaml")
    assert caught.value.problems == (("a", "x"), ("b", "y"))
    assert caught.value.where == "p.yaml"


def test_yaml_keeps_on_as_a_word_and_dates_as_text(tmp_path: Path) -> None:
    raw = read_yaml(yaml(tmp_path, "on: table\ntitle: 2020-05-04\n"))
    assert raw["on"] == "table"
    value, problems = read({"title": raw["title"]})
    assert (value.title, problems) == ("2020-05-04", [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\na: 2\n", "duplicate key"),
        ("a: {b: 1, b: 2}\n", "duplicate key"),
        ("a: !!python/object/apply:os.system [echo]\n", "tag"),
        ("a: !!python/name:os.system\n", "tag"),
        ("a: [1\n", "not valid YAML"),
        ("a: 1\n---\nb: 2\n", "not valid YAML"),
        ("a: \x00\n", "not valid YAML"),
        ("[" * 5_000, "nested too deeply"),
        ("- a\n", "must be a mapping"),
        ("", "must be a mapping"),
        ("just text", "must be a mapping"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_yaml_that_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = yaml(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        read_yaml(path)
    assert said in str(caught.value)
    assert str(path) in caught.value.where
    assert caught.value.exit_code == 2


def test_the_line_of_a_mistake_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_yaml(yaml(tmp_path, "a: 1\nb: 2\na: 3\n"))
    assert caught.value.where.endswith("params.yaml, line 3")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file") as caught:
        read_yaml(tmp_path / "params.yaml")
    assert "--config" in caught.value.remedy
    with pytest.raises(UsageError, match="cannot be read"):
        read_yaml(tmp_path)
    (tmp_path / "params.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="cannot be read"):
        read_yaml(tmp_path / "params.yaml")

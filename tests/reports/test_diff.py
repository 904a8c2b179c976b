"""The difference of two fold maps, and growth, as text, JSON and Markdown."""

from __future__ import annotations

import json
import re
from typing import Any

import polars as pl
import pytest
from rich.cells import cell_len

from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan
from fold_guard.reports.diff_json import diff_to_json, render_diff_json
from fold_guard.reports.diff_markdown import escaped, render_diff_markdown
from fold_guard.reports.diff_text import SHOWN, render_diff_text
from fold_guard.reports.growth_text import render_growth
from tests.folds.growth.growing import first_map, link, visits

NASTY = "\x1b[2J<script>|`*\u202e@ada#1\n"


@pytest.fixture(scope="module")
def old() -> FoldMap:
    return first_map(visits(80))


@pytest.fixture(scope="module")
def moved(old: FoldMap) -> tuple[FoldMap, pl.DataFrame]:
    table = pl.concat([visits(80), link(old, 80), visits(30, start=100)])
    return old.grow(table, on_conflict="move"), table


def nasty(old: bool) -> FoldMap:
    table = visits(40).with_columns(visit=pl.format("{}" + NASTY, "visit"))
    return first_map(table if old else table[:39])


def test_text_says_what_and_why(old: FoldMap, moved: tuple[FoldMap, pl.DataFrame]) -> None:
    text = render_diff_text(old.diff(*moved), width=100, colour=False)
    assert text.startswith("DIFFERENT\n")
    assert "78 rows alike" in text
    assert re.search(r"added +31: 80, 100, 101, .* and 21 more", text)
    assert re.search(r"moved +2: \d+, \d+\n", text)
    assert "from \\ to     0\n          3     2" in text
    assert re.search(r"link +2 of 2 moved rows", text)
    assert "extension" in text
    painted = render_diff_text(old.diff(*moved), width=100, colour=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == text
    assert all(
        cell_len(line) <= 80
        for line in render_diff_text(old.diff(*moved), width=80, colour=False).splitlines()
    )


def test_text_of_equal_maps(old: FoldMap) -> None:
    text = render_diff_text(old.diff(old), width=100, colour=False)
    assert text.startswith("SAME\n")
    assert "Why" not in text
    assert "Moved" not in text


def test_many_folds_are_pairs_and_not_a_table() -> None:
    from fold_guard.folds.make import make_folds
    from fold_guard.folds.plan import FoldPlan

    maps = [
        make_folds(visits(120), FoldPlan("kfold", n_splits=40, seed=seed), id="visit")
        for seed in (0, 1)
    ]
    text = render_diff_text(maps[0].diff(maps[1]), width=80, colour=False)
    assert "more pairs of folds" in text
    assert all(cell_len(line) <= 80 for line in text.splitlines())


def test_json_is_complete(old: FoldMap, moved: tuple[FoldMap, pl.DataFrame]) -> None:
    found = old.diff(*moved)
    raw = json.loads(render_diff_json(found))
    assert raw == diff_to_json(found)
    assert raw["schema"] == "fold-guard/diff/1"
    assert raw["equal"] is False
    assert raw["rows"]["added"] == [80, *range(100, 130)]
    assert len(raw["rows"]["added"]) > SHOWN
    assert [(each["from"], each["to"]) for each in raw["rows"]["moved"]] == [(3, 0), (3, 0)]
    assert raw["moves"] == [{"from": 3, "to": 0, "rows": 2}]
    assert raw["after"]["parents"] == [old.digest]
    assert raw["counts"] == {
        "same": 78,
        "added": 31,
        "removed": 0,
        "moved": 2,
        "excluded": 0,
        "relabelled": 0,
        "changed": 0,
    }


def test_markdown_has_tables_and_states_its_cap(
    old: FoldMap, moved: tuple[FoldMap, pl.DataFrame]
) -> None:
    text = render_diff_markdown(old.diff(*moved))
    assert "| moved | 2 |" in text
    assert "| 3 | 0 | 2 |" in text
    assert " and 11 more |" in text
    assert "- **link**: 2 of 2 moved rows" in text
    assert "are the same" in render_diff_markdown(old.diff(old))


def test_ids_from_data_do_nothing() -> None:
    found = nasty(True).diff(nasty(False))
    for text in (
        render_diff_text(found, width=100, colour=False),
        render_diff_markdown(found),
        render_diff_json(found),
    ):
        assert "\x1b" not in text
        assert "\u202e" not in text
    page = render_diff_markdown(found)
    row = next(line for line in page.splitlines() if line.startswith("| removed"))
    assert len(re.findall(r"(?<!\\)\|", row)) == 4
    assert "<script" not in page.replace("\\<", "")
    assert "@ada" not in page
    assert "#1" not in page
    assert escaped("a_b") == "a\\_b"


def test_growth_says_kept_moved_and_balance(moved: tuple[FoldMap, pl.DataFrame]) -> None:
    text = render_growth(moved[0])
    assert "80 rows kept, 31 added, 0 removed; 0 changed (0 relabelled), 2 moved" in text
    assert re.search(r"moved: \d+, \d+\n", text)
    assert "folds of 20 to 20 rows" in text
    assert f"-> {moved[0].digest[:12]}" in text


def test_growth_says_how_the_last_block_grew() -> None:
    blocks = first_map(visits(80), "forward")
    new = blocks.grow(visits(95))
    assert "the last block, 3: 20 -> 35 rows" in render_growth(new)


def test_growth_of_a_map_that_did_not_grow(old: FoldMap) -> None:
    with pytest.raises(ValueError, match="not grown"):
        render_growth(old)


@pytest.mark.parametrize(
    ("strategy", "settings", "size"),
    [
        ("kfold", {}, "kfold, 5 folds, seed 0"),
        ("kfold", {"n_repeats": 3}, "kfold, 3 repeats of 5 folds, seed 0"),
        ("leave_one_out", {}, "leave_one_out, 1,200 folds, seed 0"),
        ("predefined", {"column": "quarter"}, "predefined, 4 folds, seed 0"),
        ("shuffle_split", {"n_repeats": 3}, "shuffle_split, 3 test sets, seed 0"),
        ("shuffle_split", {}, "shuffle_split, 1 test set, seed 0"),
    ],
)
def test_the_size_of_a_map_is_that_of_its_kind(
    strategy: Any, settings: dict[str, Any], size: str
) -> None:
    table = visits(1200).with_columns(quarter=pl.col("visit") % 4)
    made = make_folds(table, FoldPlan(strategy, **settings), id="visit")
    same = made.diff(made)
    assert f"  A  {size}, 1,200 rows" in render_diff_text(same, width=120, colour=False)
    plain = render_diff_markdown(same).replace("\\", "")
    assert f"- A: {size}, 1,200 rows" in plain

"""The repair in words: what moved, what it cost, what is cured and what is not."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from rich.cells import cell_len

from fold_guard.evidence.audit import audit
from fold_guard.evidence.repair import Offer, repair
from fold_guard.reports.next_steps import repair_steps
from fold_guard.reports.repair_text import render_repair
from tests.reports import text_fixtures as made


def leaky() -> pl.DataFrame:
    return made.table().with_columns(fold=pl.int_range(pl.len()) % 4)


ROLES = {"fold": "fold", "id": "visit", "label": "y", "groups": ["patient"], "time": "day"}


@pytest.mark.parametrize("width", made.WIDTHS)
def test_it_says_what_moved_and_what_is_not_cured(width: int) -> None:
    found, before = repair(leaky(), **ROLES), audit(leaky(), **ROLES)  # type: ignore[arg-type]
    text = render_repair(found, before, Path("out"), width=width)
    words = " ".join(text.split())
    assert words.startswith(f"REPAIRED out: {len(found.moves)} of 240 rows moved, 80 units")
    assert "moves.csv has all" in words
    assert "not cured: all 4 rounds" in words
    assert "FAILED -> PASSED" in words
    row, was, to, reason = found.moves.row(0)
    assert f"row {row} from {was} to {to} ({reason})" in words
    assert "exit code is that of the split that was given" in words
    assert all(cell_len(line) <= max(width, 40) for line in text.split("\n"))
    assert made.plain(render_repair(found, before, Path("out"), width=width, colour=True)) == text


def test_a_repair_that_is_not_clean_does_not_claim_to_be() -> None:
    # One patient has a row in every block: purging leaves the train sides empty.
    frame = leaky().with_columns(patient=pl.lit(1))
    roles = {**ROLES, "scheme": "forward"}
    found, before = repair(frame, **roles), audit(frame, **roles)  # type: ignore[arg-type]
    assert render_repair(found, before, Path("out")).startswith("NOT CLEAN  out")


def test_nothing_from_the_data_is_obeyed() -> None:
    frame = leaky().with_columns(patient=pl.format("\x1b[2J{}\n", "patient"))
    found, before = repair(frame, **ROLES), audit(frame, **ROLES)  # type: ignore[arg-type]
    assert "\x1b" not in render_repair(found, before, Path("o\x1but"))


def test_the_next_step_is_a_command_with_its_price() -> None:
    steps = repair_steps(
        "my tests.csv",
        [
            Offer("groups", 1),
            Offer("groups and copies", 1846, asks_for_copies=True),
            Offer("time", 3),
            Offer("groups", 0, no_way="3 units\x1b"),
        ],
        has_id=False,
    )
    command = "fold-guard audit 'my tests.csv' ... --id COL --repair folds/"
    assert steps == [
        f"{command}    keeps groups together, moves 1 row",
        f"{command} --repair-copies    keeps groups and copies together, moves 1,846 rows",
        f"{command}    puts rows into the block of their time (its rounds purge groups), "
        "moves 3 rows",
        "no repair keeps groups together: 3 units\\x1b",
    ]

from __future__ import annotations

import pytest
from rich.cells import cell_len

from fold_guard.checks.catalogue import CATALOGUE
from fold_guard.errors import UsageError
from fold_guard.reports.explain_text import explain
from tests.reports import text_fixtures as made


@pytest.mark.parametrize("check", CATALOGUE, ids=lambda check: check.code)
def test_every_check_can_be_explained(check: object) -> None:
    known = next(each for each in CATALOGUE if each is check)
    text = explain(known.code, width=80)
    words = " ".join(text.split())
    for part in (known.explanation.meaning, known.explanation.example, known.explanation.fix):
        assert " ".join(part.split()) in words
    for name in known.rule().thresholds():
        assert f"{name}: " in words
    assert f"plans.<plan>.checks.{known.name}" in text
    assert all(cell_len(line) <= 80 and line == line.rstrip() for line in text.splitlines())
    assert made.plain(explain(known.code, width=80, colour=True)) == text


def test_code_and_name_in_any_case_are_one() -> None:
    assert explain("fg301") == explain("Group_Overlap") == explain(" FG301 ")


@pytest.mark.parametrize(("asked", "nearest"), [("FG3O1", "FG301"), ("group_overlp", "group_over")])
def test_an_unknown_code_names_the_nearest(asked: str, nearest: str) -> None:
    with pytest.raises(UsageError, match=f"there is no check '{asked}'.*{nearest}"):
        explain(asked)


def test_a_hostile_code_is_harmless() -> None:
    with pytest.raises(UsageError) as caught:
        explain("\x1b[2J\u202e" * 1000)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 2000

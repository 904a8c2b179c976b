from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from fold_guard.reports.layout import Ink, ends, hanging, padded, table, usable, wrapped

WORDS = st.lists(st.text("ab日é-", min_size=1, max_size=30), min_size=1, max_size=8)


@given(WORDS, st.integers(4, 40))
def test_wrapping_loses_nothing_and_fits(words: list[str], cells: int) -> None:
    lines = wrapped(" ".join(words), cells)
    assert "".join(lines).replace(" ", "") == "".join(words)
    assert all(cell_len(line) <= cells and line == line.rstrip() for line in lines)


def test_inner_spaces_of_a_name_are_kept() -> None:
    assert wrapped('"a  b"', 20) == ['"a  b"']


def test_wide_characters_take_two_cells() -> None:
    assert cell_len(padded("日本", 8)) == 8
    assert wrapped("日本語", 4) == ["日本", "語"]


def test_hanging_lines_start_where_the_text_began() -> None:
    assert hanging("ab  ", "one two three four", 20) == ["ab  one two three", "    four"]


def test_a_head_that_leaves_no_room_stands_alone() -> None:
    assert hanging("a long head  ", "one two", 20) == ["a long head", "    one two"]


def test_ends_do_not_collide() -> None:
    assert ends("left", "right", 20) == ["left           right"]
    assert ends("left", "right", 9) == ["left", "  right"]


def test_table_puts_texts_beneath_when_there_is_no_room() -> None:
    rows = [(("FG1", "name"), "a text of some length")]
    beside = table(rows, [("", "")], 60, Ink(False))
    beneath = table(rows, [("", "")], 38, Ink(False))
    assert beside == ["FG1  name  a text of some length"]
    assert beneath == ["FG1  name", "       a text of some length"]


def test_only_the_word_at_its_place_is_painted() -> None:
    ink = Ink(True)
    assert ink.start("red", "ab: ab", "ab", after="ab: ") == "ab: \x1b[1;31mab\x1b[0m"
    assert ink.start("red", "elsewhere", "ab") == "elsewhere"


def test_widths_nobody_can_use_are_brought_in() -> None:
    assert (usable(0), usable(100), usable(400)) == (40, 100, 120)

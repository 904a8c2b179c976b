from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from fold_guard.reports.clean import clean, clean_json, clean_lines, clean_sentence, fitting

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain \\ text", "plain \\ text"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("a\nb\rc\td", "a\\nb\\rc\\td"),
        ("\x9b2J\x7f", "\\x9b2J\\x7f"),
        ("a\u202eb\u2066c", "a\\u202eb\\u2066c"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("Ärzte 日本 👩", "Ärzte 日本 👩"),
    ],
)
def test_what_a_terminal_would_obey_is_shown(raw: str, shown: str) -> None:
    assert clean(raw) == shown


@given(ANY_TEXT)
def test_nothing_invisible_is_left(raw: str) -> None:
    shown = clean(raw)
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in shown)
    assert not any(unicodedata.bidirectional(char) in _OVERRIDES for char in shown)
    shown.encode()


_OVERRIDES = ("LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI")


@given(ANY_TEXT, st.integers(1, 30))
def test_cut_text_fits_and_says_that_it_was_cut(raw: str, limit: int) -> None:
    shown = clean(raw, limit)
    assert cell_len(shown) <= limit
    if shown != clean(raw):
        assert shown.endswith("…")
        assert clean(raw).startswith(shown[:-1])


@given(ANY_TEXT, st.integers(10, 60))
def test_cut_sentences_keep_both_ends(raw: str, limit: int) -> None:
    shown = clean_sentence(raw, limit)
    assert cell_len(shown) <= limit
    if shown != clean(raw):
        start, _, end = shown.partition("…")
        assert clean(raw).startswith(start) or "…" in raw
        assert clean(raw).endswith(end) or "…" in raw


def test_huge_values_are_cheap() -> None:
    assert cell_len(clean("日" * 10_000_000, 20)) <= 20
    assert cell_len(clean_sentence("\x1b" * 10_000_000, 60)) <= 60


def test_our_own_line_feeds_survive() -> None:
    assert clean_lines("one\n  two\x07") == "one\n  two\\x07"


@given(st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=4))
def test_json_means_the_same_after_cleaning(value: dict[str, str]) -> None:
    text = clean_json(json.dumps(value, indent=2, ensure_ascii=False))
    assert json.loads(text) == value
    assert clean_lines(text) == text


@given(st.text(max_size=40), st.integers(0, 30))
def test_fitting_is_the_longest_start(text: str, cells: int) -> None:
    start = fitting(text, cells)
    assert text.startswith(start)
    assert cell_len(start) <= cells

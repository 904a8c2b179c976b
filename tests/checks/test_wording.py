from __future__ import annotations

import pytest

from fold_guard.checks.wording import counted, listed, quoted


@pytest.mark.parametrize(
    ("items", "text"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (list("abcdef"), "a, b, c, d, e and 1 more"),
    ],
)
def test_lists_read_as_people_write_them(items: list[str], text: str) -> None:
    assert listed(items) == text


def test_nouns_follow_their_number() -> None:
    assert [counted(n, "row") for n in (0, 1, 1000)] == ["0 rows", "1 row", "1,000 rows"]


def test_quotes_keep_the_text_as_it_is() -> None:
    assert quoted(" <b>") == '" <b>"'

from __future__ import annotations

from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fold_guard.dataset.buffers import Bytes, blocks, bytes_of


def values(found: Bytes) -> list[bytes]:
    ends = found.offsets.tolist()
    return [found.data[a:b].tobytes() for a, b in pairwise(ends)]


@given(st.lists(st.none() | st.text(max_size=20)), st.integers(0, 5))
def test_text_is_laid_out_as_python_encodes_it(texts: list[str | None], skipped: int) -> None:
    series = pl.Series("^v$", texts, dtype=pl.String)[skipped:]
    expected = [(text or "").encode() for text in texts[skipped:]]
    found = bytes_of(series)
    assert values(found) == expected
    assert found.lengths.tolist() == [len(each) for each in expected]
    assert found.joined.tobytes() == b"".join(expected)


def test_several_chunks_and_bytes() -> None:
    series = pl.concat([pl.Series([b"\xff", None]), pl.Series([b"", b"ab"])], rechunk=False)
    assert values(bytes_of(series)) == [b"\xff", b"", b"", b"ab"]


@pytest.mark.parametrize("rows", [0, 1, 2**15, 2**15 + 1])
def test_blocks_cover_each_row_once(rows: int) -> None:
    assert [row for block in blocks(rows) for row in range(rows)[block]] == list(range(rows))

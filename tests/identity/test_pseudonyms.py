from __future__ import annotations

import hmac
import json
import pickle
import struct
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fold_guard.errors import FoldGuardError, UsageError
from fold_guard.identity.encoding import ENCODING
from fold_guard.identity.pseudonyms import (
    KEY_VARIABLE,
    PSEUDONYM,
    PseudonymKey,
    find_key,
    pseudonymised,
    pseudonyms,
)

COMMITTED = json.loads(
    (Path(__file__).parents[1] / "vectors" / "pseudonyms.json").read_text(encoding="utf-8")
)
TEXT = "0123456789abcdef0123456789abcdef"
OTHER = TEXT[::-1]
KEY = PseudonymKey(TEXT.encode())


def test_the_vectors_are_those_of_these_rules() -> None:
    assert (COMMITTED["pseudonym"], COMMITTED["encoding"]) == (PSEUDONYM, ENCODING)


@pytest.mark.parametrize("vector", COMMITTED["vectors"], ids=lambda vector: str(len(vector["key"])))
def test_committed_vectors(vector: dict[str, object]) -> None:
    key = PseudonymKey(str(vector["key"]).encode())
    rows = vector["rows"]
    assert isinstance(rows, list)
    for kind, convert in (("Int64", int), ("String", str)):
        mine = [row for row in rows if row[0] == kind]
        ids = pl.Series("row_id", [convert(row[1]) for row in mine], getattr(pl, kind))
        assert pseudonyms(ids, key).to_list() == [row[2] for row in mine]


@given(st.lists(st.one_of(st.none(), st.text())), st.binary(min_size=32, max_size=100))
def test_text_ids_are_hmac_of_the_standard_library(ids: list[str | None], secret: bytes) -> None:
    if len(set(secret)) < 8:
        secret = secret + bytes(range(8))
    expected = [
        None
        if each is None
        else hmac.new(
            secret,
            PSEUDONYM.encode() + b"\0s" + struct.pack("<Q", len(each.encode())) + each.encode(),
            "sha256",
        ).hexdigest()[:32]
        for each in ids
    ]
    series = pl.Series("^x$", ids, pl.String)
    found = pseudonyms(series, PseudonymKey(secret))
    assert (found.name, found.to_list()) == ("^x$", expected)


@given(st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))))
def test_whole_numbers_are_hmac_of_the_standard_library(ids: list[int | None]) -> None:
    expected = [
        None
        if each is None
        else hmac.new(
            KEY.secret, PSEUDONYM.encode() + b"\0i" + struct.pack("<q", each), "sha256"
        ).hexdigest()[:32]
        for each in ids
    ]
    assert pseudonyms(pl.Series("row_id", ids, pl.Int64), KEY).to_list() == expected


def test_another_key_gives_other_pseudonyms_and_no_key_leaves_the_ids() -> None:
    frame = pl.DataFrame({"row_id": ["b", "a", "c"], "x": [2, 1, 3]})
    assert pseudonymised(frame, None) is frame
    one, two = (pseudonymised(frame, PseudonymKey(t.encode())) for t in (TEXT, OTHER))
    assert not set(one["row_id"]) & set(two["row_id"])
    back = dict(zip(pseudonyms(frame["row_id"], KEY), frame["x"], strict=True))
    assert [back[each] for each in one["row_id"]] == one["x"].to_list()
    assert one["row_id"].is_sorted()
    other = pl.DataFrame({"x": [1]})
    assert pseudonymised(other, KEY) is other


def test_a_key_shows_itself_in_no_text() -> None:
    with pytest.raises(UsageError) as caught:
        find_key(environment={KEY_VARIABLE: "hunter2"})
    assert "hunter2" not in str(caught.value)
    assert KEY_VARIABLE in str(caught.value)
    assert TEXT not in repr(KEY) + str(KEY) + repr(KEY.secret.__class__)
    assert pickle.loads(pickle.dumps(KEY)) == KEY  # workers may need it


@pytest.mark.parametrize("text", ["", " ", "a" * 31, "ab" * 40])
def test_a_key_that_protects_nothing_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="key"):
        find_key(environment={KEY_VARIABLE: text})
    file = tmp_path / "key"
    file.write_text(text)
    with pytest.raises(UsageError, match="key") as caught:
        find_key(file, environment={})
    assert str(file) in str(caught.value)


def test_the_key_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(TEXT + "\n")
    assert find_key(environment={}) is None
    assert find_key(environment={KEY_VARIABLE: TEXT}) == KEY
    assert find_key(file, environment={}) == KEY
    assert find_key(file, environment={KEY_VARIABLE: TEXT}) == KEY
    with pytest.raises(UsageError, match="another"):
        find_key(file, environment={KEY_VARIABLE: OTHER})


def test_a_key_file_that_cannot_be_read_is_no_missing_key(tmp_path: Path) -> None:
    with pytest.raises(FoldGuardError, match="no such file"):
        find_key(tmp_path / "none", environment={})
    (tmp_path / "binary").write_bytes(b"\xff\xfe" * 40)
    with pytest.raises(UsageError, match="is not text"):
        find_key(tmp_path / "binary", environment={})

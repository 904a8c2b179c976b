"""Keyed pseudonyms of row ids: whoever lacks the key can neither read an id nor guess it.

A pseudonym is HMAC-SHA256 (RFC 2104, FIPS 198-1) of `PSEUDONYM`, a zero byte, and the canonical
encoding of the id (tag, word, tail: `fold_guard.identity.encoding`), cut to its first 128 bits.
Among a million ids, two share a pseudonym with probability 1.5e-27.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from fold_guard.dataset.buffers import bytes_of
from fold_guard.dataset.files import explained
from fold_guard.errors import UsageError
from fold_guard.identity.encoding import Canonical, encode

PSEUDONYM = "fold-guard/pseudonym/1"
KEY_VARIABLE = "FOLD_GUARD_KEY"
LEAST_BYTES = 32
_LEAST_DIFFERENT = 8
_HEX_DIGITS = 32
_BLOCK = hashlib.sha256().block_size
_REMEDY = 'Make one: python -c "import secrets; print(secrets.token_hex(32))".'


@dataclass(frozen=True, slots=True)
class PseudonymKey:
    """A secret key; it shows itself nowhere.

    Parameters
    ----------
    secret : bytes
        At least `LEAST_BYTES`, drawn at random: ids can be guessed, so nothing but the key
        protects them.

    Raises
    ------
    UsageError
        Too short, or a placeholder of a few characters repeated.

    Examples
    --------
    >>> PseudonymKey(b"0123456789abcdef0123456789abcdef")
    PseudonymKey()
    >>> PseudonymKey(b"secret")
    Traceback (most recent call last):
    fold_guard.errors.UsageError: the key has 6 bytes, fewer than 32. ...
    """

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) < LEAST_BYTES:
            what = f"the key has {len(self.secret)} bytes, fewer than {LEAST_BYTES}"
            raise UsageError(what, remedy=_REMEDY)
        if len(set(self.secret)) < _LEAST_DIFFERENT:
            raise UsageError("the key repeats a few characters", remedy=_REMEDY)


def find_key(
    file: Path | None = None, environment: Mapping[str, str] = os.environ
) -> PseudonymKey | None:
    """Return the key that a file or the environment holds, or None where neither does.

    The key is the text, without blanks around it, in UTF-8.

    Parameters
    ----------
    file : Path, optional
        Keep it out of version control.
    environment : mapping of str to str
        Read for `KEY_VARIABLE`.

    Raises
    ------
    UsageError
        The key is empty or unfit (pseudonyms that were asked for are never left out in silence),
        or there are two.
    FoldGuardError
        The file cannot be read.

    Examples
    --------
    >>> find_key(environment={}) is None
    True
    >>> find_key(environment={"FOLD_GUARD_KEY": ""})
    Traceback (most recent call last):
    fold_guard.errors.UsageError: FOLD_GUARD_KEY: the key has 0 bytes, fewer than 32. ...
    """
    given = environment.get(KEY_VARIABLE)
    if file is None:
        return None if given is None else _key_of(given, KEY_VARIABLE)
    try:
        kept = file.read_text(encoding="utf-8")
    except OSError as error:
        raise explained(error, file) from error
    except UnicodeDecodeError:
        raise UsageError("is not text", where=str(file), remedy=_REMEDY) from None
    if given is not None and given.strip() != kept.strip():
        raise UsageError(
            f"the key in {KEY_VARIABLE} is another one", where=str(file), remedy="Leave one out."
        )
    return _key_of(kept, str(file))


def _key_of(text: str, where: str) -> PseudonymKey:
    try:
        return PseudonymKey(text.strip().encode())
    except UsageError as error:
        raise UsageError(error.what, where=where, remedy=error.remedy) from None


def pseudonyms(ids: pl.Series, key: PseudonymKey) -> pl.Series:
    """Return the pseudonym of each id.

    Parameters
    ----------
    ids : polars.Series of Int64 or String
        As `fold_guard.identity.row_ids` gives them; 1 and "1" are two ids.
    key : PseudonymKey

    Returns
    -------
    polars.Series of String
        32 hex digits each, of the same name; null where the id is null.

    Examples
    --------
    >>> key = PseudonymKey(b"0123456789abcdef0123456789abcdef")
    >>> pseudonyms(pl.Series("row_id", ["visit 1", None]), key).to_list()
    ['5d6442ef20f5e09eeae43072884d2982', None]
    """
    padded = (
        key.secret if len(key.secret) <= _BLOCK else hashlib.sha256(key.secret).digest()
    ).ljust(_BLOCK, b"\0")
    # The two half-done hashes of HMAC are the same for every id: a million take seconds this way.
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + PSEUDONYM.encode() + b"\0")
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))
    found = []
    for message in _messages(encode(ids)):
        first, second = inner.copy(), outer.copy()
        first.update(message)
        second.update(first.digest())
        found.append(second.hexdigest()[:_HEX_DIGITS])
    names = pl.Series("value", found, dtype=pl.String)
    # By another name: a Series looks itself up by its own, and ^x$ would be a pattern.
    missing = ids.alias("id").is_null()
    return (names.set(missing, None) if missing.any() else names).alias(ids.name)


def pseudonymised(
    frame: pl.DataFrame, key: PseudonymKey | None, column: str = "row_id"
) -> pl.DataFrame:
    """Put pseudonyms in the place of a table's ids, and sort by them: the old order told the ids.

    Without a key, or without such a column, the table stays as it is.

    Examples
    --------
    >>> table = pl.DataFrame({"row_id": [1, 2], "x": ["a", "b"]})
    >>> pseudonymised(table, None) is table
    True
    """
    if key is None or column not in frame.columns:
        return frame
    hidden = frame.with_columns(pseudonyms(frame[column], key).alias(column))
    return hidden.sort(column, maintain_order=True)


def _messages(column: Canonical) -> list[bytes]:
    rows = len(column.words)
    heads = np.empty(rows, dtype=np.dtype([("tag", "u1"), ("word", "<u8")]))
    heads["tag"], heads["word"] = column.tags, column.words
    head, size = heads.tobytes(), heads.dtype.itemsize
    starts = range(0, rows * size, size)
    if column.tails is None:
        return [head[start : start + size] for start in starts]
    tails = bytes_of(column.tails)
    data, ends = tails.data.tobytes(), tails.offsets.tolist()
    return [
        head[start : start + size] + data[ends[row] : ends[row + 1]]
        for row, start in enumerate(starts)
    ]

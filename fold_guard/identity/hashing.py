"""Hashes with names: XXH64 orders rows under a seed, BLAKE2b marks rows, SHA-256 seals artefacts.

XXH64 is specified at github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md; it is not
cryptographic and decides nothing but the order in which equal candidates are dealt to folds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import xxhash

ORDER_HASH = "xxh64"
ROW_HASH = "blake2b-128"
SEAL_HASH = "sha256"

_P1, _P2, _P3, _P4, _P5 = (
    np.uint64(p)
    for p in (
        0x9E3779B185EBCA87,
        0xC2B2AE3D27D4EB4F,
        0x165667B19E3779F9,
        0x85EBCA77C2B2AE63,
        0x27D4EB2F165667C5,
    )
)


def xxh64_integers(values: npt.NDArray[np.int64], seed: int) -> npt.NDArray[np.uint64]:
    """XXH64 of each integer's eight little-endian bytes.

    Parameters
    ----------
    values : ndarray of int64, shape (n,)
    seed : int
        0 <= seed < 2**64.

    Returns
    -------
    ndarray of uint64, shape (n,)

    Examples
    --------
    >>> int(xxh64_integers(np.array([1]), seed=0)[0]) == xxhash.xxh64_intdigest(
    ...     (1).to_bytes(8, "little"), 0)
    True
    """
    with np.errstate(over="ignore"):
        lane = _rotated(values.astype(np.uint64) * _P2, 31) * _P1
        acc: npt.NDArray[np.uint64] = np.full_like(lane, np.uint64(seed) + _P5 + np.uint64(8))
        acc = _rotated(acc ^ lane, 27) * _P1 + _P4
        acc = (acc ^ (acc >> np.uint64(33))) * _P2
        acc = (acc ^ (acc >> np.uint64(29))) * _P3
    return acc ^ (acc >> np.uint64(32))


def _rotated(values: npt.NDArray[np.uint64], bits: int) -> npt.NDArray[np.uint64]:
    return (values << np.uint64(bits)) | (values >> np.uint64(64 - bits))


def xxh64_ids(ids: pl.Series, seed: int) -> npt.NDArray[np.uint64]:
    """XXH64 of each row id: eight bytes of an integer, or the UTF-8 of a text.

    Parameters
    ----------
    ids : polars.Series of Int64 or String, no nulls
    seed : int

    Returns
    -------
    ndarray of uint64, shape (n,)
    """
    if ids.dtype == pl.Int64:
        return xxh64_integers(ids.to_numpy(), seed)
    digest = xxhash.xxh64_intdigest
    return np.fromiter(
        (digest(text.encode(), seed) for text in ids), dtype=np.uint64, count=len(ids)
    )


def row_hash(text: str) -> str:
    """BLAKE2b of 128 bits, as 32 hex digits."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def sealed(chunks: Iterable[str]) -> str:
    """SHA-256 over texts one after another, as 64 hex digits."""
    seal = hashlib.sha256()
    for chunk in chunks:
        seal.update(chunk.encode())
    return seal.hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, as 64 hex digits: what ``sha256sum`` prints.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def json_digest(value: object) -> str:
    """SHA-256 of a JSON value in canonical form (sorted keys, no spaces, no NaN).

    >>> json_digest({"b": 1, "a": [1.5]}) == json_digest({"a": [1.5], "b": 1})
    True
    """
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return sealed([text])

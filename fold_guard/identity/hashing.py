"""Hashes with names: XXH64 orders rows under a seed and marks rows, SHA-256 seals artefacts.

XXH64 is specified at github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md; it is not
cryptographic. It decides the order in which equal candidates are dealt to folds, and it helps to
name the rows that changed; whether anything changed, SHA-256 decides alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import polars_hash as plh

from fold_guard.dataset.buffers import blocks

ORDER_HASH = "xxh64"
ROW_HASH = "xxh64-chain"
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


def xxh64_integers(
    values: npt.NDArray[np.int64] | npt.NDArray[np.uint64], seed: int | npt.NDArray[np.uint64]
) -> npt.NDArray[np.uint64]:
    """XXH64 of each integer's eight little-endian bytes.

    Parameters
    ----------
    values : ndarray of int64 or uint64, shape (n,)
    seed : int or ndarray of uint64, shape (n,)
        0 <= seed < 2**64; one for all, or one for each.

    Returns
    -------
    ndarray of uint64, shape (n,)

    Examples
    --------
    >>> hex(xxh64_integers(np.array([1]), seed=0)[0])
    '0x9f29cb17a2a49995'
    """
    hashes = np.empty(len(values), dtype=np.uint64)
    seeds = np.broadcast_to(np.asarray(seed, dtype=np.uint64), hashes.shape)
    for block in blocks(len(values)):
        acc = values[block].astype(np.uint64)
        spare = np.empty_like(acc)
        acc *= _P2
        _rotate(acc, 31, spare)
        acc *= _P1
        np.add(seeds[block], _P5 + np.uint64(8), out=spare)
        acc ^= spare
        _rotate(acc, 27, spare)
        acc *= _P1
        acc += _P4
        for bits, prime in ((33, _P2), (29, _P3)):
            np.right_shift(acc, np.uint64(bits), out=spare)
            acc ^= spare
            acc *= prime
        np.right_shift(acc, np.uint64(32), out=spare)
        np.bitwise_xor(acc, spare, out=hashes[block])
    return hashes


def _rotate(values: npt.NDArray[np.uint64], bits: int, spare: npt.NDArray[np.uint64]) -> None:
    np.right_shift(values, np.uint64(64 - bits), out=spare)
    values <<= np.uint64(bits)
    values |= spare


def xxh64_texts(texts: pl.Series, seed: int) -> npt.NDArray[np.uint64]:
    """XXH64 of the bytes of each value; text is UTF-8.

    Parameters
    ----------
    texts : polars.Series of String or Binary, no nulls
    seed : int

    Returns
    -------
    ndarray of uint64, shape (n,)

    Examples
    --------
    >>> hex(xxh64_texts(pl.Series(["abc"]), seed=0)[0])
    '0x44bc2cf5ad770999'
    """
    frame = texts.alias("value").to_frame()
    return frame.select(plh.col("value").nchash.xxhash64(seed=seed)).to_series().to_numpy()


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
    return xxh64_texts(ids, seed)


def sealed(chunks: Iterable[bytes | memoryview]) -> str:
    """SHA-256 over bytes one after another, as 64 hex digits."""
    seal = hashlib.sha256()
    for chunk in chunks:
        seal.update(chunk)
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
    return sealed([text.encode()])

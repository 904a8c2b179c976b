"""A played round as JSON and raw bytes, and back: nothing in a record can run."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.result import Failure, RoundFacts, Scores
from fold_guard.crossval.runs.played import Played

_KINDS = {"i": np.dtype("<i8"), "f": np.dtype("<f8")}


class Record(NamedTuple):
    """What a journal keeps of a round.

    Attributes
    ----------
    text : str
        JSON.
    predicted, probabilities : bytes
        Little-endian values, row by row; empty where there are none.
    seal : bytes
        Digest of all of these, and of the run and the round that they are of. It shows damage and
        mistakes, not forgery: whoever can write the file can seal it.
    """

    text: str
    predicted: bytes
    probabilities: bytes
    seal: bytes

    def sound(self, place: str) -> bool:
        """Whether it is what was written, and for this place."""
        return self.seal == _seal(place, self.text, self.predicted, self.probabilities)


class DamagedRecord(ValueError):
    """A record that is not what was written."""


def played_record(played: Played, place: str) -> Record:
    """Write a played round down, for a place: the run and the round."""
    forecast = played.probabilities
    head = {
        "index": played.index,
        "kind": played.predicted.dtype.kind,
        "width": None if forecast is None else forecast.shape[1],
        "train": None if played.train is None else asdict(played.train),
        "warnings": played.warnings,
        "facts": asdict(played.facts),
    }
    soft = b"" if forecast is None else _raw(forecast)
    return _record(head, _raw(played.predicted), soft, place)


def failure_record(failure: Failure, place: str) -> Record:
    """Write a failure down, for a place."""
    return _record({"failure": asdict(failure)}, b"", b"", place)


def read_record(record: Record, place: str) -> Played | Failure:
    """Return what was written down.

    Raises
    ------
    DamagedRecord
    """
    try:
        sound = record.sound(place)
    except (AttributeError, TypeError) as error:
        raise DamagedRecord(f"it is of other types ({error})") from error
    if not sound:
        raise DamagedRecord("its seal does not fit")
    head: dict[str, Any] = json.loads(record.text)
    if "failure" in head:
        return Failure(**head["failure"])
    width = head["width"]
    forecast = None
    if width is not None:
        forecast = _array(record.probabilities, "f").reshape(-1, width)
    return Played(
        index=head["index"],
        predicted=_array(record.predicted, head["kind"]),
        probabilities=forecast,
        train=None if head["train"] is None else Scores(**head["train"]),
        warnings=tuple((category, message) for category, message in head["warnings"]),
        facts=RoundFacts(**head["facts"]),
    )


def _record(head: dict[str, Any], predicted: bytes, probabilities: bytes, place: str) -> Record:
    text = json.dumps(head, separators=(",", ":"))
    return Record(text, predicted, probabilities, _seal(place, text, predicted, probabilities))


def _seal(place: str, text: str, predicted: bytes, probabilities: bytes) -> bytes:
    seal = hashlib.blake2b(digest_size=16)
    for part in (place.encode(), text.encode(), predicted, probabilities):
        seal.update(len(part).to_bytes(8, "little"))
        seal.update(part)
    return seal.digest()


def _raw(values: npt.NDArray[Any]) -> bytes:
    return values.astype(_KINDS[values.dtype.kind], copy=False).tobytes()


def _array(raw: bytes, kind: str) -> npt.NDArray[Any]:
    # A copy: what is read straight from bytes cannot be written to, unlike what was played.
    return np.frombuffer(raw, _KINDS[kind]).astype(_KINDS[kind].newbyteorder("="))

"""Read targets from params, every problem at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from fold_guard.crossval.requirements.requirement import (
    AGGREGATES,
    BOUNDS,
    FAILURE_RATE,
    STATISTICS,
    Requirement,
)
from fold_guard.crossval.result import Aggregate
from fold_guard.errors import ConfigError
from fold_guard.suggest import nearest

_KEYS = (
    "metric",
    "bound",
    "statistic",
    "min",
    "max",
    "min_rounds",
    "aggregate",
    "segment",
    "gap_between",
    "no_worse_than",
    "margin",
    "confidence",
)
# What takes no part in a target of another kind.
_EXCLUDED = {
    "no_worse_than": ("bound", "statistic", "min", "max", "segment", "gap_between"),
    "gap_between": ("statistic", "min", "min_rounds", "aggregate", "segment"),
    "segment": ("statistic", "min_rounds", "aggregate"),
    "statistic": ("bound", "aggregate"),
}
_WHY = {
    "gap_between": "segments are scored on the predictions of all rounds, and a gap has a max",
    "segment": "segments are scored on the predictions of all rounds",
    "statistic": "it is of the rounds",
    "no_worse_than": "it compares by a margin",
}
_Problems = list[tuple[str, str]]


def parse_requirements(
    items: Sequence[object], *, path: str = "require", source: str = "params.yaml"
) -> tuple[Requirement, ...]:
    """Read the ``require`` list of params.

    Each item has a ``metric`` and one of

    - ``min`` and/or ``max``, for ``bound`` (lower, estimate, upper; estimate if not given) or
      ``statistic`` (fold_sd, gap); with ``segment: {column: value}`` for some rows only, with
      ``aggregate`` (rounds, pooled) for the number that is not the reported one, with
      ``min_rounds`` to allow a metric that is undefined in some rounds;
    - ``gap_between: column`` with ``max``: how far the segments of a column may lie apart;
    - ``no_worse_than: folder``, a stored cross-validation, with ``margin`` (0 if not given) and
      ``confidence`` (that of the intervals if not given).

    The metric ``failure_rate`` takes ``max`` alone.

    Parameters
    ----------
    items : sequence
        As YAML gives them.
    path, source : str
        Of the list, for errors.

    Raises
    ------
    ConfigError
        Every problem at once, each with its dotted path.

    Examples
    --------
    >>> parse_requirements([{"metric": "recall[positive]", "bound": "lower", "min": 0.5}])[0].least
    0.5
    >>> parse_requirements([{"metric": "accuracy", "no_worse_than": "kept/cv"}])[0].margin
    0.0
    """
    problems: _Problems = []
    parsed = [_parse(item, f"{path}.{i}", problems) for i, item in enumerate(items)]
    if problems:
        raise ConfigError(problems, source=source)
    return tuple(each for each in parsed if each is not None)


def _parse(item: object, path: str, problems: _Problems) -> Requirement | None:
    if not isinstance(item, Mapping):
        problems.append((path, "must be a mapping with 'metric' and 'min' or 'max'"))
        return None
    before = len(problems)
    for key in item:
        if key not in _KEYS:
            close = nearest(str(key), _KEYS)
            hint = f", did you mean {close!r}?" if close else ""
            known = f"unknown key{hint or '; known are ' + ', '.join(_KEYS)}"
            problems.append((f"{path}.{key}", known))
    _keys_that_clash(item, path, problems)
    metric = _text(item, "metric", path, problems)
    measure = _choice(item, path, problems)
    least, most = (_number(item, key, path, problems) for key in ("min", "max"))
    _limits(item, least, most, path, problems)
    margin = _number(item, "margin", path, problems)
    if margin is not None and margin < 0:
        problems.append((f"{path}.margin", f"must not be negative, got {margin:g}"))
    confidence = _number(item, "confidence", path, problems)
    if confidence is not None and not 0.5 < confidence < 1:
        problems.append((f"{path}.confidence", f"must be between 0.5 and 1, got {confidence:g}"))
    requirement = Requirement(
        str(metric),
        measure,
        least,
        most,
        _rounds(item, path, problems),
        _aggregate(item, path, problems),
        _segment(item, path, problems),
        _text(item, "gap_between", path, problems),
        _text(item, "no_worse_than", path, problems),
        margin or 0.0,
        confidence,
    )
    return requirement if len(problems) == before else None


def _keys_that_clash(item: Mapping[str, object], path: str, problems: _Problems) -> None:
    for key, excluded in _EXCLUDED.items():
        clash = [repr(other) for other in excluded if other in item]
        if key in item and clash:
            text = f"{key!r} does not go with {', '.join(clash)}: {_WHY[key]}"
            problems.append((path, text))
            return
    if "no_worse_than" not in item:
        problems += [
            (f"{path}.{key}", "is for 'no_worse_than' only")
            for key in ("margin", "confidence")
            if key in item
        ]
    if item.get("metric") == FAILURE_RATE and set(item) - {"metric", "max"}:
        problems.append((path, f"{FAILURE_RATE} takes 'max' alone"))
    if item.get("aggregate") == "pooled" and "min_rounds" in item:
        problems.append((f"{path}.min_rounds", "is for a mean over rounds, not a pooled number"))


def _limits(
    item: Mapping[str, object],
    least: float | None,
    most: float | None,
    path: str,
    problems: _Problems,
) -> None:
    if "no_worse_than" in item:
        return
    if "gap_between" in item:
        if "max" not in item:
            problems.append((path, "needs 'max': how far the segments may lie apart"))
    elif "min" not in item and "max" not in item:
        problems.append((path, "needs 'min' or 'max', or 'no_worse_than'"))
    elif least is not None and most is not None and least > most:
        problems.append((path, f"'min' {least:g} is above 'max' {most:g}"))


def _choice(item: Mapping[str, object], path: str, problems: _Problems) -> str:
    for key, allowed in (("bound", BOUNDS), ("statistic", STATISTICS)):
        if key in item and item[key] not in allowed:
            message = f"must be one of {', '.join(allowed)}, got {item[key]!r}"
            problems.append((f"{path}.{key}", message))
    return str(item.get("statistic", item.get("bound", "estimate")))


def _aggregate(item: Mapping[str, object], path: str, problems: _Problems) -> Aggregate | None:
    if "aggregate" not in item:
        return None
    for known in AGGREGATES:
        if item["aggregate"] == known:
            return known
    message = f"must be one of {', '.join(AGGREGATES)}, got {item['aggregate']!r}"
    problems.append((f"{path}.aggregate", message))
    return None


def _segment(item: Mapping[str, object], path: str, problems: _Problems) -> tuple[str, str] | None:
    if "segment" not in item:
        return None
    given = item["segment"]
    if isinstance(given, Mapping) and len(given) == 1:
        [(column, value)] = given.items()
        if isinstance(column, str) and column and value is not None:
            # Segments are compared as text; YAML reads `yes` and `true` as a boolean.
            if isinstance(value, bool):
                text = f"is read as {value!r} by YAML: put the value in quotation marks"
                problems.append((f"{path}.segment.{column}", text))
            return column, str(value)
    message = f"must be one column and one of its values, {{column: value}}, got {given!r}"
    problems.append((f"{path}.segment", message))
    return None


def _rounds(item: Mapping[str, object], path: str, problems: _Problems) -> int | None:
    rounds = item.get("min_rounds")
    if rounds is None:
        return None
    if isinstance(rounds, bool) or not isinstance(rounds, int):
        problems.append((f"{path}.min_rounds", f"must be a whole number, got {rounds!r}"))
        return None
    if rounds < 1:
        problems.append((f"{path}.min_rounds", f"must be at least 1, got {rounds}"))
    return rounds


def _text(item: Mapping[str, object], key: str, path: str, problems: _Problems) -> str | None:
    if key not in item and key != "metric":
        return None
    value = item.get(key)
    if isinstance(value, str) and value:
        return value
    what = {
        "metric": "the name of a metric",
        "gap_between": "a column",
        "no_worse_than": "the folder of a stored cross-validation",
    }[key]
    problems.append((f"{path}.{key}", f"must be {what}, got {value!r}"))
    return None


def _number(item: Mapping[str, object], key: str, path: str, problems: _Problems) -> float | None:
    if key not in item:
        return None
    value = item[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        problems.append((f"{path}.{key}", f"must be a number, got {value!r}"))
        return None
    return float(value)

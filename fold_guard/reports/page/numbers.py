"""Numbers as a reader wants them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from fold_guard.crossval.result import MetricSummary, OverRounds, Pooled

NO_INTERVAL = " (no interval)"


def number(value: float | int | None, digits: int = 2) -> str:
    """Return a number as text; without a value the word "undefined", never NaN.

    >>> number(15524), number(0.6149), number(0.0004), number(None)
    ('15,524', '0.61', '0.0004', 'undefined')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "undefined"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if math.isinf(value):
        return "infinite" if value > 0 else "minus infinite"
    if value and abs(value) < 0.5 * 10**-digits:
        return f"{value:.2g}"
    return f"{value:,.{digits}f}"


def share(part: float, whole: float) -> str:
    """Return a percentage with one decimal.

    >>> share(24, 15524), share(0, 0)
    ('0.2%', '0%')
    """
    return f"{100 * part / whole:.1f}%" if whole else "0%"


def plural(count: int, noun: str, many: str = "") -> str:
    """Return a count with its noun.

    >>> plural(1, "row"), plural(1200, "class", "classes")
    ('1 row', '1,200 classes')
    """
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def listed(names: Sequence[str], most: int = 6) -> str:
    """Join names for a sentence; a long list is cut and says so.

    >>> listed(["a", "b", "c"]), listed(["a", "b", "c"], most=2)
    ('a, b and c', 'a, b and 1 more')
    """
    shown = list(names[:most])
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most:,} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def estimate(found: MetricSummary | Pooled | OverRounds, digits: int = 2) -> str:
    """Return a number with its interval: ``0.61 [0.55, 0.67]``."""
    value = _value(found)
    if value is None:
        return "undefined"
    if found.low is None or found.high is None:
        return f"{_sized(value, abs(value), digits)}{NO_INTERVAL}"
    largest = max(abs(found.low), abs(found.high), abs(value))
    band = f"[{_sized(found.low, largest, digits)}, {_sized(found.high, largest, digits)}]"
    return f"{_sized(value, largest, digits)} {band}"


def quoted(summary: MetricSummary) -> str:
    """Return a number with its interval, and what a reader must know who sees nothing else."""
    if summary.estimate is None:
        return undefined(summary)
    remarks = []
    if lacking := undefined_rounds(summary):
        assert summary.over_rounds is not None
        rounds = summary.over_rounds.n_rounds + lacking
        remarks.append(f"defined in {summary.over_rounds.n_rounds:,} of {rounds:,} rounds")
    if summary.note:
        remarks.append(summary.note)
    shown = estimate(summary)
    if summary.note:
        # It says that there is no interval, and why.
        shown = shown.removesuffix(NO_INTERVAL)
    return f"{shown} ({'; '.join(remarks)})" if remarks else shown


def undefined(summary: MetricSummary) -> str:
    """Return why there is no number."""
    if summary.note.startswith("undefined"):
        return summary.note
    return f"undefined ({summary.note})" if summary.note else "undefined"


def amount(value: float, digits: int = 2) -> str:
    """Return a number in the unit of the label, which may be of any size.

    >>> amount(0.00041), amount(29.228), amount(292265.1), amount(6.648e10)
    ('0.00041', '29.23', '292,265', '6.65e+10')
    """
    return _sized(value, abs(value), digits)


def undefined_rounds(summary: MetricSummary) -> int:
    """Return how many rounds are missing from a number that is a mean over rounds."""
    if summary.aggregate != "rounds" or summary.over_rounds is None:
        return 0
    return len(summary.over_rounds.undefined)


def _value(found: MetricSummary | Pooled | OverRounds) -> float | None:
    if isinstance(found, MetricSummary):
        return found.estimate
    return found.value if isinstance(found, Pooled) else found.mean


def _sized(value: float, largest: float, digits: int) -> str:
    """Decimals say nothing beside hundreds; an interval has as many as its largest end asks for."""
    if largest >= 1e9:
        return f"{value:.3g}"
    spare = 2 if largest >= 1000 else 1 if largest >= 100 else 0
    return f"{value:,.{max(0, digits - spare)}f}" if spare else number(value, digits)

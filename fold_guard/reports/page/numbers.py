"""Numbers as a reader wants them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from fold_guard.crossval.result import MetricSummary


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
        return f"{value:.1g}"
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


def estimate(summary: MetricSummary, digits: int = 2) -> str:
    """Return a mean with its interval: ``0.61 [0.55, 0.67]``."""
    if summary.mean is None:
        return "undefined"
    if summary.low is None or summary.high is None:
        return f"{number(summary.mean, digits)} (no interval)"
    band = f"[{number(summary.low, digits)}, {number(summary.high, digits)}]"
    return f"{number(summary.mean, digits)} {band}"


def quoted(summary: MetricSummary) -> str:
    """Return a mean with its interval, and what a reader must know who sees nothing else."""
    if summary.mean is None:
        return "undefined"
    remarks = []
    if summary.undefined:
        rounds = summary.n_rounds + len(summary.undefined)
        remarks.append(f"defined in {summary.n_rounds} of {rounds} rounds")
    if summary.note and summary.low is not None:
        remarks.append(summary.note)
    return f"{estimate(summary)} ({'; '.join(remarks)})" if remarks else estimate(summary)

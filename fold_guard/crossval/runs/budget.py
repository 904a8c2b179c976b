"""What a run may cost, what it will cost, and whether that is used up."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, fields

from fold_guard.errors import UsageError

_BETWEEN_LOOKS = 0.25
_FAR_BEYOND = 1.5


@dataclass(frozen=True, slots=True)
class Budget:
    """Bounds of one call; None is no bound.

    Attributes
    ----------
    seconds : float, optional
        Wall time of a call from its first round: none is begun later. A call that resumes has
        them once more.
    memory : int, optional
        Bytes that this process and its workers may hold together.
    round_seconds : float, optional
        A round that takes longer counts as a crash of its worker, which is ended. With this,
        rounds never run in this process.
    cost_per_hour : float, optional
        What an hour of the whole machine costs, for the estimate; no bound.

    Raises
    ------
    UsageError
        A value that is no positive number.
    """

    seconds: float | None = None
    memory: int | None = None
    round_seconds: float | None = None
    cost_per_hour: float | None = None

    def __post_init__(self) -> None:
        """Refuse bounds that mean nothing."""
        for each in fields(self):
            value = getattr(self, each.name)
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if value is not None and not (number and math.isfinite(value) and value > 0):
                raise UsageError(
                    f"must be a number above 0, got {value!r}", where=f"budget.{each.name}"
                )


NO_BUDGET = Budget()


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is still to come, judged by the first rounds.

    Attributes
    ----------
    seconds : float
        Wall time, as if every round took the median of those played.
    rounds_left : int
    jobs : int
        Rounds played at once.
    cost : float or None
        Of these seconds; None where nobody said what an hour costs.
    """

    seconds: float
    rounds_left: int
    jobs: int
    cost: float | None


class Meter:
    """Watches over a budget; its seconds count from when rounds are first given.

    Parameters
    ----------
    budget : Budget
    held : callable
        Returns the bytes that this process holds, and those that all it started hold.
    spent : float
        Seconds of the call that are gone already; the clock runs on from there at once.
    """

    def __init__(
        self, budget: Budget, held: Callable[[], tuple[int, int]], *, spent: float = 0.0
    ) -> None:
        self._budget = budget
        self._held = held
        self._made = time.perf_counter()
        self._begun = self._made - spent if spent else None
        self._next_look = 0.0
        self._most = 0
        self._others = 0

    def begin(self) -> None:
        """Start the clock, unless it runs: workers that take long to start use up nothing.

        Otherwise a call might end before its first round, and so might the next.
        """
        if self._begun is None:
            self._begun = time.perf_counter()

    def saw(self, own: int) -> None:
        """Take note of memory that this process held for a while, between two looks."""
        self._most = max(self._most, own + self._others)

    def used_up(self) -> str:
        """Return which bound is reached, and by how much; empty while there is none."""
        budget, now = self._budget, time.perf_counter()
        if budget.seconds is not None and self._played(now) >= budget.seconds:
            return f"budget.seconds {budget.seconds:g} is used up"
        if budget.memory is not None and self._memory(now - self._made) > budget.memory:
            return f"budget.memory {_size(budget.memory)} is used up ({_size(self._most)} held)"
        return ""

    def far_beyond(self) -> bool:
        """Return whether memory has to be given back now, whatever is at work."""
        bound = self._budget.memory
        if bound is None:
            return False
        return self._memory(time.perf_counter() - self._made) > _FAR_BEYOND * bound

    def _played(self, now: float) -> float:
        return 0.0 if self._begun is None else now - self._begun

    def _memory(self, now: float) -> int:
        if now >= self._next_look:
            self._next_look = now + _BETWEEN_LOOKS
            own, self._others = self._held()
            self.saw(own)
        return self._most


def _size(count: float) -> str:
    """Return bytes as people say them.

    >>> _size(2e9), _size(312_500_000)
    ('2.0 GB', '312 MB')
    """
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"

"""Whether an estimator is deterministic: play rounds again and compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from fold_guard.crossval.result import Concern
from fold_guard.crossval.runs.budget import NO_BUDGET, Budget, Meter
from fold_guard.crossval.runs.engine import Engine, Event, Finished, Raised
from fold_guard.crossval.runs.play import play
from fold_guard.crossval.runs.played import Played
from fold_guard.crossval.runs.running import memory_held
from fold_guard.crossval.runs.serial import SERIAL
from fold_guard.crossval.runs.work import Work

NOT_DETERMINISTIC = "not_deterministic"
NOT_RECHECKED = "not_rechecked"


@dataclass(frozen=True, slots=True)
class Rechecked:
    """What came of playing rounds again.

    Attributes
    ----------
    concerns : tuple of Concern
        ``not_deterministic``, where a round came out otherwise; ``not_rechecked``, which blocks,
        where one did not come out at all: what was not seen has not passed.
    incomplete : str
        Why rounds were not played again; empty where all were.
    """

    concerns: tuple[Concern, ...] = ()
    incomplete: str = ""


def recheck(
    work: Work,
    played: Mapping[int, Played],
    positions: Sequence[int],
    *,
    engine: Engine = SERIAL,
    isolated: bool = False,
    budget: Budget = NO_BUDGET,
    spent: float = 0.0,
) -> Rechecked:
    """Play rounds again, and say where predictions are not the same bit for bit.

    Parameters
    ----------
    work : Work
    played : mapping of int to Played
        As they came out the first time.
    positions : sequence of int
        Which of them to play again.
    engine : Engine
        Default: this process.
    isolated : bool
        Ask for a process that may die.
    budget : Budget
        No round is begun once it is used up.
    spent : float
        Seconds of it that are gone already.

    Returns
    -------
    Rechecked
    """
    events: list[Event] = []
    meter, reason = Meter(budget, memory_held, spent=spent), ""
    with engine.crew(
        partial(play, work),
        rounds=len(positions),
        isolated=isolated,
        round_seconds=budget.round_seconds,
    ) as crew:
        queue = list(positions)
        while queue or crew.busy:
            if not reason and (reason := meter.used_up()):
                queue.clear()
                crew.drop()
            elif reason and meter.far_beyond():
                crew.kill()
            while queue and crew.room():
                meter.begin()
                crew.give([queue.pop(0)])
            events.extend(crew.take())
    # A round that is at work when the budget ends is heard of; after the last, nothing is amiss.
    begun = {event.position for event in events}
    if reason and (missing := len(positions) - len(begun.intersection(positions))):
        done = f"{len(positions) - missing:,} of {len(positions):,} rounds"
        return Rechecked(incomplete=f"{done} were played again when it stopped: {reason}")
    apart: list[str] = []
    lost: dict[int, str] = {}
    seen: set[int] = set()
    for event in sorted(events, key=lambda each: -1 if each.position is None else each.position):
        if event.position is None:
            continue
        seen.add(event.position)
        first = played[event.position]
        if isinstance(event, Finished):
            apart += _differences(first, event.played)
        else:
            lost[first.index] = event.error if isinstance(event, Raised) else event.how
    for position in positions:
        if position not in seen:
            lost[played[position].index] = "it was not begun"
    concerns = []
    if apart:
        text = "With the same data and seed, " + "; ".join(apart)
        concerns.append(Concern(NOT_DETERMINISTIC, text))
    if lost:
        rounds = "; ".join(f"round {index} ({how})" for index, how in sorted(lost.items()))
        text = f"Played again to see whether it comes out the same, it failed: {rounds}"
        concerns.append(Concern(NOT_RECHECKED, text, blocking=True))
    return Rechecked(tuple(concerns))


def _differences(first: Played, second: Played) -> list[str]:
    name = f"round {first.index}"
    if (first.probabilities is None) != (second.probabilities is None):
        return [f"{name} gave probabilities one time and none the other"]
    one, other = first.probabilities, second.probabilities
    if one is not None and other is not None and one.tobytes() != other.tobytes():
        most = float(np.abs(one - other).max())
        return [f"{name} gave other probabilities the second time (by up to {most:.2g})"]
    if first.predicted.tobytes() != second.predicted.tobytes():
        count = int((first.predicted != second.predicted).sum())
        total = len(first.predicted)
        return [f"{name} gave other predictions the second time ({count:,} of {total:,})"]
    return []

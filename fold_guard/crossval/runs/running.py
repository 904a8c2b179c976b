"""Play all rounds of a work, whatever happens to some of them."""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial

import psutil

from fold_guard.crossval.result import Failure
from fold_guard.crossval.runs.budget import NO_BUDGET, Budget, Estimate, Meter
from fold_guard.crossval.runs.engine import Crew, Engine, Finished, Player
from fold_guard.crossval.runs.journal import Journal
from fold_guard.crossval.runs.ledger import Ledger
from fold_guard.crossval.runs.play import play
from fold_guard.crossval.runs.played import Played
from fold_guard.crossval.runs.serial import SERIAL
from fold_guard.crossval.runs.work import Work
from fold_guard.errors import FoldGuardError

# Of rounds played, before anything is said about the others.
_FIRST_SECONDS = 2.0
# A run in which so many rounds failed, and none was played, is not going to yield a score.
_HOPELESS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """All that was played.

    Attributes
    ----------
    played : mapping of int to Played
        By position in ``work.rounds``, ascending.
    failures : tuple of Failure
        The rounds that gave no prediction, by position.
    incomplete : str
        Why rounds are missing that neither were played nor failed; empty where none is.
    resumed : int
        Rounds that were taken from the journal.
    wall_seconds : float
        Of this call.
    notes : tuple of str
        What a user should hear of the journal.
    """

    played: Mapping[int, Played]
    failures: tuple[Failure, ...]
    incomplete: str
    resumed: int
    wall_seconds: float
    notes: tuple[str, ...] = ()


def run_rounds(
    work: Work,
    *,
    engine: Engine = SERIAL,
    journal: Journal | None = None,
    budget: Budget = NO_BUDGET,
    on_progress: Callable[[int, int], None] | None = None,
    on_estimate: Callable[[Estimate], None] | None = None,
    on_note: Callable[[str], None] | None = None,
) -> Run:
    """Play every round of a work.

    A round that raises, or whose worker dies, is a `Failure` and stops no other round. Want of
    memory or disk is tried three times; a round whose worker died is tried once more, by itself.
    What was played comes out the same whatever the engine, and however often the run was killed
    and begun again on its journal.

    Parameters
    ----------
    work : Work
    engine : Engine
        Where the rounds run; default: one after the other in this process, which a round that
        crashes takes down with it.
    journal : Journal, optional
        Keeps what was played. A run that has ended with failures tries those again when it is
        called again.
    budget : Budget
    on_progress : callable, optional
        Called with (rounds done, rounds in all) after each round.
    on_estimate : callable, optional
        Called once, after the first rounds, with what the others will take; what it raises ends
        the run.
    on_note : callable, optional
        Called before the first round with what is known of an earlier run.

    Returns
    -------
    Run

    Raises
    ------
    FoldGuardError
        The journal cannot be used, no worker can be started, or the first ten rounds fail and
        none is played.
    """
    begun = time.perf_counter()
    with journal.open() if journal is not None else nullcontext() as entries:
        ledger = Ledger(work, entries)
        course = _Course(work, ledger, engine, budget, on_progress, on_estimate)
        resumed = ledger.settled
        if resumed and on_note is not None:
            on_note(f"going on from {resumed:,} of {len(work.rounds):,} rounds")
        incomplete = course.run()
        notes = tuple(entries.notes) if entries is not None else ()
    return Run(
        played={position: ledger.played[position] for position in sorted(ledger.played)},
        failures=tuple(ledger.failures[position] for position in sorted(ledger.failures)),
        incomplete=incomplete,
        resumed=resumed,
        wall_seconds=time.perf_counter() - begun,
        notes=notes,
    )


class _Course:
    """One call: gives rounds to a crew while the budget lasts."""

    def __init__(
        self,
        work: Work,
        ledger: Ledger,
        engine: Engine,
        budget: Budget,
        on_progress: Callable[[int, int], None] | None,
        on_estimate: Callable[[Estimate], None] | None,
    ) -> None:
        self._player: Player = partial(play, work)
        self._rounds = work.rounds
        self._total = len(work.rounds)
        self._ledger = ledger
        self._engine = engine
        self._budget = budget
        self._meter = Meter(budget, memory_held)
        self._walls: list[float] = []
        self._on_progress = on_progress
        self._on_estimate = on_estimate

    def run(self) -> str:
        """Play what is open, then the suspects by themselves; return why rounds are missing."""
        reason = ""
        if rounds := self._ledger.open_positions():
            with self._crew(len(rounds)) as crew:
                reason = self._drive(crew, rounds)
        if self._ledger.suspects and not reason:
            with self._crew(1, isolated=True) as crew:
                reason = self._quarantine(crew)
        missing = self._total - self._ledger.settled
        if not missing:
            return ""
        return f"stopped after {self._ledger.settled:,} of {self._total:,} rounds: {reason}"

    def _crew(self, rounds: int, *, isolated: bool = False) -> AbstractContextManager[Crew]:
        return self._engine.crew(
            self._player,
            rounds=rounds,
            isolated=isolated,
            round_seconds=self._budget.round_seconds,
        )

    def _quarantine(self, crew: Crew) -> str:
        reason = ""
        while self._ledger.suspects and not reason:
            reason = self._drive(crew, [self._ledger.suspects.pop(0)])
        return reason

    def _drive(self, crew: Crew, positions: Sequence[int]) -> str:
        """Give rounds and book events until all is done; return why not all was given."""
        queue, reason = deque(positions), ""
        while queue or crew.busy:
            self._require_hope()
            if not reason and (reason := self._meter.used_up()):
                queue.clear()
                crew.drop()
            elif reason and self._meter.far_beyond():
                crew.kill()
            self._fill(crew, queue)
            for event in crew.take():
                again = self._ledger.book(event)
                if not reason:
                    queue.extendleft(reversed(again))
                if isinstance(event, Finished):
                    self._note_cost(crew, event.played)
                self._tell(crew)
        return reason

    def _fill(self, crew: Crew, queue: deque[int]) -> None:
        while queue and (room := crew.room()):
            # Towards the end the batches get small, so that no worker is idle for long.
            share = max(1, len(queue) // (2 * crew.size))
            batch = [queue.popleft() for _ in range(min(room, share))]
            if not crew.isolated:
                self._ledger.begin(batch[0])
            self._meter.begin()
            crew.give(batch)

    def _require_hope(self) -> None:
        if self._ledger.played or len(troubles := self._ledger.troubles()) < _HOPELESS:
            return
        position = min(troubles)
        raise FoldGuardError(
            f"{troubles[position]}. None of the first {len(troubles)} rounds gave a prediction",
            where=f"round {self._rounds[position].index}",
            remedy="Mend the estimator, its columns or the folds",
        )

    def _note_cost(self, crew: Crew, played: Played) -> None:
        self._walls.append(played.facts.wall_seconds)
        if not crew.isolated:
            self._meter.saw(played.facts.peak_memory)

    def _tell(self, crew: Crew) -> None:
        if self._on_progress is not None:
            self._on_progress(self._ledger.settled, self._total)
        left = self._total - self._ledger.settled
        # The first round of each worker imports what fits import: it must not be the median.
        enough = len(self._walls) > 2 * crew.size or sum(self._walls) >= _FIRST_SECONDS
        if self._on_estimate is None or not enough or not left:
            return
        jobs = min(crew.size, left)
        seconds = statistics.median(self._walls) * left / jobs
        hourly = self._budget.cost_per_hour
        cost = None if hourly is None else seconds / 3600 * hourly
        tell, self._on_estimate = self._on_estimate, None
        tell(Estimate(seconds, left, jobs, cost))


def memory_held() -> tuple[int, int]:
    """Return the bytes that this process holds, and those that all it started hold."""
    here = psutil.Process()
    others = 0
    for process in here.children(recursive=True):
        with suppress(psutil.Error):
            others += process.memory_info().rss
    return here.memory_info().rss, others

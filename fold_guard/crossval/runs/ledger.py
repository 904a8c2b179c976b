"""What became of each round so far, and which are worth another try."""

from __future__ import annotations

from typing import Literal

from fold_guard.crossval.result import Failure
from fold_guard.crossval.runs.engine import Died, Event, Finished, Raised
from fold_guard.crossval.runs.journal import Entries
from fold_guard.crossval.runs.played import Played
from fold_guard.crossval.runs.work import Work

TRIES = 3
"""Of a round that fails for want of memory or disk."""
DEATHS = 2
"""Of the process that plays a round: with the others, and by itself."""


class Ledger:
    """Books the events of a run, in the journal as well if there is one.

    A round that kills its worker is a suspect: it is played again by itself once all others are
    through, and given up when its worker dies again.

    Parameters
    ----------
    work : Work
    entries : Entries, optional

    Attributes
    ----------
    played : dict of int to Played
    failures : dict of int to Failure
    suspects : list of int
        Positions that are to be played by themselves.
    """

    def __init__(self, work: Work, entries: Entries | None = None) -> None:
        self.played: dict[int, Played] = {}
        self.failures: dict[int, Failure] = {}
        self.suspects: list[int] = []
        self._rounds = work.rounds
        self._entries = entries
        self._tries: dict[int, int] = {}
        self._deaths: dict[int, int] = {}
        self._how: dict[int, str] = {}
        if entries is not None:
            self._take_over(entries)

    def _take_over(self, entries: Entries) -> None:
        ended = len(entries.played) + len(entries.failures) == len(self._rounds)
        if ended or not entries.played:
            # Whoever calls again after a run has ended with failures has mended something.
            entries.forget_failures()
        known = range(len(self._rounds))
        self.played.update({at: each for at, each in entries.played.items() if at in known})
        self.failures.update({at: each for at, each in entries.failures.items() if at in known})
        self._deaths.update({at: count for at, count in entries.deaths.items() if at in known})
        for position in sorted(self._deaths):
            if position not in self.played and position not in self.failures:
                self._suspect(position, "the process died")

    @property
    def settled(self) -> int:
        """How many rounds were played or given up."""
        return len(self.played) + len(self.failures)

    def troubles(self) -> dict[int, str]:
        """Return what went wrong with the rounds that failed, or are suspects, by position."""
        suspects = {position: self._how[position] for position in self.suspects}
        return {**suspects, **{at: each.error for at, each in self.failures.items()}}

    def open_positions(self) -> list[int]:
        """Return the rounds that nothing is known of."""
        suspects = set(self.suspects)
        return [
            position
            for position in range(len(self._rounds))
            if position not in self.played
            and position not in self.failures
            and position not in suspects
        ]

    def begin(self, position: int) -> None:
        """Note that this very process plays a round now."""
        if self._entries is not None:
            self._entries.begin(position)

    def book(self, event: Event) -> tuple[int, ...]:
        """Take note of an event; return the rounds that are to be given out again."""
        if isinstance(event, Finished):
            self.played[event.position] = event.played
            if self._entries is not None:
                self._entries.finish(event.position, event.played)
            return ()
        if isinstance(event, Raised):
            tries = self._tries[event.position] = self._tries.get(event.position, 0) + 1
            if event.passing and tries < TRIES:
                return (event.position,)
            self._give_up(event.position, "exception", event.error, tries)
            return ()
        if event.position is not None:
            self._died(event)
        return event.unbegun

    def _died(self, event: Died) -> None:
        assert event.position is not None
        deaths = self._deaths[event.position] = self._deaths.get(event.position, 0) + 1
        if self._entries is not None:
            self._entries.died(event.position, deaths)
        self._suspect(event.position, event.how)

    def _suspect(self, position: int, how: str) -> None:
        deaths = self._deaths[position]
        self._how[position] = how
        if deaths < DEATHS:
            self.suspects.append(position)
        else:
            self._give_up(position, "crash", how, deaths)

    def _give_up(
        self, position: int, kind: Literal["exception", "crash"], error: str, attempts: int
    ) -> None:
        failure = Failure(self._rounds[position].index, kind, error, attempts)
        self.failures[position] = failure
        if self._entries is not None:
            self._entries.fail(position, failure)

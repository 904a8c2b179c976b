"""Rounds in this process, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from fold_guard.crossval.estimators.seeding import globals_kept
from fold_guard.crossval.runs.engine import Event, Player
from fold_guard.crossval.runs.faults import attempt
from fold_guard.crossval.runs.threads import OneThread
from fold_guard.errors import UsageError


class SerialCrew:
    """A crew of one: this process.

    Parameters
    ----------
    player : callable int -> Played
    threads : OneThread
    """

    size = 1
    isolated = False

    def __init__(self, player: Player, threads: OneThread) -> None:
        self._player = player
        self._threads: OneThread | None = threads
        self._given: list[int] = []

    @property
    def busy(self) -> bool:
        """Whether a round is still to be played."""
        return bool(self._given)

    def room(self) -> int:
        """Return 1 when there is nothing to play."""
        return 0 if self._given else 1

    def give(self, positions: Sequence[int]) -> None:
        """Take rounds; they are played when they are taken back."""
        self._given.extend(positions)

    def take(self) -> Sequence[Event]:
        """Play a round."""
        if not self._given:
            return ()
        event = attempt(self._player, self._given.pop(0))
        if self._threads is not None:
            # The first fit imports whatever fits import.
            self._threads.hold()
            self._threads = None
        return (event,)

    def drop(self) -> None:
        """Forget what was given."""
        self._given.clear()

    kill = drop


class SerialEngine:
    """Runs rounds in this process; one that crashes takes it down."""

    @contextmanager
    def crew(
        self,
        player: Player,
        *,
        rounds: int,
        isolated: bool = False,
        round_seconds: float | None = None,
    ) -> Iterator[SerialCrew]:
        """Open a crew of one; it is never isolated.

        Raises
        ------
        UsageError
            A time limit: nobody could end the round.
        """
        if round_seconds is not None:
            raise UsageError(
                "a round in this process cannot be ended from outside",
                where="budget.round_seconds",
                remedy="Use an engine with processes: fold_guard.engines.local.LocalEngine",
            )
        with globals_kept(), OneThread() as threads:
            yield SerialCrew(player, threads)


SERIAL = SerialEngine()

"""What runs ask of the place where they run; `fold_guard.engines` has such places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from fold_guard.crossval.runs.played import Played

Player = Callable[[int], Played]


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """A round was played."""

    position: int
    played: Played


@dataclass(frozen=True, slots=True)
class Raised:
    """A round raised.

    Attributes
    ----------
    position : int
    error : str
        Type and text.
    passing : bool
        Whether it may be gone when the round is played again: no memory, no disk.
    """

    position: int
    error: str
    passing: bool


@dataclass(frozen=True, slots=True)
class Died:
    """A worker died.

    Attributes
    ----------
    position : int or None
        The round that it was playing.
    how : str
    unbegun : tuple of int
        Rounds that it was given and had not begun.
    """

    position: int | None
    how: str
    unbegun: tuple[int, ...] = ()


Event = Finished | Raised | Died


class Crew(Protocol):
    """The workers of one run."""

    @property
    def size(self) -> int:
        """How many rounds are played at once."""

    @property
    def isolated(self) -> bool:
        """Whether this process outlives a round that crashes."""

    @property
    def busy(self) -> bool:
        """Whether rounds were given of which nothing was heard yet."""

    def room(self) -> int:
        """Return how many rounds may be given in one batch now; 0: no worker needs any."""

    def give(self, positions: Sequence[int]) -> None:
        """Have one worker play a batch of rounds, one after the other."""

    def take(self) -> Sequence[Event]:
        """Wait for events, a fraction of a second at most where rounds run elsewhere.

        Raises
        ------
        FoldGuardError
            No worker can be had.
        """

    def drop(self) -> None:
        """Forget the rounds that were given and are not begun."""

    def kill(self) -> None:
        """End the workers, whatever they are at; nothing more is heard of their rounds."""


class Engine(Protocol):
    """A place where rounds run."""

    def crew(
        self,
        player: Player,
        *,
        rounds: int,
        isolated: bool = False,
        round_seconds: float | None = None,
    ) -> AbstractContextManager[Crew]:
        """Open a crew, closed at the end of the block.

        Parameters
        ----------
        player : callable int -> Played
            Sent to each worker once.
        rounds : int
            No more workers than these are needed.
        isolated : bool
            Ask for workers whose death this process outlives; an engine may have none.
        round_seconds : float, optional
            A worker that plays one round for longer is ended.

        Raises
        ------
        UsageError
            The engine cannot do it, or the player cannot be sent.
        """

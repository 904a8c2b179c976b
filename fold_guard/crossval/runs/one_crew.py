"""One crew for all parts of a run: to start workers costs more than many a round."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from fold_guard.crossval.runs.engine import Crew, Engine, Player


@contextmanager
def one_crew(engine: Engine) -> Iterator[Engine]:
    """Yield an engine that opens a crew once and lends it to whoever asks, until the block ends.

    Parameters
    ----------
    engine : Engine
        Whoever asks has to play the same work.

    Examples
    --------
    >>> from fold_guard.crossval.runs.serial import SERIAL
    >>> with one_crew(SERIAL) as engine:
    ...     with engine.crew(abs, rounds=2) as crew:
    ...         pass
    ...     with engine.crew(abs, rounds=1) as again:
    ...         print(again is crew)
    True
    """
    with ExitStack() as crews:
        yield _Lender(engine, crews)


class _Lender:
    def __init__(self, engine: Engine, crews: ExitStack) -> None:
        self._engine = engine
        self._crews = crews
        self._free: Crew | None = None

    @contextmanager
    def crew(
        self,
        player: Player,
        *,
        rounds: int,
        isolated: bool = False,
        round_seconds: float | None = None,
    ) -> Iterator[Crew]:
        crew = self._free
        if crew is None or (isolated and not crew.isolated):
            opened = self._engine.crew(
                player, rounds=rounds, isolated=isolated, round_seconds=round_seconds
            )
            crew = self._crews.enter_context(opened)
        self._free = None
        yield crew
        # One that was not given back in order is not lent again.
        self._free = crew

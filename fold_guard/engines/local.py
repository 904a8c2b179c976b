"""Work on this machine: in this process, or in several."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fold_guard.crossval.runs.engine import Crew, Player
from fold_guard.crossval.runs.serial import SERIAL
from fold_guard.errors import UsageError

_log = logging.getLogger("fold_guard")


@dataclass(frozen=True, slots=True)
class LocalEngine:
    """Plays rounds on this machine; implements `fold_guard.crossval.runs.engine.Engine`.

    Parameters
    ----------
    n_jobs : int
        More than 1 starts that many processes; -1 means one per core.
    isolated : bool
        Whether 1 means a process beside this one, too, which outlives what it fits. Otherwise
        it means this process, but for rounds that are suspected to crash it and where rounds have
        a time limit.

    Raises
    ------
    UsageError
        ``n_jobs`` is neither -1 nor a whole number of at least 1.

    Examples
    --------
    >>> engine = LocalEngine()
    >>> with engine.crew(abs, rounds=2) as crew:
    ...     crew.isolated
    False
    """

    n_jobs: int = 1
    isolated: bool = False

    def __post_init__(self) -> None:
        """Refuse a number of jobs that means nothing."""
        if type(self.n_jobs) is not int or (self.n_jobs < 1 and self.n_jobs != -1):
            raise UsageError(
                f"must be -1 or a whole number of at least 1, got {self.n_jobs!r}", where="n_jobs"
            )

    @contextmanager
    def crew(
        self,
        player: Player,
        *,
        rounds: int,
        isolated: bool = False,
        round_seconds: float | None = None,
    ) -> Iterator[Crew]:
        """Open a crew; see `fold_guard.crossval.runs.engine.Engine`.

        Raises
        ------
        UsageError
            Processes are needed, and the estimator cannot be pickled.
        """
        from joblib import cpu_count

        jobs = cpu_count() if self.n_jobs == -1 else self.n_jobs
        needed = jobs > 1 or round_seconds is not None
        wanted = needed or isolated or self.isolated
        payload = self._payload(player, needed=needed) if wanted else None
        if payload is None:
            with SERIAL.crew(player, rounds=rounds) as here:
                yield here
            return
        from fold_guard.engines.processes import ProcessCrew

        crew = ProcessCrew(payload, min(jobs, rounds), round_seconds)
        try:
            yield crew
            crew.close()
        finally:
            crew.kill()

    def _payload(self, player: Player, *, needed: bool) -> bytes | None:
        # By value where a module cannot be imported: scripts, notebooks.
        from joblib.externals.loky.backend.reduction import dumps

        try:
            return bytes(dumps(player))
        except Exception as error:
            text = f"the estimator cannot be sent to a process ({type(error).__name__}: {error})"
            if needed:
                raise UsageError(text, where="n_jobs", remedy="Run with n_jobs=1") from error
            _log.warning("%s: it is fitted in this one, which a crash would end", text)
            return None

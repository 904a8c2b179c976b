"""A crew of worker processes, any of which may die without harm to the others."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any

import psutil

from fold_guard.crossval.runs.engine import Died, Event, Finished, Raised
from fold_guard.engines.worker import DROP, DROPPED, READY, STOP, UP, Unfit, serve
from fold_guard.errors import FoldGuardError

# A worker has work for so long before it, that it never waits for the next batch.
_BATCH_SECONDS = 0.1
_LARGEST_BATCH = 100
_LONGEST_WAIT = 0.25
_STILLBORN = 3
_GOODBYE = 2.0
_THREADS = ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB", "NUMBA", "NUMEXPR")
_VECLIB = {"VECLIB": "VECLIB_MAXIMUM_THREADS"}


class ProcessCrew:
    """Workers in processes of their own, each with one pipe, so that it is known which does what.

    Parameters
    ----------
    payload : bytes
        The pickled player.
    size : int
    round_seconds : float, optional
    """

    isolated = True

    def __init__(self, payload: bytes, size: int, round_seconds: float | None) -> None:
        self.size = size
        self._payload = payload
        self._round_seconds = round_seconds
        self._workers: list[_Worker] = []
        self._stillborn = 0
        self._mean = 0.0

    @property
    def busy(self) -> bool:
        """Whether a worker has rounds of which nothing was heard yet."""
        return any(worker.given for worker in self._workers)

    def room(self) -> int:
        """Return how many rounds the worker with the fewest may be given."""
        while len(self._workers) < self.size:
            self._workers.append(_Worker())
        worker = self._freest()
        if worker is None:
            return 0
        depth = self._depth()
        return depth - len(worker.given) if len(worker.given) <= depth // 2 else 0

    def give(self, positions: Sequence[int]) -> None:
        """Send a batch to the worker with the fewest rounds."""
        worker = self._freest()
        assert worker is not None
        worker.give(positions)

    def take(self) -> Sequence[Event]:
        """Wait a moment for events.

        Raises
        ------
        FoldGuardError
            Workers die when they start, or cannot take up the work.
        """
        ends: list[Any] = [worker.connection for worker in self._workers]
        ends += [worker.process.sentinel for worker in self._workers]
        ready = wait(ends, self._patience())
        events: list[Event] = []
        for worker in list(self._workers):
            said = worker.heard(ready=worker.connection in ready)
            if isinstance(said, Finished | Raised):
                self._learn(said)
                events.append(said)
            elif said == UP:
                worker.send_bytes(self._payload)
            elif said == READY:
                self._stillborn = 0
            elif isinstance(said, Unfit):
                raise FoldGuardError(
                    f"a worker process cannot take up the work ({said.error})",
                    where="n_jobs",
                    remedy="Run with n_jobs=1, or put the estimator in a module that can be "
                    "imported",
                )
            self._end_if_late(worker)
            if worker.gone:
                self._workers.remove(worker)
                events.append(self._buried(worker))
        return events

    def drop(self) -> None:
        """Have the workers forget what they have not begun."""
        for worker in self._workers:
            worker.drop()

    def kill(self) -> None:
        """End all workers at once."""
        while self._workers:
            self._workers.pop().kill()

    def close(self) -> None:
        """Have the workers stop, and end those that do not."""
        for worker in self._workers:
            worker.dismiss()
        until = time.perf_counter() + _GOODBYE
        for worker in self._workers:
            worker.process.join(max(0.0, until - time.perf_counter()))
        # Those that stopped by themselves have left what their fits had started.
        self.kill()

    def _freest(self) -> _Worker | None:
        ready = [worker for worker in self._workers if worker.ready]
        return min(ready, key=lambda worker: len(worker.given), default=None)

    def _depth(self) -> int:
        if not self._mean:
            return 1
        return min(max(1, int(_BATCH_SECONDS / self._mean)), _LARGEST_BATCH)

    def _learn(self, event: Finished | Raised) -> None:
        if isinstance(event, Finished):
            seconds = max(event.played.facts.wall_seconds, 1e-6)
            # The first is slow: it imports what fits import.
            self._mean = seconds if not self._mean else 0.8 * self._mean + 0.2 * seconds

    def _patience(self) -> float:
        if self._round_seconds is None:
            return _LONGEST_WAIT
        late = [each.begun + self._round_seconds for each in self._workers if each.given]
        left = min(late, default=float("inf")) - time.perf_counter()
        return min(_LONGEST_WAIT, max(0.0, left))

    def _end_if_late(self, worker: _Worker) -> None:
        limit = self._round_seconds
        if limit is not None and worker.given and time.perf_counter() - worker.begun > limit:
            worker.kill()
            worker.how = f"it took longer than budget.round_seconds ({limit:g} s)"

    def _buried(self, worker: _Worker) -> Died:
        worker.kill()
        if not worker.ready:
            self._stillborn += 1
            if self._stillborn >= _STILLBORN:
                raise FoldGuardError(
                    f"worker processes do not start: {worker.how}",
                    where="n_jobs",
                    remedy="Run with n_jobs=1",
                )
        first, *others = worker.given or (None,)
        return Died(first, worker.how, tuple(each for each in others if each is not None))


class _Worker:
    """One process, seen from outside.

    Attributes
    ----------
    given : deque of int
        Rounds that it has; the first is the one at work.
    begun : float
        When that one was begun at the latest.
    ready, gone : bool
    how : str
        How it came to its end.
    """

    def __init__(self) -> None:
        self.given: deque[int] = deque()
        self.begun = 0.0
        self.ready = False
        self.gone = False
        self.how = ""
        ours: Connection[object, object]
        ours, theirs = multiprocessing.Pipe()
        self.connection = ours
        self.process = started(theirs)
        theirs.close()
        self._handle = psutil.Process(self.process.pid)

    def heard(self, *, ready: bool) -> object:
        """Return the next thing that it said, where its end of the pipe is ready; else None."""
        said: object = None
        if ready:
            try:
                said = self.connection.recv()
            except (EOFError, OSError):
                self.gone = True
        # A process that it started may hold the pipe open beyond its death.
        elif self.process.exitcode is not None:
            self.gone = True
        if self.gone:
            self.process.join(_GOODBYE)
            self.how = self.how or _how(self.process.exitcode)
        self._note(said)
        return said

    def give(self, positions: Sequence[int]) -> None:
        """Send rounds."""
        if not self.given:
            self.begun = time.perf_counter()
        self.given.extend(positions)
        self._send(list(positions))

    def send_bytes(self, payload: bytes) -> None:
        """Send the player."""
        # A worker that is gone is noticed when it is listened to.
        with suppress(OSError):
            self.connection.send_bytes(payload)

    def drop(self) -> None:
        """Have it forget what it has not begun."""
        self._send(DROP)

    def dismiss(self) -> None:
        """Have it stop after the round at work."""
        self._send(STOP)
        self.connection.close()

    def kill(self) -> None:
        """End it now."""
        self.gone = True
        with suppress(psutil.Error):
            # Of what it has started, that may have left the group.
            for child in self._handle.children(recursive=True):
                with suppress(psutil.Error):
                    child.kill()
            self._handle.kill()
        # The group outlives the worker where anything of it does.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._handle.pid, signal.SIGKILL)
        self.process.join(_GOODBYE)
        self.connection.close()

    def _send(self, message: object) -> None:
        with suppress(OSError):
            self.connection.send(message)

    def _note(self, said: object) -> None:
        if isinstance(said, Finished | Raised):
            self.given.popleft()
            self.begun = time.perf_counter()
        elif said == READY:
            self.ready = True
        elif said == DROPPED:
            self.given.clear()


def started(theirs: Connection[object, object]) -> Any:
    """Start a process that serves at this end of a pipe."""
    from joblib.externals.loky.backend import get_context

    # Unlike those of the standard library, it starts without a look at the main module: a script
    # needs no guard, and an estimator that is defined in it is sent by value.
    process = get_context("loky").Process(target=serve, args=(theirs,), env=_environment())
    process.start()
    return process


def _environment() -> dict[str, str]:
    """Return what libraries read when they are loaded: one thread, and sets in one order."""
    threads = {_VECLIB.get(name, f"{name}_NUM_THREADS"): "1" for name in _THREADS}
    return {**threads, "PYTHONHASHSEED": os.environ.get("PYTHONHASHSEED", "0")}


def _how(exitcode: int | None) -> str:
    if exitcode is None:
        return "its process does not answer"
    if exitcode >= 0:
        return f"its process ended with exit code {exitcode}"
    name = signal.Signals(-exitcode).name
    hint = " (often: the machine has no memory left)" if name == "SIGKILL" else ""
    return f"its process died of {name}{hint}"

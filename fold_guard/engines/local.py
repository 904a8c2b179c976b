"""Work on this machine: in this process, or in several with joblib."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from fold_guard.errors import FoldGuardError, UsageError

Item = TypeVar("Item")
Value = TypeVar("Value")

_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class LocalEngine:
    """Runs a function over items and returns the values in the order of the items.

    Parameters
    ----------
    n_jobs : int
        1 works in this process; more starts that many processes; -1 means one per core.

    Raises
    ------
    UsageError
        ``n_jobs`` is neither -1 nor a whole number of at least 1.

    Examples
    --------
    >>> LocalEngine().map(abs, [-2, 1])
    [2, 1]
    """

    n_jobs: int = 1

    def __post_init__(self) -> None:
        """Refuse a number of jobs that means nothing."""
        if type(self.n_jobs) is not int or (self.n_jobs < 1 and self.n_jobs != -1):
            raise UsageError(
                f"must be -1 or a whole number of at least 1, got {self.n_jobs!r}", where="n_jobs"
            )

    def map(
        self,
        function: Callable[[Item], Value],
        items: Sequence[Item],
        on_progress: Callable[[int, int], None] | None = None,
    ) -> list[Value]:
        """Apply ``function`` to each item.

        Parameters
        ----------
        function : callable
            With ``n_jobs`` other than 1 it must be picklable or defined at module level.
        items : sequence
            ``str(item)`` names the item in errors.
        on_progress : callable, optional
            Called with (done, total) after each item.

        Returns
        -------
        list
            One value an item, in the order of ``items``.

        Raises
        ------
        FoldGuardError
            The function raised, or a worker process died. Errors of fold_guard pass unchanged.
        """
        work = self._in_process if self.n_jobs == 1 else self._in_processes
        values: dict[int, Value] = {}
        for position, value in work(function, items):
            values[position] = value
            if on_progress is not None:
                on_progress(len(values), len(items))
        return [values[position] for position in range(len(items))]

    def _in_process(
        self, function: Callable[[Item], Value], items: Sequence[Item]
    ) -> Iterator[tuple[int, Value]]:
        for position, item in enumerate(items):
            yield _call(function, position, item)

    def _in_processes(
        self, function: Callable[[Item], Value], items: Sequence[Item]
    ) -> Iterator[tuple[int, Value]]:
        from joblib import Parallel, cpu_count, delayed
        from joblib.externals.loky.process_executor import BrokenProcessPool

        jobs = cpu_count() if self.n_jobs == -1 else self.n_jobs
        running: set[int] = set()

        def tasks() -> Iterator[object]:
            for position, item in enumerate(items):
                running.add(position)
                yield delayed(_call)(function, position, item)

        # One item at a time and nothing queued ahead: what is in `running` is what was at work
        # when a process dies, so the message can name it.
        parallel = Parallel(
            n_jobs=jobs, batch_size=1, pre_dispatch=jobs, return_as="generator_unordered"
        )
        try:
            for position, value in parallel(tasks()):
                running.discard(position)
                yield position, value
        except BrokenProcessPool as broken:
            names = ", ".join(_name(items[position]) for position in sorted(running))
            raise FoldGuardError(
                "a worker process died (out of memory, or a crash in native code)",
                where=f"one of: {names}" if len(running) > 1 else names,
                remedy="Run with n_jobs=1 to see the crash itself, or give the work more memory",
            ) from broken


def _call(function: Callable[[Item], Value], position: int, item: Item) -> tuple[int, Value]:
    try:
        return position, function(item)
    except FoldGuardError:
        raise
    except Exception as error:
        raise FoldGuardError(f"{type(error).__name__}: {error}", where=_name(item)) from error


def _name(item: object) -> str:
    text = str(item)
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 3] + "..."

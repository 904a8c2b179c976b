"""Native thread pools, held to one thread: sums are then added up in the same order everywhere."""

from __future__ import annotations

from contextlib import ExitStack


class OneThread(ExitStack):
    """Within the block, BLAS and OpenMP use one thread each.

    It costs milliseconds, so it is done once a run and not once a round.

    Examples
    --------
    >>> from threadpoolctl import threadpool_info
    >>> import numpy as np
    >>> with OneThread():
    ...     {each["num_threads"] for each in threadpool_info()}
    {1}
    """

    def __enter__(self) -> OneThread:
        """Hold the libraries that are loaded."""
        super().__enter__()
        self.hold()
        return self

    def hold(self) -> None:
        """Hold those, too, that were loaded since: estimators import when they fit."""
        from threadpoolctl import threadpool_limits

        self.enter_context(threadpool_limits(limits=1))

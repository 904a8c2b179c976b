"""The most memory that this process held for a while."""

from __future__ import annotations

import re
from pathlib import Path

_RESET = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")
_PEAK = re.compile(rb"VmHWM:\s+(\d+)")


class PeakMemory:
    """Watches from when it is made.

    Linux keeps the peak of a process and sets it back on request (proc(5), ``clear_refs``): it is
    exact there, and the peak that other code reads of this process starts anew as well. Elsewhere
    it is what the process holds when it is asked.

    Examples
    --------
    >>> memory = PeakMemory()
    >>> held = bytearray(50_000_000)
    >>> memory.most() > 50_000_000
    True
    """

    __slots__ = ("_exact",)

    def __init__(self) -> None:
        try:
            _RESET.write_bytes(b"5")
        except OSError:
            self._exact = False
        else:
            self._exact = True

    def most(self) -> int:
        """Return bytes: resident memory at its highest since this was made."""
        if self._exact:
            found = _PEAK.search(_STATUS.read_bytes())
            if found is not None:
                return int(found[1]) * 1024
        import psutil

        return int(psutil.Process().memory_info().rss)

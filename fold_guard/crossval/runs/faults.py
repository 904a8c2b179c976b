"""What went wrong in a round, as a value."""

from __future__ import annotations

import logging
import re
from concurrent.futures import BrokenExecutor

from fold_guard.crossval.runs.engine import Finished, Player, Raised
from fold_guard.crossval.runs.play import without_addresses
from fold_guard.errors import FoldGuardError

LEFT_OUT = "its text may quote rows, and is left out where a key is set"
_LONGEST = 2000
_PASSING = (MemoryError, OSError, BrokenExecutor)
_FOREIGN = re.compile(r"([A-Za-z_]\w*): .", re.DOTALL)

_log = logging.getLogger("fold_guard")


def attempt(player: Player, position: int) -> Finished | Raised:
    """Play a round; whatever it raises is a value, but for an interrupt of the whole run.

    >>> attempt(lambda position: 1 / position, 0)
    Raised(position=0, error='ZeroDivisionError: division by zero', passing=False)
    """
    try:
        return Finished(position, player(position))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # The text is all that reports show; who looks for the cause wants to see where it was.
        _log.debug("position %s failed", position, exc_info=True)
        return Raised(position, described(error), _passing(error))


def described(error: BaseException) -> str:
    """Return type and text of what was raised; of our own errors, what they say.

    >>> described(FoldGuardError("no classes_", where="round 1", remedy="Mend it"))
    'no classes_. Mend it'
    """
    first = error.__cause__ if isinstance(error, FoldGuardError) and error.__cause__ else error
    if isinstance(first, FoldGuardError):
        text = f"{first.what}. {first.remedy}" if first.remedy else first.what
    else:
        text = f"{type(first).__name__}: {first}"
    return without_addresses(text)[:_LONGEST]


def unquoted(error: str) -> str:
    """Return the type of what was raised without its text, which may quote a row or its id.

    Parameters
    ----------
    error : str
        As `described` gives it; what fold_guard says itself stays as it is.

    Examples
    --------
    >>> unquoted("ValueError: could not convert string to float: 'P00123'")
    'ValueError (its text may quote rows, and is left out where a key is set)'
    >>> unquoted("the process was ended by SIGKILL")
    'the process was ended by SIGKILL'
    """
    found = _FOREIGN.match(error)
    if found is None:
        return error
    return f"{found[1]} ({LEFT_OUT})"


def _passing(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, _PASSING):
            return True
        error = error.__cause__
    return False

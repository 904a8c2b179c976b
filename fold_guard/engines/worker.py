"""What a worker process does: take the work once, then play what it is told to."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from queue import Empty, SimpleQueue
from typing import TypeAlias

from fold_guard.crossval.runs.engine import Finished, Player, Raised
from fold_guard.crossval.runs.faults import attempt, described
from fold_guard.crossval.runs.threads import OneThread

Pipe: TypeAlias = "Connection[object, object]"

STOP, DROP = "stop", "drop"
UP, READY, DROPPED = "up", "ready", "dropped"


@dataclass(frozen=True, slots=True)
class Unfit:
    """The work could not be taken up in the worker."""

    error: str


def serve(connection: Pipe) -> None:
    """Play rounds until told to stop, or until whoever asked is gone.

    To the worker: first the pickled player as bytes, then lists of positions, ``DROP`` (forget
    what is not begun) or ``STOP``. From it: ``UP`` when it listens, ``READY`` when it has the
    player, an event for each round, ``DROPPED``.

    Parameters
    ----------
    connection : Connection
    """
    # Whatever a fit starts belongs to this group, and ends with it.
    with suppress(OSError):
        os.setsid()
    # An interrupt goes to all processes of a terminal; who is in charge ends the others in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Standard output belongs to the report, whatever an estimator prints, compiled code included.
    sys.stdout = sys.stderr
    with suppress(OSError):
        os.dup2(2, 1)
    inbox: SimpleQueue[object] = SimpleQueue()
    threading.Thread(target=_receive, args=(connection, inbox), daemon=True).start()
    # Whoever is in charge may be gone at any time.
    with suppress(OSError):
        connection.send(UP)
        payload = inbox.get()
        assert isinstance(payload, bytes)
        try:
            player: Player = pickle.loads(payload)
        except (Exception, SystemExit) as error:
            connection.send(Unfit(described(error)))
            return
        del payload
        _play(player, connection, inbox)


def _play(player: Player, connection: Pipe, inbox: SimpleQueue[object]) -> None:
    with OneThread() as threads:
        connection.send(READY)
        held = False
        while (told := inbox.get()) != STOP:
            if told == DROP:
                connection.send(DROPPED)
                continue
            assert isinstance(told, int)
            connection.send(_attempt(player, told))
            if not held:
                # The first fit imports whatever fits import.
                threads.hold()
                held = True


def _attempt(player: Player, position: int) -> Finished | Raised:
    try:
        return attempt(player, position)
    except KeyboardInterrupt as error:
        # No signal of that kind gets here: the estimator raised it.
        return Raised(position, described(error), passing=False)


def _receive(connection: Pipe, inbox: SimpleQueue[object]) -> None:
    try:
        inbox.put(connection.recv_bytes())
        while True:
            told = connection.recv()
            if told == DROP:
                _empty(inbox)
            for each in told if isinstance(told, list) else [told]:
                inbox.put(each)
    except (EOFError, OSError):
        # Nobody is left to whom a result could be sent.
        os.killpg(0, signal.SIGKILL)


def _empty(inbox: SimpleQueue[object]) -> None:
    try:
        while True:
            inbox.get_nowait()
    except Empty:
        return

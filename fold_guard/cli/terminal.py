"""Where text goes: the terminal or a file, with colour and progress when it is one."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

from fold_guard.cli.options import Format
from fold_guard.dataset.files import write_text
from fold_guard.errors import UsageError
from fold_guard.evidence.report import Report
from fold_guard.reports.clean import clean, clean_sentence
from fold_guard.reports.place import Place

if TYPE_CHECKING:
    from fold_guard.crossval.runs.budget import Estimate


def width() -> int:
    """Columns to fill: those of the terminal, within 80..120; 100 when there is none."""
    return min(120, max(80, shutil.get_terminal_size((100, 24)).columns))


def colour() -> bool:
    """Whether standard output takes colour."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.stdout.isatty()


def refuse_overwrite(
    output: Path | None,
    *inputs: Path,
    option: str = "--output",
    is_what: str = "is the file that is read",
) -> None:
    """Refuse to write over a file that is read.

    Raises
    ------
    UsageError
    """
    if output is not None and output.is_dir():
        raise UsageError("is a folder, not a file", where=str(output), remedy=f"{option} FILE.")
    for each in inputs if output is not None else ():
        assert output is not None
        same = output.resolve() == each.resolve()
        if same or (output.exists() and each.exists() and output.samefile(each)):
            raise UsageError(is_what, where=str(output), remedy=f"Name another file for {option}.")


def put(text: str, output: Path | None = None, *, utf8: bool = False) -> None:
    """Print text, or write it to a file atomically; ``utf8``: whatever the locale says."""
    if output is not None:
        write_text(output, text if text.endswith("\n") else f"{text}\n")
        return
    if hasattr(sys.stdout, "reconfigure"):
        # A terminal of another encoding gets escapes rather than a crash.
        sys.stdout.reconfigure(
            errors="backslashreplace", encoding="utf-8" if utf8 else sys.stdout.encoding
        )
    try:
        print(text.removesuffix("\n"), flush=True)
    except BrokenPipeError:
        # The reader went away (fold-guard audit ... | head); the exit code still says the verdict.
        discard_output()


def discard_output() -> None:
    """Send what is still to be printed nowhere: nobody reads it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def put_report(
    report: Report,
    format: Format,
    output: Path | None,
    next_steps: list[str],
    place: Place | None = None,
) -> None:
    """Render a report and put it; with a key, pseudonyms stand for row ids."""
    from fold_guard.identity.pseudonyms import find_key
    from fold_guard.reports.formats import renderer

    if (key := find_key()) is not None:
        from fold_guard.evidence.hidden import hidden_report

        report = hidden_report(report, key)
    render = renderer(format.value)
    in_colour = output is None and colour()
    text = render(report, width=width(), colour=in_colour, next_steps=next_steps, place=place)
    # JSON is UTF-8 by definition, and the page says so of itself.
    put(text, output, utf8=format.value != "text")


# Seconds; what takes less needs no forecast.
_WORTH_A_WORD = 10
# Where lines stay, as in the log of a CI, one so often.
_BETWEEN_LINES = 30.0


class Progress:
    """One line on standard error, gone when done; seldom one that stays where none can go."""

    def __init__(self, what: str) -> None:
        self.what = clean(what, 60)
        self.live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._first: tuple[int, float] | None = None
        self._said = time.monotonic()

    def step(self, name: str) -> None:
        """Say what is being done now."""
        if self.live:
            print(
                f"\r\x1b[2K{self.what}: {clean(name, 40)} ...", end="", file=sys.stderr, flush=True
            )

    def count(self, done: int, total: int) -> None:
        """Say how much is done and, from the pace since the first time, how long it still takes."""
        now = time.monotonic()
        if self._first is None:
            self._first = done, now
        since, begun = self._first
        text = f"{done:,} of {total:,}"
        if since < done < total and now - begun >= 1:
            text += f", {spoken_time((now - begun) / (done - since) * (total - done))} left"
        self.step(text)
        if not self.live and done < total and now - self._said >= _BETWEEN_LINES:
            self._said = now
            self.say(text)

    def say(self, sentence: str) -> None:
        """Leave a sentence on standard error, above the line; also where there is no terminal."""
        gone = "\r\x1b[2K" if self.live else ""
        print(f"{gone}{self.what}: {clean_sentence(sentence)}", file=sys.stderr, flush=True)

    def estimate(self, found: Estimate) -> None:
        """Say what the rest of a run will take, unless it is over in no time."""
        if found.seconds < _WORTH_A_WORD:
            return
        at_once = f", {found.jobs} at a time" if found.jobs > 1 else ""
        cost = "" if found.cost is None else f", cost {found.cost:,.2f}"
        text = f"{found.rounds_left:,} more fits take about {spoken_time(found.seconds)}"
        self.say(f"{text}{at_once}{cost}")


def spoken_time(seconds: float) -> str:
    """Return a time as people say it, in two units at most.

    >>> spoken_time(42.3), spoken_time(80), spoken_time(5_000), spoken_time(400_000)
    ('42 s', '1 min 20 s', '1 h 23 min', '4 d 15 h')
    """
    whole = round(seconds)
    for size, small, unit, part in (
        (86400, 3600, "d", "h"),
        (3600, 60, "h", "min"),
        (60, 1, "min", "s"),
    ):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // small} {part}"
    return f"{whole} s"


@contextmanager
def progress(what: str) -> Iterator[Progress]:
    """Show progress while the block runs.

    Standard output belongs to the report: what code of others prints there, an estimator for
    instance, goes to standard error.
    """
    line = Progress(what)
    line.step("start")
    try:
        with redirect_stdout(sys.stderr):
            yield line
    finally:
        if line.live:
            print("\r\x1b[2K", end="", file=sys.stderr, flush=True)

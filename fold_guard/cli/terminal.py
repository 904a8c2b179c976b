"""Where text goes: the terminal or a file, with colour and progress when it is one."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from fold_guard.cli.options import Format
from fold_guard.dataset.files import write_text
from fold_guard.errors import UsageError
from fold_guard.evidence.report import Report
from fold_guard.reports.clean import clean
from fold_guard.reports.place import Place


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
    """Render a report and put it."""
    from fold_guard.reports.formats import renderer

    render = renderer(format.value)
    in_colour = output is None and colour()
    text = render(report, width=width(), colour=in_colour, next_steps=next_steps, place=place)
    # JSON is UTF-8 by definition, and the page says so of itself.
    put(text, output, utf8=format.value != "text")


class Progress:
    """One line on standard error, gone when done; silent when that is no terminal."""

    def __init__(self, what: str) -> None:
        self.what = clean(what, 60)
        self.live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def step(self, name: str) -> None:
        """Say what is being done now."""
        if self.live:
            print(
                f"\r\x1b[2K{self.what}: {clean(name, 40)} ...", end="", file=sys.stderr, flush=True
            )

    def count(self, done: int, total: int) -> None:
        """Say how much is done."""
        self.step(f"{done} of {total}")


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

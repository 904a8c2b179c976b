"""Where text goes: the terminal or a file, with colour and progress when it is one."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fold_guard.cli.options import Format
from fold_guard.dataset.files import write_text
from fold_guard.evidence.report import Report


def width() -> int:
    """Columns to fill: those of the terminal, within 80..120; 100 when there is none."""
    return min(120, max(80, shutil.get_terminal_size((100, 24)).columns))


def colour() -> bool:
    """Whether standard output takes colour."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.stdout.isatty()


def put(text: str, output: Path | None = None) -> None:
    """Print text, or write it to a file atomically."""
    if output is not None:
        write_text(output, text if text.endswith("\n") else f"{text}\n")
        return
    if hasattr(sys.stdout, "reconfigure"):
        # A terminal of another encoding gets escapes rather than a crash.
        sys.stdout.reconfigure(errors="backslashreplace")
    print(text.removesuffix("\n"))


def put_report(report: Report, format: Format, output: Path | None, next_steps: list[str]) -> None:
    """Render a report and put it."""
    from fold_guard.reports.formats import FORMATS

    if format is Format.TEXT:
        from fold_guard.reports.text import render_text

        plain = output is not None or not colour()
        put(render_text(report, width=width(), colour=not plain, next_steps=next_steps), output)
    else:
        put(FORMATS[format.value](report), output)


class Progress:
    """One line on standard error, gone when done; silent when that is no terminal."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.live = sys.stderr.isatty()

    def step(self, name: str) -> None:
        """Say what is being done now."""
        if self.live:
            print(f"\r\x1b[2K{self.what}: {name} ...", end="", file=sys.stderr, flush=True)

    def count(self, done: int, total: int) -> None:
        """Say how much is done."""
        self.step(f"{done} of {total}")


@contextmanager
def progress(what: str) -> Iterator[Progress]:
    """Show progress while the block runs."""
    line = Progress(what)
    line.step("start")
    try:
        yield line
    finally:
        if line.live:
            print("\r\x1b[2K", end="", file=sys.stderr, flush=True)

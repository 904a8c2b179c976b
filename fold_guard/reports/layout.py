"""Terminal layout: wrapping and padding by cells, colour that changes no word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from fold_guard.reports.clean import fitting

NARROWEST, WIDEST = 40, 120
_CRAMPED = 16
_CODES = {"red": "1;31", "green": "1;32", "yellow": "33", "bold": "1", "dim": "2"}


def usable(width: int) -> int:
    """Return the width to lay out for: a terminal of 300 columns is not read across."""
    return max(NARROWEST, min(width, WIDEST))


@dataclass(frozen=True, slots=True)
class Ink:
    """Paints text, or leaves it alone; the words are the same.

    Examples
    --------
    >>> Ink(colour=False)("red", "FAILED")
    'FAILED'
    """

    colour: bool

    def __call__(self, style: str, text: str) -> str:
        """Return text in a style: red, green, yellow, bold, dim or "" (plain)."""
        if not (self.colour and style and text):
            return text
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m"

    def start(self, style: str, line: str, word: str, *, after: str = "") -> str:
        """Paint the word that stands at the start of a line, or right after ``after``."""
        if not line.startswith(after + word):
            return line
        return after + self(style, word) + line[len(after) + len(word) :]


def padded(text: str, cells: int) -> str:
    """Fill up with spaces on the right.

    >>> padded("日", 4)
    '日  '
    """
    return text + " " * (cells - cell_len(text))


def wrapped(text: str, cells: int) -> list[str]:
    """Break text into lines no wider than ``cells``, at spaces where there are any.

    >>> wrapped("one two three", 7)
    ['one two', 'three']
    >>> wrapped("日本語", 4)
    ['日本', '語']
    """
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if cell_len(joined) <= cells:
            line = joined
            continue
        lines.append(line)
        while cell_len(word) > cells:
            start = fitting(word, cells) or word[0]
            lines.append(start)
            word = word[len(start) :]
        line = word
    full = [kept for each in [*lines, line] if (kept := each.rstrip())]
    return full or [""]


def hanging(head: str, text: str, width: int) -> list[str]:
    """Lay text out beside a head; further lines are indented to where the text began.

    >>> hanging("Next   ", "one two three four five", 24)
    ['Next   one two three', '       four five']
    """
    left = cell_len(head)
    if width - left < _CRAMPED:
        return [*wrapped(head, width), *("    " + line for line in wrapped(text, width - 4))]
    first, *others = wrapped(text, width - left)
    return [f"{head}{first}".rstrip(), *(" " * left + line for line in others)]


def ends(left: str, right: str, width: int) -> list[str]:
    """Put two texts at the two ends of a line, or under each other when it is too short.

    >>> ends("left", "right", 12)
    ['left   right']
    """
    gap = width - cell_len(left) - cell_len(right)
    if gap >= 2:
        return [left + " " * gap + right]
    return [*wrapped(left, width), *("  " + line for line in wrapped(right, width - 2))]


def widest(texts: Iterable[str]) -> int:
    """Return the cells that the widest text takes; 0 when there is none."""
    return max((cell_len(text) for text in texts), default=0)


def table(
    rows: Sequence[tuple[Sequence[str], str]],
    styles: Sequence[Sequence[str]],
    width: int,
    ink: Ink,
    *,
    least: int = 30,
) -> list[str]:
    """Lay out short cells in columns and a text that wraps in the last one.

    Parameters
    ----------
    rows : sequence of (cells, text)
        As many cells in each row.
    styles : sequence of sequence of str
        The style of each cell.
    width : int
    ink : Ink
    least : int
        When fewer cells than this are left for the texts, they go beneath their rows.
    """
    count = len(rows[0][0]) if rows else 0
    columns = [widest(cells[i] for cells, _ in rows) for i in range(count)]
    left = sum(columns) + 2 * count
    beneath = width - left < least
    lines: list[str] = []
    for (cells, text), style in zip(rows, styles, strict=True):
        head = "  ".join(
            ink(look, cell) + " " * (columns[i] - cell_len(cell))
            for i, (cell, look) in enumerate(zip(cells, style, strict=True))
        )
        if beneath:
            lines += [head.rstrip()] if left - 2 <= width else wrapped("  ".join(cells), width)
            lines.extend("       " + line for line in wrapped(text, width - 7))
            continue
        first, *others = wrapped(text, width - left)
        lines.append(f"{head}  {first}".rstrip())
        lines.extend(" " * left + line for line in others)
    return lines

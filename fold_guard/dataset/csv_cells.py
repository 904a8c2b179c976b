"""CSV for people, who open it in a spreadsheet: no cell becomes a formula."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import polars as pl

from fold_guard.dataset.files import atomic_file

# https://owasp.org/www-community/attacks/CSV_Injection; the apostrophe, so that it can be undone.
_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", "'")
_NUMBER = re.compile(r"[+-][0-9]+(\.[0-9]+)?")


def safe_cell(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would take for a formula.

    A plain number is none: the classes -1 and +1 keep their names.

    >>> safe_cell("=1+1"), safe_cell("visit 7"), safe_cell("-1")
    ("'=1+1", 'visit 7', '-1')
    """
    live = text.startswith(_ACTIVE) and not _NUMBER.fullmatch(text)
    return f"'{text}" if live else text


def plain_cell(text: str) -> str:
    """Undo `safe_cell`.

    >>> plain_cell(safe_cell("'quoted'"))
    "'quoted'"
    """
    return text[1:] if text.startswith("'") else text


def write_csv(table: pl.DataFrame, path: Path) -> None:
    """Write a table atomically; every text is quoted, and numbers are not.

    Quotes, because where commas stand in numbers a spreadsheet splits at semicolons.

    Raises
    ------
    FoldGuardError
        The file cannot be written; the old one is untouched.
    """
    with (
        atomic_file(path) as partial,
        partial.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
        writer.writerow(safe_cell(name) for name in table.columns)
        for row in table.iter_rows():
            writer.writerow(safe_cell(each) if isinstance(each, str) else each for each in row)

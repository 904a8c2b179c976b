"""A figure: a picture, the sentence that says what to see in it, its key and its numbers."""

from __future__ import annotations

from dataclasses import dataclass

SHAPES = ("circle", "square", "diamond", "triangle-up")
SIGNS = ("●", "■", "◆", "▲")


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of a legend: a colour variable of the page, a sign and a label."""

    colour: str
    label: str
    sign: str = "■"


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers as text, ready to be shown; the note says what was left out."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.

    Attributes
    ----------
    title : str
        May hold text from data; it is escaped when it is rendered.
    sentence : str
        What to see; computed from the numbers. Without a picture: why there is none.
    svg : str
        Markup of :func:`fold_guard.reports.charts.svg.draw`, or empty.
    keys : tuple of Key
    table : Table or None
        The numbers behind the picture.
    table_open : bool
        Whether the table is shown without a click.
    """

    title: str
    sentence: str
    svg: str = ""
    keys: tuple[Key, ...] = ()
    table: Table | None = None
    table_open: bool = False


@dataclass(frozen=True, slots=True)
class Topic:
    """Figures that answer one question, one a plan or one a class; the note states any cap."""

    title: str
    figures: tuple[Figure, ...]
    note: str = ""

"""Colours of the folds, and what the pictures of folds have in common."""

from __future__ import annotations

from fold_guard.reports.charts.figure import Key
from fold_guard.reports.charts.svg import SERIES, series, variable

MOST_FOLDS, WIDTH = 40, 270
_ANCHORS = ((59, 125, 216), (42, 157, 143), (224, 165, 38), (209, 73, 91))


def count_format(most: int) -> str:
    """Return the axis format of counts up to ``most``."""
    return "~s" if most >= 10_000 else ",~f"


def fold_colours(count: int) -> list[str]:
    """Return one colour a fold: the page's series, or a scale when there are more folds."""
    if count <= len(SERIES):
        return [series(i) for i in range(count)]
    colours = []
    for i in range(count):
        at = i / (count - 1) * (len(_ANCHORS) - 1)
        low = min(int(at), len(_ANCHORS) - 2)
        mixed = (
            round(a + (b - a) * (at - low))
            for a, b in zip(_ANCHORS[low], _ANCHORS[low + 1], strict=True)
        )
        colours.append("#" + "".join(f"{channel:02x}" for channel in mixed))
    return colours


def fold_keys(count: int) -> tuple[Key, ...]:
    """Return the legend of the folds; of many only the ends."""
    keys = [Key(variable(c), f"fold {i}") for i, c in enumerate(fold_colours(count))]
    return tuple(keys if count <= 12 else [keys[0], keys[count // 2], keys[-1]])

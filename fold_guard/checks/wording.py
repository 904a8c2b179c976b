"""Words that the summaries and findings of the checks share."""

from __future__ import annotations

from collections.abc import Sequence


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun.

    >>> counted(1, "row"), counted(15524, "row"), counted(2, "copy", "copies")
    ('1 row', '15,524 rows', '2 copies')
    """
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def listed(items: Sequence[object], shown: int = 5) -> str:
    """Join a list as people write it; what lies beyond ``shown`` is counted.

    >>> listed([0, 1, 3]), listed(range(9), shown=2)
    ('0, 1 and 3', '0, 1 and 7 more')
    """
    texts = [str(item) for item in items[:shown]]
    if len(items) > shown:
        texts.append(f"{len(items) - shown:,} more")
    return " and ".join(part for part in (", ".join(texts[:-1]), *texts[-1:]) if part)


def quoted(name: str) -> str:
    """Put a class name in quotes, so that one that is empty or holds spaces can be seen."""
    return f'"{name}"'

"""Where viewers of code point when they show a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Place:
    """The file that a report is about, as a viewer finds it from its root.

    Attributes
    ----------
    path : str
        The audited file, or params.yaml; with forward slashes.
    lines : mapping of check name to int
        The line (from 1) that declares a check; others are about the file as a whole.
    """

    path: str
    lines: Mapping[str, int] = field(default_factory=dict)

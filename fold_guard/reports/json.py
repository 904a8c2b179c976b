"""A report as JSON text: the published form, laid out for people and diffs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from fold_guard.evidence.report import Report
from fold_guard.reports.clean import clean_json
from fold_guard.reports.place import Place


def render_json(
    report: Report,
    *,
    width: int = 0,
    colour: bool = False,
    next_steps: Sequence[str] = (),
    place: Place | None = None,
) -> str:
    """Return ``fold-guard/audit/1`` as text, one final newline.

    Letters of any script stay readable; characters that a terminal would obey are escaped, which
    changes nothing for a JSON reader.

    Parameters
    ----------
    report : Report
    width, colour, next_steps, place
        Of no use here; every format takes them.

    Raises
    ------
    ValueError
        A measure is NaN or infinite, which JSON cannot hold.
    """
    text = json.dumps(report.to_json(), indent=2, ensure_ascii=False, allow_nan=False)
    return clean_json(text) + "\n"

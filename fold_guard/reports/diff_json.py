"""The difference of two fold maps as JSON: ``fold-guard/diff/1``, every row of it."""

from __future__ import annotations

import json

from fold_guard.folds.diff import FoldMapDiff
from fold_guard.folds.manifest import Manifest
from fold_guard.reports.clean import clean_json
from fold_guard.reports.diff_text import GROUPS

SCHEMA = "fold-guard/diff/1"


def diff_to_json(found: FoldMapDiff) -> dict[str, object]:
    """Return the published form; ``rows`` holds the ids of each kind, ascending and complete.

    Parameters
    ----------
    found : FoldMapDiff
    """
    moved = found.rows.filter(found.rows["before"] != found.rows["after"])
    rows: dict[str, object] = {
        name: getattr(found, name).to_list()
        for name in ("added", "removed", "excluded", "relabelled", "changed")
    }
    rows["moved"] = [
        {"row": row, "from": source, "to": target}
        for row, source, target in moved.select("row_id", "before", "after").iter_rows()
    ]
    return {
        "schema": SCHEMA,
        "equal": found.equal,
        "before": _side(found.before),
        "after": _side(found.after),
        "counts": {
            "same": found.same,
            **{name: len(getattr(found, name)) for name in GROUPS},
        },
        "moves": [
            {"from": source, "to": target, "rows": count} for source, target, count in found.moves
        ],
        "reasons": [{"kind": each.kind, "detail": each.detail} for each in found.reasons],
        "rows": rows,
    }


def render_diff_json(found: FoldMapDiff) -> str:
    """Return the published form as text, one final newline."""
    text = json.dumps(diff_to_json(found), indent=2, ensure_ascii=False, allow_nan=False)
    return clean_json(text) + "\n"


def _side(manifest: Manifest) -> dict[str, object]:
    return {
        "digest": manifest.digest,
        "dataset": manifest.dataset.digest,
        "rows": manifest.dataset.rows,
        "plan": manifest.plan.identity(),
        "parents": list(manifest.parents),
    }

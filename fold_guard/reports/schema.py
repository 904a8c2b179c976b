"""The published JSON Schema of reports, as it is installed."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


def audit_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of ``fold-guard/audit/1``.

    Examples
    --------
    >>> audit_schema()["properties"]["schema"]
    {'const': 'fold-guard/audit/1'}
    """
    text = files("fold_guard.reports").joinpath("schemas/audit-1.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found

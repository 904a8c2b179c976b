"""The codes and names that are reserved for checks, and those of them that this version lacks."""

from __future__ import annotations

from fold_guard.checks.catalogue import CATALOGUE

RESERVED: tuple[tuple[str, str], ...] = (
    ("FG101", "row_identity"),
    ("FG102", "fold_map_matches_data"),
    ("FG201", "fold_shape"),
    ("FG202", "class_counts"),
    ("FG203", "class_balance"),
    ("FG301", "group_overlap"),
    ("FG302", "component_overlap"),
    ("FG303", "duplicate_rows"),
    ("FG304", "near_duplicate_rows"),
    ("FG305", "label_conflict"),
    ("FG306", "temporal_order"),
    ("FG307", "purge_embargo"),
    ("FG308", "target_leakage"),
    ("FG309", "identifier_label"),
    ("FG401", "feature_drift"),
    ("FG402", "adversarial_validation"),
    ("FG501", "preprocessing_isolation"),
    ("FG601", "optimism_gap"),
)

_HERE = {check.code for check in CATALOGUE}
# Reports say that these were not run.
PLANNED = tuple((code, name) for code, name in RESERVED if code not in _HERE)

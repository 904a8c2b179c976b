"""Codes that the catalogue reserves and this version does not have: reports say so."""

from __future__ import annotations

PLANNED: tuple[tuple[str, str], ...] = (
    ("FG304", "near_duplicate_rows"),
    ("FG307", "purge_embargo"),
    ("FG308", "target_leakage"),
    ("FG309", "identifier_label"),
    ("FG401", "feature_drift"),
    ("FG402", "adversarial_validation"),
    ("FG501", "preprocessing_isolation"),
    ("FG601", "optimism_gap"),
)

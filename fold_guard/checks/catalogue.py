"""The catalogue: one line a check. Codes and names are fixed; others build on them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fold_guard.checks import (
    fg101_row_identity,
    fg102_fold_map_matches_data,
    fg201_fold_shape,
    fg202_class_counts,
    fg203_class_balance,
    fg301_group_overlap,
    fg302_component_overlap,
    fg303_duplicate_rows,
    fg304_near_duplicate_rows,
    fg305_label_conflict,
    fg306_temporal_order,
    fg307_purge_embargo,
    fg308_target_leakage,
    fg309_identifier_label,
    fg401_feature_drift,
    fg402_adversarial_validation,
    fg501_preprocessing_isolation,
    fg601_optimism_gap,
)
from fold_guard.checks.check import Check

CATALOGUE: tuple[Check, ...] = (
    fg101_row_identity.CHECK,
    fg102_fold_map_matches_data.CHECK,
    fg201_fold_shape.CHECK,
    fg202_class_counts.CHECK,
    fg203_class_balance.CHECK,
    fg301_group_overlap.CHECK,
    fg302_component_overlap.CHECK,
    fg303_duplicate_rows.CHECK,
    fg304_near_duplicate_rows.CHECK,
    fg305_label_conflict.CHECK,
    fg306_temporal_order.CHECK,
    fg307_purge_embargo.CHECK,
    fg308_target_leakage.CHECK,
    fg309_identifier_label.CHECK,
    fg401_feature_drift.CHECK,
    fg402_adversarial_validation.CHECK,
    fg501_preprocessing_isolation.CHECK,
    fg601_optimism_gap.CHECK,
)

BY_NAME: Mapping[str, Check] = MappingProxyType({check.name: check for check in CATALOGUE})

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
    fg305_label_conflict,
    fg306_temporal_order,
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
    fg305_label_conflict.CHECK,
    fg306_temporal_order.CHECK,
)

BY_NAME: Mapping[str, Check] = MappingProxyType({check.name: check for check in CATALOGUE})

from __future__ import annotations

import math

import pytest
from pydantic import ValidationError

from fold_guard.checks.catalogue import CATALOGUE
from fold_guard.checks.check import Check
from fold_guard.checks.outcome import Severity

each_check = pytest.mark.parametrize("check", CATALOGUE, ids=lambda check: check.code)


@each_check
def test_no_threshold_can_be_one_that_is_never_crossed(check: Check) -> None:
    for name in check.rule().thresholds():
        for value in (math.nan, math.inf, -1, "1"):
            with pytest.raises(ValidationError):
                check.rule(**{name: value})
        with pytest.raises(ValidationError):
            check.rule.model_validate_json(f'{{"{name}": NaN}}')


@each_check
def test_unknown_thresholds_are_refused(check: Check) -> None:
    with pytest.raises(ValidationError):
        check.rule.model_validate({"max_test_rows_leakin": 0})


@each_check
def test_severity_comes_from_json_by_name(check: Check) -> None:
    rule = check.rule.model_validate_json('{"severity": "warning"}', strict=True)
    assert rule.severity is Severity.WARNING
    assert "severity" not in rule.thresholds()

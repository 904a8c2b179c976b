from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.outcome import Severity
from fold_guard.gate.policy import Policy, Suite

SUITE = Suite("pandera", "a.py", ("m.py",), "rounds", parameters={"min_test": 3})


def policy(**changes: Any) -> Policy:
    rule = BY_NAME["class_counts"].rule
    base = Policy(
        "main",
        {"class_counts": rule.model_validate({"min_test": 5})},
        {"raw": SUITE},
        {"a.py": "0" * 64},
    )
    return replace(base, **changes)


def test_declared_names_are_checks_and_suites() -> None:
    assert policy().declared == {"class_counts", "raw"}


def test_the_same_policy_has_the_same_digest() -> None:
    assert policy().digest == policy().digest


@pytest.mark.parametrize(
    "changes",
    [
        {"plan": "other"},
        {"rules": {}},
        {"rules": {"class_counts": BY_NAME["class_counts"].rule.model_validate({"min_test": 4})}},
        {
            "rules": {
                "class_counts": BY_NAME["class_counts"].rule.model_validate(
                    {"severity": Severity.WARNING, "min_test": 5}
                )
            }
        },
        {"suites": {}},
        {"suites": {"raw": replace(SUITE, engine="great_expectations")}},
        {"suites": {"raw": replace(SUITE, file="b.py")}},
        {"suites": {"raw": replace(SUITE, modules=())}},
        {"suites": {"raw": replace(SUITE, on="table")}},
        {"suites": {"raw": replace(SUITE, severity=Severity.WARNING)}},
        {"suites": {"raw": replace(SUITE, parameters={"min_test": 2})}},
        {"suites": {"other": SUITE}},
        {"sources": {"a.py": "1" * 64}},
    ],
    ids=str,
)
def test_any_change_is_another_policy(changes: dict[str, Any]) -> None:
    assert policy(**changes).digest != policy().digest

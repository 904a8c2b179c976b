"""The leaky and the clean examples of the checks; of those that fit models, one of each kind."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from fold_guard.checks.check import Check
from fold_guard.checks.outcome import Outcome
from fold_guard.checks.run import run_checks
from fold_guard.checks.subjects.subject import Subject
from tests.checks.conftest import subject_from

EXAMPLES = Path(__file__).parents[1] / "examples"


def examples_of(check: Check) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in ("leaky", "clean"):
        file = EXAMPLES / kind / f"{check.code.lower()}_{check.name}.py"
        found = runpy.run_path(str(file))["EXAMPLES"].items() if file.exists() else ()
        for title, example in islice(found, 1 if check.opt_in else None):
            yield f"{kind}-{check.code}-{title}", example


@cache
def outcomes_of(check: Check) -> list[tuple[Subject, tuple[Outcome, ...]]]:
    """Run a check on its examples, once for all tests."""
    found = []
    for _, example in examples_of(check):
        subject = subject_from(example)
        rules = {check.name: check.rule(**example.get("rule", {}))}
        found.append((subject, run_checks(subject, rules)))
    return found

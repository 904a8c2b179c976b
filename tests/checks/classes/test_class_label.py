from __future__ import annotations

from collections.abc import Callable

import pytest

from fold_guard.checks.classes.class_label import lacks_class_label
from fold_guard.checks.subjects.subject import Subject


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("text", ""),
        ("whole", ""),
        ("missing", ""),
        ("fraction", "the label is continuous, it has no classes"),
        (None, "there is no label column"),
    ],
)
def test_what_is_a_class(
    label: str | None, reason: str, subject_of: Callable[..., Subject]
) -> None:
    columns = {
        "id": [1, 2],
        "fold": [0, 1],
        "text": ["a", None],
        "whole": [1.0, 2.0],
        "missing": [1.0, float("nan")],
        "fraction": [1.0, 2.5],
    }
    assert lacks_class_label(subject_of({"columns": columns, "label": label})) == reason

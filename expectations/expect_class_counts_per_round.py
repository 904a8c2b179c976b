"""Expect enough rows of every class on both sides of every round."""

from __future__ import annotations

from typing import Any, ClassVar

from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

from fold_guard.integrations.round_expectation import (
    ROUND_KEYS,
    Name,
    Names,
    Number,
    RoundExpectation,
    require_columns,
    rounds_frame,
)

SIDES = ("test", "train")


class ClassCountsPerRound(TableMetricProvider):
    """Rows per round, side and label; a null label is counted under None."""

    metric_name = "rounds.class_counts"
    value_keys = (*ROUND_KEYS, "label_column")

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(
        cls,  # noqa: N805  # passed by this name, as the class
        execution_engine: PandasExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> list[tuple[Any, str, Any, int]]:
        frame = rounds_frame(execution_engine, metric_domain_kwargs)
        keys = [metric_value_kwargs[f"{name}_column"] for name in ("round", "side", "label")]
        require_columns(frame, keys)
        counts = frame.groupby(keys, dropna=False, observed=True).size().reset_index(name="rows")
        return [
            (j, side, label if isinstance(label, str) else None, int(count))
            for j, side, label, count in counts.itertuples(index=False)
        ]


class ExpectClassCountsPerRound(RoundExpectation):
    """Expect at least so many rows of each class in the train and in the test side of each round.

    Parameters
    ----------
    label_column : str
        A text column.
    classes : list of str
        Every class that must be there: one that is absent everywhere is otherwise not missed.
    min_test, min_train : int
        At least 1.
    """

    label_column: Name = "label"
    classes: Names
    min_test: Number
    min_train: Number

    metric_dependencies = ("rounds.class_counts",)
    success_keys = (*ROUND_KEYS, "label_column", "classes", "min_test", "min_train")
    sentence: ClassVar[str] = (
        "Each round must hold at least $min_test rows of each class ($classes) in test, "
        "and at least $min_train in train."
    )

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: object = None,
    ) -> dict[str, object]:
        minimum = {side: _whole(self.given(f"min_{side}"), f"min_{side}") for side in SIDES}
        classes = self.given("classes")
        if not isinstance(classes, list) or not classes:
            raise ValueError("classes must be a list with at least one class")
        cells = {(j, side, label): n for j, side, label, n in metrics["rounds.class_counts"]}
        rounds = sorted({j for j, _, _ in cells})
        findings = [
            _finding(j, side, label, cells.get((j, side, label), 0), minimum[side])
            for j in rounds
            for side in SIDES
            for label in classes
            if cells.get((j, side, label), 0) < minimum[side]
        ]
        findings += [
            {"message": f"round {j}: {n} rows in {side} have the label {label!r}", "count": n}
            for (j, side, label), n in cells.items()
            if label not in classes
        ]
        fewest = {
            f"min_{side}": min(cells.get((j, side, c), 0) for j in rounds for c in classes)
            for side in SIDES
        }
        return self.answer({**fewest, "classes": len(classes), "rounds": len(rounds)}, findings)


def _whole(value: object, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be a whole number of at least 1, got {value!r}")
    return value


def _finding(j: object, side: str, label: str, found: int, asked: int) -> dict[str, object]:
    message = f'round {j}: class "{label}" has {found} rows in {side}, {asked} are asked for'
    return {"message": message, "count": found}

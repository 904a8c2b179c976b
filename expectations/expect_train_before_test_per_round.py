"""Expect every training row of a round to lie before its test rows."""

from __future__ import annotations

from typing import Any, ClassVar

from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

from fold_guard.integrations.round_expectation import (
    ROUND_KEYS,
    Name,
    Number,
    RoundExpectation,
    first_ids,
    require_columns,
    rounds_frame,
)


class TrainNotBeforeTestPerRound(TableMetricProvider):
    """Per round: the first test instant, the last train instant, train rows that are too late."""

    metric_name = "rounds.train_not_before_test"
    value_keys = (*ROUND_KEYS, "time_column", "gap")

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(
        cls,  # noqa: N805  # passed by this name, as the class
        execution_engine: PandasExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> list[dict[str, Any]]:
        frame = rounds_frame(execution_engine, metric_domain_kwargs)
        j, side, row_id = (metric_value_kwargs[key] for key in ROUND_KEYS)
        time = metric_value_kwargs["time_column"]
        require_columns(frame, [j, side, row_id, time])
        gap = _gap(frame[time], metric_value_kwargs["gap"])
        found = []
        for number, rows in frame.groupby(j, sort=True):
            known = rows[rows[time].notna()]
            train, test = (known[known[side] == name] for name in ("train", "test"))
            if train.empty or test.empty:
                raise ValueError(f"round {number}: a side has no row with a {time}")
            late = train[train[time] >= test[time].min() - gap]
            found.append(
                {
                    "round": number,
                    "train_max": str(train[time].max()),
                    "test_min": str(test[time].min()),
                    "late": len(late),
                    "rows": first_ids(late[row_id]),
                    "without_time": len(rows) - len(known),
                    "rows_without_time": first_ids(rows.loc[rows[time].isna(), row_id]),
                }
            )
        return found


class ExpectTrainBeforeTestPerRound(RoundExpectation):
    """Expect ``time < first test time - gap`` of every training row, in each round.

    Strict: a training row at the very instant of a test row is too late. A row without a time
    cannot be shown to lie before anything, and counts as broken.

    Parameters
    ----------
    time_column : str
        Numbers, dates or date-times.
    gap : int or float
        Embargo, in the unit of the time column; in days for dates and date-times.
    """

    time_column: Name
    gap: Number = 0

    metric_dependencies = ("rounds.train_not_before_test",)
    success_keys = (*ROUND_KEYS, "time_column", "gap")
    sentence: ClassVar[str] = (
        "In each round every training row must have $time_column before that of the first test "
        "row, by more than a gap of $gap."
    )

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: object = None,
    ) -> dict[str, object]:
        cells = metrics["rounds.train_not_before_test"]
        findings = []
        for cell in cells:
            if cell["late"]:
                message = (
                    f"round {cell['round']}: {cell['late']} training rows are not before the test "
                    f"rows (train ends {cell['train_max']}, test starts {cell['test_min']}, "
                    f"gap {self.given('gap')})"
                )
                findings.append({"message": message, "count": cell["late"], "rows": cell["rows"]})
            if cell["without_time"]:
                message = f"round {cell['round']}: {cell['without_time']} rows have no time"
                rows = cell["rows_without_time"]
                findings.append({"message": message, "count": cell["without_time"], "rows": rows})
        observed = {
            "rounds_violating": sum(cell["late"] > 0 for cell in cells),
            "train_rows_not_before_test": sum(cell["late"] for cell in cells),
            "rows_without_time": sum(cell["without_time"] for cell in cells),
            "rounds": len(cells),
        }
        return self.answer(observed, findings)


def _gap(times: Any, gap: object) -> Any:
    import pandas as pd

    if not isinstance(gap, int | float) or isinstance(gap, bool) or not gap >= 0:
        raise ValueError(f"gap must be a number of at least 0, got {gap!r}")
    if pd.api.types.is_datetime64_any_dtype(times):
        return pd.Timedelta(days=gap)
    if pd.api.types.is_numeric_dtype(times):
        return gap
    raise TypeError(f"a time must be a number, a date or a date-time, got {times.dtype}")

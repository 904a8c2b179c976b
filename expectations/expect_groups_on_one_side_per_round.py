"""Expect no group to lie on both sides of a round."""

from __future__ import annotations

from typing import Any, ClassVar

from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

from fold_guard.integrations.round_expectation import (
    ROUND_KEYS,
    Names,
    RoundExpectation,
    first_ids,
    require_columns,
    rounds_frame,
)


class GroupsOnBothSidesPerRound(TableMetricProvider):
    """Per group key and round: groups on both sides, and the test rows in them.

    A null key belongs to no group.
    """

    metric_name = "rounds.groups_on_both_sides"
    value_keys = (*ROUND_KEYS, "group_columns")

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
        keys = metric_value_kwargs["group_columns"]
        if not isinstance(keys, list) or not keys:
            raise ValueError("group_columns must be a list with at least one column")
        require_columns(frame, [j, side, row_id, *keys])
        found = []
        for key in keys:
            known = frame[frame[key].notna()][[j, side, row_id, key]]
            if known.empty:
                raise ValueError(f"every {key} is null: there is no group to look at")
            sides = known.groupby([j, key], observed=True)[side].transform("nunique")
            both = known[sides > 1]
            tested = both[both[side] == "test"]
            for number in sorted(frame[j].unique().tolist()):
                rows = tested[tested[j] == number]
                found.append(
                    {
                        "key": key,
                        "round": number,
                        "groups": int(both.loc[both[j] == number, key].nunique()),
                        "test_rows": len(rows),
                        "rows": first_ids(rows[row_id]),
                    }
                )
        return found


class ExpectGroupsOnOneSidePerRound(RoundExpectation):
    """Expect that no group has rows in train and in test of the same round.

    Parameters
    ----------
    group_columns : list of str
        Group keys; each is looked at by itself.
    """

    group_columns: Names

    metric_dependencies = ("rounds.groups_on_both_sides",)
    success_keys = (*ROUND_KEYS, "group_columns")
    sentence: ClassVar[str] = (
        "No group of $group_columns may have rows in both train and test of a round."
    )

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: object = None,
    ) -> dict[str, object]:
        cells = metrics["rounds.groups_on_both_sides"]
        findings = [
            {
                "message": f"round {cell['round']}: {cell['groups']} groups of {cell['key']} lie "
                f"on both sides, with {cell['test_rows']} rows in test",
                "count": cell["groups"],
                "rows": cell["rows"],
            }
            for cell in cells
            if cell["groups"]
        ]
        observed = {
            "groups_on_both_sides": sum(cell["groups"] for cell in cells),
            "test_rows_leaking": sum(cell["test_rows"] for cell in cells),
            "rounds": len({cell["round"] for cell in cells}),
        }
        return self.answer(observed, findings)

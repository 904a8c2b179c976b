"""Base of custom expectations on a rounds table: its columns, its findings, its Data Docs text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from great_expectations.compatibility.pydantic import StrictFloat, StrictInt
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.render import (
    CollapseContent,
    LegacyDiagnosticRendererType,
    LegacyRendererType,
    RenderedStringTemplateContent,
)
from great_expectations.render.renderer.renderer import renderer

from fold_guard.integrations.suite_outcome import MAX_ROWS

if TYPE_CHECKING:
    import pandas as pd

# What a keyword argument may be before parameters are filled in. Strict: a plain int would take
# a gap of 0.5 and make it 0.
Name = str | dict[str, str]
Names = list[str] | dict[str, str]
Number = StrictInt | StrictFloat | dict[str, str]
ROUND_KEYS = ("round_column", "side_column", "row_id_column")


class RoundExpectation(BatchExpectation):
    """An expectation on a long table with one row per round and row that is in train or test.

    A subclass names its metric in ``metric_dependencies``, its arguments in ``success_keys``, says
    in ``sentence`` what it expects (``$name`` is an argument), and implements ``_validate``, which
    returns ``self.answer(...)``.

    Parameters
    ----------
    round_column, side_column, row_id_column : str
        ``side_column`` holds ``train`` and ``test``.
    """

    round_column: Name = "round"
    side_column: Name = "side"
    row_id_column: Name = "row_id"

    sentence: ClassVar[str] = ""

    def given(self, key: str) -> Any:
        """Value of an argument, parameters filled in."""
        return self._get_success_kwargs()[key]

    @staticmethod
    def answer(
        observed: Mapping[str, object], findings: Iterable[Mapping[str, object]]
    ) -> dict[str, object]:
        """Build what ``_validate`` returns: it holds when nothing was found.

        Parameters
        ----------
        observed : mapping of str to number
            The numbers that matter; shown in Data Docs.
        findings : iterable of mapping
            ``message``, ``count`` and ``rows`` (row ids) each.
        """
        listed = list(findings)
        result = {"observed_value": dict(observed), "details": {"findings": listed}}
        return {"success": not listed, "result": result}

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)
    def _prescriptive_renderer(
        cls, configuration: Any = None, result: Any = None, runtime_configuration: Any = None
    ) -> list[RenderedStringTemplateContent]:
        config = configuration or result.expectation_config
        defaults = {name: field.default for name, field in cls.__fields__.items()}
        given = {**defaults, **config.kwargs}
        params = {name: _text(given[name]) for name in cls.success_keys}
        return [_line(cls.sentence, params, {"default": {"classes": ["badge"]}})]

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.OBSERVED_VALUE)
    def _diagnostic_observed_value_renderer(
        cls, configuration: Any = None, result: Any = None, runtime_configuration: Any = None
    ) -> str:
        observed = (result.result or {}).get("observed_value") or {}
        return ", ".join(f"{key} {value}" for key, value in observed.items()) or "--"

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.UNEXPECTED_STATEMENT)
    def _diagnostic_unexpected_statement_renderer(
        cls, configuration: Any = None, result: Any = None, runtime_configuration: Any = None
    ) -> list[RenderedStringTemplateContent | CollapseContent]:
        findings = ((result.result or {}).get("details") or {}).get("findings") or []
        lines = [item["message"] for item in findings[:MAX_ROWS]]
        if len(findings) > MAX_ROWS:
            lines.append(f"and {len(findings) - MAX_ROWS} more")
        return [_line("\n$finding", {"finding": text}, {}) for text in lines]


def rounds_frame(engine: PandasExecutionEngine, domain: dict[str, Any]) -> pd.DataFrame:
    """Give a metric its table."""
    frame, _, _ = engine.get_compute_domain(domain, domain_type=MetricDomainTypes.TABLE)
    return frame


def require_columns(frame: pd.DataFrame, columns: Iterable[str]) -> None:
    """Name the columns that are not there; an expectation without its column has not run.

    Raises
    ------
    KeyError
    """
    if absent := [column for column in columns if column not in frame.columns]:
        raise KeyError(f"no column {absent}, the table has {list(frame.columns)}")


def first_ids(ids: pd.Series) -> list[int | str]:
    """Row ids for a finding, the first few, in order and each once."""
    return list(ids.drop_duplicates().sort_values().head(MAX_ROWS).tolist())


def _line(
    template: str, params: dict[str, str], styling: dict[str, object]
) -> RenderedStringTemplateContent:
    return RenderedStringTemplateContent(
        content_block_type="string_template",
        string_template={"template": template, "params": params, "styling": styling},
    )


def _text(value: object) -> str:
    if isinstance(value, Mapping) and "$PARAMETER" in value:
        return str(value["$PARAMETER"])
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)

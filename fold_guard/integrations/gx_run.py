"""The one place that drives Great Expectations: ephemeral, silent, and repeatable."""

from __future__ import annotations

import importlib.util
import logging
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from fold_guard.errors import MissingExtra
from fold_guard.integrations.gx_suite import DeclaredSuite
from fold_guard.integrations.suite_file import SuiteError
from fold_guard.integrations.suite_outcome import MAX_ROWS

if TYPE_CHECKING:
    import pandas as pd

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Validated:
    """A suite and its results, with whatever is random or tells the time taken out.

    Attributes
    ----------
    suite : great_expectations.ExpectationSuite
    result : great_expectations ExpectationSuiteValidationResult
    results : tuple of dict
        One result an expectation, as plain JSON values.
    """

    suite: Any
    result: Any
    results: tuple[dict[str, Any], ...]


def require_installed() -> None:
    """Turn analytics off, which is read on import, and say how to install what is missing."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    if importlib.util.find_spec("great_expectations") is None:
        raise MissingExtra("great_expectations", "great-expectations")


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Great Expectations' log lines and warnings off stderr; results are judged, not logs."""
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def require_registered(declared: DeclaredSuite, owners: Sequence[str]) -> None:
    """Every declared type is Great Expectations' own or comes from a file that params name.

    A class that an earlier suite registered does not count: the same suite would be evaluated or
    not, depending on what ran before it.

    Raises
    ------
    SuiteError
        A type is not known, or not from where it should be.
    """
    import great_expectations.expectations.core  # noqa: F401
    from great_expectations.exceptions import ExpectationNotFoundError
    from great_expectations.expectations.registry import get_expectation_impl

    for item in declared.expectations:
        try:
            home = str(get_expectation_impl(item.type).__module__)
        except ExpectationNotFoundError:
            home = ""
        if not home.startswith("great_expectations.") and home not in owners:
            raise SuiteError(
                f"the custom expectation {item.type!r} is not imported",
                where=declared.where,
                remedy="Name the Python file that defines it under modules in params.yaml.",
            )


def validate(
    name: str, declared: DeclaredSuite, parameters: Mapping[str, object], rounds: pl.DataFrame
) -> Validated:
    """Evaluate a suite on the rounds table in an ephemeral context.

    Raises
    ------
    SuiteError
        Great Expectations did not take up every declared expectation.
    """
    import great_expectations as gx
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    suite = _suite(name, declared)
    asset = context.data_sources.add_pandas("fold_guard").add_dataframe_asset("rounds")
    definition = gx.ValidationDefinition(
        name=name,
        data=asset.add_batch_definition_whole_dataframe("all_rounds"),
        suite=context.suites.add(suite),
    )
    result = context.validation_definitions.add(definition).run(
        batch_parameters={"dataframe": _pandas(rounds)},
        expectation_parameters=dict(parameters),
        run_id=RunIdentifier(run_name=name, run_time=_EPOCH),
        result_format={
            "result_format": "SUMMARY",
            "partial_unexpected_count": MAX_ROWS,
            "unexpected_index_column_names": ["row_id"],
        },
    )
    _forget_the_run(suite, result)
    return Validated(suite, result, tuple(_plain(item) for item in result.results))


def _suite(name: str, declared: DeclaredSuite) -> Any:
    import great_expectations as gx

    listed = [{"kwargs": {}, **deepcopy(dict(item.raw))} for item in declared.expectations]
    remedy = "Compare the kwargs with what the expectation class takes."
    try:
        suite = gx.ExpectationSuite(name=name, expectations=listed)
    except Exception as error:
        what = "; ".join(str(error).splitlines())
        raise SuiteError(
            f"Great Expectations refuses the suite: {what}", where=declared.where, remedy=remedy
        ) from error
    if lost := len(listed) - len(suite.expectations):
        raise SuiteError(
            f"Great Expectations dropped {lost} of {len(listed)} expectations as invalid",
            where=declared.where,
            remedy=remedy,
        )
    return suite


def _plain(item: Any) -> dict[str, Any]:
    """As JSON values, with the result as it was (``observed``), and with every argument.

    A result leaves out the arguments that equal their default.
    """
    from great_expectations.expectations.registry import get_expectation_impl

    plain: dict[str, Any] = item.to_json_dict()
    config = plain["expectation_config"]
    fields = get_expectation_impl(config["type"]).__fields__
    defaults = {name: field.default for name, field in fields.items() if not field.required}
    config["kwargs"] = {**defaults, **config["kwargs"]}
    return {**plain, "observed": item.result}


def _pandas(rounds: pl.DataFrame) -> pd.DataFrame:
    """As pandas, with whole numbers kept whole where some are null (as floats, large ids merge)."""
    import pandas as pd

    frame = rounds.to_pandas()
    for column in rounds.iter_columns():
        if column.dtype.is_integer() and column.null_count():
            values, mask = column.fill_null(0).to_numpy(), column.is_null().to_numpy()
            frame[column.name] = pd.arrays.IntegerArray(values, mask)
    return frame


def _forget_the_run(suite: Any, result: Any) -> None:
    """Great Expectations gives every run random ids and load times; artefacts hold none."""
    from great_expectations import __version__ as gx_version

    suite.id = None
    for expectation in suite.expectations:
        expectation.id = None
    # Great Expectations shows the table under this name.
    asset = {"data_asset_name": "rounds"}
    result.meta = {"great_expectations_version": gx_version, "batch_spec": asset}
    result.id = None
    # Expectations that raised come first in Great Expectations' list: put them in a fixed order.
    result.results.sort(key=lambda item: (item.expectation_config.type, _kwargs(item)))
    for item in result.results:
        item.expectation_config.id = None


def _kwargs(item: Any) -> str:
    kwargs = item.expectation_config.kwargs
    return repr(sorted((key, str(value)) for key, value in kwargs.items()))

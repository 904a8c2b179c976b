"""What data/raw/covid_testing.parquet must look like (see data/README.md for its columns)."""

from __future__ import annotations

from collections.abc import Mapping

import pandera.polars as pa
import polars as pl

RESULTS = ("invalid", "negative", "positive")
GENDERS = ("female", "male")
DEMO_GROUPS = ("client", "misc adult", "other adult", "patient", "unidentified")
PAYOR_GROUPS = (
    "charity care",
    "commercial",
    "government",
    "medical assistance",
    "other",
    "self pay",
    "unassigned",
)
HOURS_IN_A_DAY = 24.0
LONGEST_WAIT = 100_000.0


def schema(parameters: Mapping[str, object]) -> pa.DataFrameSchema:
    """Columns, types, nulls, ranges and allowed values; nothing else may be in the table.

    Some waits are negative by hours and some last for years: that is how the source is.

    Parameters
    ----------
    parameters : mapping of str to JSON value
        None is used.
    """
    hours = pa.Check.in_range(-HOURS_IN_A_DAY, LONGEST_WAIT)
    flag = pa.Check.isin((0, 1))
    columns = {
        "row_id": pa.Column(pl.Int64, pa.Check.ge(1), unique=True),
        "subject_id": pa.Column(pl.Int64, pa.Check.ge(1)),
        "fake_first_name": pa.Column(pl.String, nullable=True),
        "fake_last_name": pa.Column(pl.String),
        "gender": pa.Column(pl.String, pa.Check.isin(GENDERS)),
        "pan_day": pa.Column(pl.Int64, pa.Check.in_range(0, 366)),
        "test_id": pa.Column(pl.String, pa.Check.isin(("covid", "xcvd1"))),
        "clinic_name": pa.Column(pl.String, pa.Check.str_length(min_value=1)),
        "result": pa.Column(pl.String, pa.Check.isin(RESULTS)),
        "demo_group": pa.Column(pl.String, pa.Check.isin(DEMO_GROUPS)),
        "age": pa.Column(pl.Float64, pa.Check.in_range(0.0, 140.0)),
        "drive_thru_ind": pa.Column(pl.Int64, flag),
        "ct_result": pa.Column(pl.Float64, pa.Check.in_range(0.0, 45.0), nullable=True),
        "orderset": pa.Column(pl.Int64, flag),
        "payor_group": pa.Column(pl.String, pa.Check.isin(PAYOR_GROUPS), nullable=True),
        "patient_class": pa.Column(pl.String, pa.Check.str_length(min_value=1), nullable=True),
        "col_rec_tat": pa.Column(pl.Float64, hours),
        "rec_ver_tat": pa.Column(pl.Float64, hours),
    }
    return pa.DataFrameSchema(columns, strict=True)

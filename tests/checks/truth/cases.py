"""Real tables with roles, folds of the row number's hash and blocks of rows in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.checks.truth.store import Case

REPO = Path(__file__).parents[3]
SHARED = REPO.parent / "shared" / "data"
COVID_FEATURES = (
    *("gender", "clinic_name", "demo_group", "age", "drive_thru_ind", "orderset"),
    "patient_class",
)
_BLOCKS = 5


def with_folds(table: pa.Table, time: str | None = None) -> pa.Table:
    """Add ``fold`` by the hash of the row number, and ``block`` by time or by row number.

    Some rows are in no test set (-1), others in no side (-2).
    """
    number = np.arange(table.num_rows, dtype=np.int64)
    fold = (number * 2654435761 % 2**32) // 2**16 % 5
    block = number * _BLOCKS // table.num_rows
    if time is not None:
        # Blocks cut through ties; a row without a time goes with the last.
        times = table[time].to_pylist()
        known = sorted({each for each in times if each is not None})
        rank = {each: place for place, each in enumerate(known)}
        ordered = np.argsort([rank.get(each, len(rank)) for each in times], kind="stable")
        block[ordered] = number * _BLOCKS // table.num_rows
    for each in (fold, block):
        each[number % 97 == 5] = -1
        each[number % 89 == 7] = -2
    return table.append_column("fold", pa.array(fold)).append_column("block", pa.array(block))


def without(table: pa.Table, name: str, every: int) -> pa.Table:
    """Set each so manieth value of a column to null."""
    values = table[name].to_pylist()
    missing = [None if row % every == 3 else each for row, each in enumerate(values)]
    return replaced(table, name, pa.array(missing, table[name].type))


def replaced(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    """Replace a column, or add it."""
    if name not in table.column_names:
        return table.append_column(name, values)
    return table.set_column(table.column_names.index(name), name, values)


def covid(every: int = 1) -> pa.Table:
    """Return the demo data, or each so manieth row."""
    table = pq.read_table(REPO / "data" / "raw" / "covid_testing.parquet")
    return table.take(pa.array(range(0, table.num_rows, every)))


def shared(name: str) -> pa.Table:
    """Return a data set that is there on some machines only."""
    return pq.read_table(SHARED / f"{name}.parquet")


def in_blocks_of_rows(table: pa.Table, time: str | None) -> pa.Table:
    """Add folds, and blocks that follow the rows: time runs to and fro in them."""
    return with_folds(table)


def _whole_covid() -> Case:
    table = without(without(covid(), "subject_id", 13), "result", 53)
    return Case(
        with_folds(table, "pan_day"),
        label="result",
        id=("row_id",),
        groups=("subject_id", "payor_group"),
        time="pan_day",
        features=COVID_FEATURES,
        min_gap=2,
    )


def _covid_horizon() -> Case:
    # The result is known after both delays, in hours; some of them are negative.
    table = without(covid(8), "pan_day", 101)
    hours = zip(*(table[name].to_pylist() for name in ("col_rec_tat", "rec_ver_tat")), strict=True)
    known = [
        None if day is None else day + (a + b) / 24
        for day, (a, b) in zip(table["pan_day"].to_pylist(), hours, strict=True)
    ]
    return Case(
        with_folds(replaced(table, "known", pa.array(known)), "pan_day"),
        label="demo_group",
        id=("subject_id", "test_id"),
        groups=("clinic_name", "subject_id"),
        time="pan_day",
        evaluation_time="known",
        features=("gender", "age", "patient_class"),
        embargo=1.5,
    )


def _covid_defaults() -> Case:
    # Names twice, ids with nulls; what names each row is left out of the features.
    table = covid(7).drop_columns(["ct_result", "fake_first_name", "fake_last_name"])
    table = without(table, "test_id", 29)
    return Case(
        with_folds(table.drop_columns(["subject_id", "col_rec_tat", "rec_ver_tat"])),
        label="gender",
        id=("test_id",),
        groups=("age", "clinic_name"),
        time="pan_day",
    )


def _sklearn(name: str, label: str = "target", **roles: Any) -> Callable[[], Case]:
    def build() -> Case:
        from sklearn import datasets

        bunch = getattr(datasets, f"load_{name}")()
        columns = dict(zip(map(str, bunch.feature_names), bunch.data.T, strict=True))
        target = bunch.target
        if "target_names" in bunch and name != "linnerud":
            target = np.array([str(each) for each in bunch.target_names])[target]
        targets = {label: target} if target.ndim == 1 else {label: target[:, 0]}
        return Case(with_folds(pa.table(columns | targets)), label=label, **roles)

    return build


def _digits() -> Case:
    from sklearn.datasets import load_digits

    digits = load_digits()
    pixels = (digits.images[:, 2:6, 2:6].reshape(-1, 16) > 7).astype(float)
    # Both zeros are one number; NaN and null are both missing.
    pixels[::2, 0] *= -1
    pixels[::3, 1] = np.nan
    columns: dict[str, Any] = {f"pixel {each}": pixels[:, each] for each in range(16)}
    number = np.arange(len(pixels))
    table = pa.table(
        columns | {"digit": digits.target, "writer": number // 43, "day": 0.5 * (number // 9)}
    )
    return Case(
        with_folds(without(without(table, "writer", 11), "pixel 1", 5), "day"),
        label="digit",
        groups=("writer",),
        time="day",
        min_gap=1.5,
        embargo=2.5,
    )


BUILT: dict[str, Callable[[], Case]] = {
    "covid": _whole_covid,
    "covid_horizon": _covid_horizon,
    "covid_defaults": _covid_defaults,
    "iris": _sklearn("iris", "species"),
    "wine": _sklearn("wine", "cultivar", groups=("magnesium",), time="proline"),
    "breast_cancer": _sklearn("breast_cancer", "diagnosis"),
    "diabetes": _sklearn("diabetes", "progress", groups=("sex", "age")),
    "linnerud": _sklearn("linnerud", "weight"),
    "digits": _digits,
}


def _shared(
    name: str,
    *,
    most: int | None = None,
    nulls: Sequence[tuple[str, int]] = (),
    time: str | None = None,
    dealt: Callable[[pa.Table, str | None], pa.Table] = with_folds,
    **roles: Any,
) -> Callable[[], Case]:
    def build() -> Case:
        table = shared(name).slice(0, most)
        for column, each in nulls:
            table = without(table, column, each)
        return Case(dealt(table, time), time=time, **roles)

    return build


def _cgd() -> Case:
    # Each row is known from its start to its stop, in days after the patient's randomisation.
    table = shared("cgd")
    for name, after in (("begin", "tstart"), ("end", "tstop")):
        days = [
            (start + timedelta(days=each)).date()
            for start, each in zip(
                table["random"].to_pylist(), table[after].to_pylist(), strict=True
            )
        ]
        table = replaced(table, name, pa.array(days, pa.date32()))
    return Case(
        with_folds(table, "begin"),
        label="status",
        id=("id", "enum"),
        groups=("id", "center"),
        time="begin",
        evaluation_time="end",
        features=("treat", "sex", "inherit", "steroids", "propylac", "hos_cat"),
        embargo=30,
        min_gap=7,
    )


FOUND: dict[str, Callable[[], Case]] = {
    "pbcseq": _shared(
        "pbcseq",
        dealt=in_blocks_of_rows,
        label="status",
        id=("id", "day"),
        groups=("id",),
        time="day",
        min_gap=30,
    ),
    "wagepan": _shared(
        "wagepan",
        label="union",
        id=("nr", "year"),
        groups=("nr",),
        time="year",
        embargo=1,
        features=("black", "hisp", "educ", "exper", "married", "south"),
        nulls=[("nr", 17)],
    ),
    "gapminder": _shared(
        "gapminder",
        dealt=in_blocks_of_rows,
        label="lifeExp",
        groups=("country", "continent"),
        time="year",
        features=("pop", "gdpPercap"),
    ),
    "tate_artworks": _shared(
        "tate_artworks",
        label="medium",
        id=("id",),
        groups=("artist", "title"),
        time="year",
        nulls=[("artist", 7), ("title", 5), ("medium", 31)],
    ),
    "seattle_weather": _shared(
        "seattle_weather", label="weather", id=("date",), time="date", embargo=3, min_gap=1
    ),
    "restaurant_inspections": _shared(
        "restaurant_inspections",
        most=9_000,
        label="Weekend",
        groups=("business_name",),
        time="Year",
        nulls=[("Year", 19)],
    ),
    "credit_default": _shared(
        "credit_default", most=12_000, label="default-payment-next-month", id=("ID",)
    ),
    "caravan": _shared("caravan", label="Purchase"),
    "cgd": _cgd,
    "claims_long": _shared(
        "claims_long", most=10_000, label="claim", groups=("policyID",), time="period"
    ),
    "guatemala_immunization": _shared(
        "guatemala_immunization", label="immun", id=("kid",), groups=("mom", "comm", "ethn")
    ),
    "pig_growth": _shared(
        "pig_growth", label="Feed", groups=("Pig", "Litter"), time="Time", features=("Evit", "Cu")
    ),
    "heart_transplant_cav": _shared(
        "heart_transplant_cav", label="state", groups=("patient",), time="years", min_gap=0.25
    ),
    "birthweight": _shared("birthweight", label="low", groups=("race",)),
    "glass": _shared("glass", label="glass_type"),
}


def _moments() -> list[datetime]:
    """Return instants of the pandemic's days, the clock change of 29 March 2020 among them."""
    table = covid(8)
    first = datetime(2020, 3, 4, tzinfo=UTC)
    seconds = [(row * 7919) % 86_400 // 21_600 * 21_600 for row in table["row_id"].to_pylist()]
    return [
        first + timedelta(days=day, seconds=each)
        for day, each in zip(table["pan_day"].to_pylist(), seconds, strict=True)
    ]


def _ticks(unit: int, rest: int) -> list[int]:
    return [
        int(each.timestamp()) * unit + (number % 3) * rest for number, each in enumerate(_moments())
    ]


def _naive_texts() -> list[str]:
    return [each.replace(tzinfo=None).isoformat() for each in _moments()]


CLOCKS: dict[str, Callable[[], pa.Array]] = {
    "integers": lambda: pa.array(_ticks(1, 0)),
    "small integers": lambda: pa.array([each.day for each in _moments()], pa.uint8()),
    "floats": lambda: pa.array([each / 64 for each in _ticks(1, 0)]),
    "dates": lambda: pa.array([each.date() for each in _moments()], pa.date32()),
    "datetimes in milliseconds": lambda: pa.array(_ticks(10**3, 7), pa.timestamp("ms")),
    "datetimes in microseconds": lambda: pa.array(_ticks(10**6, 250_001), pa.timestamp("us")),
    "datetimes in nanoseconds": lambda: pa.array(_ticks(10**9, 1), pa.timestamp("ns")),
    "datetimes of UTC": lambda: pa.array(_ticks(10**6, 0), pa.timestamp("us", "UTC")),
    "datetimes of Berlin": lambda: pa.array(_ticks(10**6, 1), pa.timestamp("us", "Europe/Berlin")),
    "nanoseconds of New York": lambda: pa.array(
        _ticks(10**9, 1), pa.timestamp("ns", "America/New_York")
    ),
    "dates as text": lambda: pa.array([each.date().isoformat() for each in _moments()]),
    "datetimes as text": lambda: pa.array(_naive_texts()),
    "datetimes as text with an offset": lambda: pa.array([each.isoformat() for each in _moments()]),
}


def timed(clock: str) -> Case:
    """Return demo data with a time column of some kind, and when the result was known."""
    when = CLOCKS[clock]()
    later = when.take(pa.array([min(row + 2, len(when) - 1) for row in range(len(when))]))
    table = covid(8).select(["row_id", "subject_id", "result", "gender"])
    table = table.append_column("when", when).append_column("later", later)
    table = without(without(table, "when", 101), "later", 103)
    return Case(
        with_folds(table, "when"),
        label="result",
        id=("row_id",),
        groups=("subject_id",),
        time="when",
        evaluation_time="later",
        features=("gender",),
        embargo=2,
        min_gap=1,
    )


def day_of(number: int) -> date:
    """Return a day of the pandemic."""
    return date(2020, 3, 4) + timedelta(days=number)

from __future__ import annotations

import filecmp
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from fold_guard.checks.outcome import Severity, Status
from fold_guard.integrations.great_expectations import run_great_expectations
from fold_guard.integrations.suite_input import SuiteInput

Write = Callable[..., Path]
ROOT = Path(__file__).parents[2]
COUNTS = ROOT / "expectations/expect_class_counts_per_round.py"
KWARGS = {"classes": {"$PARAMETER": "classes"}, "min_test": {"$PARAMETER": "m"}, "min_train": 1}
PAGES = ["expectations.html", "index.html"]
RULE = ("expect_class_counts_per_round", KWARGS)


def build(path: Path, suite_input: SuiteInput, folder: Path, minimum: int) -> Status:
    return run_great_expectations(
        "suite",
        path,
        modules=[COUNTS],
        severity=Severity.ERROR,
        suite_input=suite_input,
        parameters={"m": minimum},
        data_docs=folder,
    ).status


def test_pages_show_what_was_asked_and_what_was_observed(
    suite_input: SuiteInput, write_json: Write, tmp_path: Path
) -> None:
    folder = tmp_path / "docs"
    assert build(write_json(RULE), suite_input, folder, 4) is Status.FAILED
    assert sorted(page.name for page in folder.iterdir()) == PAGES
    found = " ".join(re.sub(r"<[^>]+>", "", (folder / "index.html").read_text()).split())
    assert "at least 4 rows of each class (no, yes) in test, and at least 1 in train" in found
    assert "min_test 3, min_train 3, classes 2, rounds 2" in found
    assert 'round 0: class "no" has 3 rows in test, 4 are asked for' in found
    assert "Failed" in found
    asked = (folder / "expectations.html").read_text()
    assert "Each round must hold at least" in asked
    assert 'href="expectations.html"' in (folder / "index.html").read_text()


def test_pages_need_no_network_no_script_and_are_small(
    suite_input: SuiteInput, write_json: Write, tmp_path: Path
) -> None:
    build(write_json(RULE), suite_input, tmp_path / "docs", 1)
    for page in (tmp_path / "docs").iterdir():
        text = page.read_text()
        assert not re.search(r"https?:|<script|<link|<img|src=|@import|url\(", text)
        assert "default-src 'none'" in text
        assert len(text) < 50_000


def test_markup_in_class_names_is_not_markup_in_the_page(
    suite_input: SuiteInput, write_json: Write, tmp_path: Path
) -> None:
    evil = pl.lit("<script>alert(1)</script>\x1b[31m")
    changed = replace(
        suite_input,
        fold_map=suite_input.fold_map.with_columns(label=evil),
        rounds=suite_input.rounds.with_columns(label=evil),
    )
    path = write_json(
        RULE,
        ("expect_column_values_to_be_in_set", {"column": "label", "value_set": ["<b>x</b>"]}),
        ("expect_column_distinct_values_to_equal_set", {"column": "label", "value_set": ["<i>"]}),
    )
    assert build(path, changed, tmp_path / "docs", 7) is Status.FAILED
    for page in (tmp_path / "docs").iterdir():
        text = page.read_text()
        assert not re.search(r"<script|<b>|<i>|\x1b", text)
    assert (
        "\u2039script\u203aalert(1)\u2039/script\u203a"
        in (tmp_path / "docs/index.html").read_text()
    )


def test_a_suite_that_did_not_run_replaces_the_pages_of_the_last_run(
    suite_input: SuiteInput, write_json: Write, tmp_path: Path
) -> None:
    folder = tmp_path / "docs"
    assert build(write_json(RULE), suite_input, folder, 1) is Status.PASSED
    assert build(write_json(("expect_nothing", {})), suite_input, folder, 1) is Status.ERROR
    [page] = folder.iterdir()
    assert "did not run: " in page.read_text()


def test_a_part_that_cannot_be_rendered_is_named_on_the_page(
    suite_input: SuiteInput, write_json: Write, tmp_path: Path
) -> None:
    module = tmp_path / "expect_it.py"
    module.write_text(
        "from fold_guard.integrations.round_expectation import RoundExpectation\n"
        "from great_expectations.render import LegacyDiagnosticRendererType\n"
        "from great_expectations.render.renderer.renderer import renderer\n"
        "class ExpectIt(RoundExpectation):\n"
        "    sentence = 'it'\n"
        "    def _validate(self, metrics, **_):\n"
        "        return self.answer({'n': 1}, [])\n"
        "    @classmethod\n"
        "    @renderer(renderer_type=LegacyDiagnosticRendererType.OBSERVED_VALUE)\n"
        "    def _diagnostic_observed_value_renderer(cls, **_):\n"
        "        raise RuntimeError('boom')\n"
    )
    outcome = run_great_expectations(
        "suite",
        write_json(("expect_it", {})),
        modules=[module],
        severity=Severity.ERROR,
        suite_input=suite_input,
        parameters={},
        data_docs=tmp_path / "docs",
    )
    assert outcome.status is Status.PASSED
    text = (tmp_path / "docs/index.html").read_text()
    assert 'could not render a part of this page: RuntimeError: "boom"' in text
    assert "Traceback" not in text


BUILD = """
import sys
from pathlib import Path
import polars as pl
from fold_guard.checks.outcome import Severity
from fold_guard.integrations.great_expectations import run_great_expectations
from fold_guard.integrations.suite_input import SuiteInput

table = pl.read_parquet("data/raw/covid_testing.parquet")
base = table.select("row_id", "subject_id", "pan_day", label="result",
                    fold=pl.col("row_id") % 5).head(3000)
sides = pl.when(pl.col("fold") == pl.col("round")).then(pl.lit("test")).otherwise(pl.lit("train"))
rounds = pl.concat(base.with_columns(round=pl.lit(j, dtype=pl.Int64)) for j in range(5))
given = SuiteInput(table, base.select("row_id", "fold", "label"), rounds.with_columns(side=sides),
                   "row_id", "result", ("subject_id",), "pan_day", 5)
for name, parameters in (("fold_rules", {"min_test": 99, "min_train": 9}),
                         ("temporal_rules", {"gap": 0})):
    outcome = run_great_expectations(
        name, Path(f"expectations/{name}.json"),
        modules=sorted(Path("expectations").glob("expect_*.py")), severity=Severity.ERROR,
        suite_input=given, parameters=parameters, data_docs=Path(sys.argv[1]) / name)
    print(outcome)
"""


def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    said = [
        subprocess.run(
            [sys.executable, "-c", BUILD, str(tmp_path / seed)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1]
    assert said[0].count("<Status.FAILED") == 2
    for name in ("fold_rules", "temporal_rules"):
        same = filecmp.cmpfiles(tmp_path / "1" / name, tmp_path / "2" / name, PAGES, shallow=False)[
            0
        ]
        assert same == PAGES
        text = (tmp_path / "1" / name / "index.html").read_text()
        assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-|20\d\d-\d\d-\d\d|" + str(ROOT), text)


@pytest.mark.parametrize("name", ["a/b", "a.b", "<i>", "ä b"])
def test_a_suite_may_have_any_name(
    suite_input: SuiteInput, write_json: Write, tmp_path: Path, name: str
) -> None:
    outcome = run_great_expectations(
        name,
        write_json(RULE),
        modules=[COUNTS],
        severity=Severity.ERROR,
        suite_input=suite_input,
        parameters={"m": 1},
        data_docs=tmp_path / "docs",
    )
    assert outcome.status is Status.PASSED, outcome.summary
    text = (tmp_path / "docs/index.html").read_text()
    assert "<i>" not in text
    assert "../" not in text

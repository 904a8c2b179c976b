"""The report of a project: without scores where none were asked for, without ids under a key."""

from __future__ import annotations

import re

import polars as pl
import pytest

from fold_guard.identity.pseudonyms import PseudonymKey, pseudonyms
from fold_guard.project import load_project
from fold_guard.stages.report import report
from tests.stages.spy import KEY, STUMBLES, Laid, ended, forget

# The folds pull every patient apart; it is known, and training may start all the same.
TORN = {
    "fold": {"strategy": "stratified", "n_splits": 4},
    "checks": {"row_identity": {}, "group_overlap": {"severity": "warning"}},
}


def test_a_project_that_ends_at_the_gate_has_a_report(
    laid: Laid, capsys: pytest.CaptureFixture[str]
) -> None:
    config = laid(None)
    assert ended("report", "--config", str(config)) == 0
    why = "cross-validation was not run, as params.yaml has no section cv"
    told = " ".join(capsys.readouterr().out.split())
    assert told.startswith("whole GATE PASSED")
    assert why in told
    page = (config.parent / "reports" / "index.html").read_text(encoding="utf-8")
    assert why in page
    assert "GATE PASSED" in page
    assert "group_overlap" in page
    # A gate that does not stand is no pass, whatever was asked for.
    softer = config.read_text(encoding="utf-8").replace(
        '"group_overlap": {}', '"group_overlap": {"severity": "warning"}'
    )
    config.write_text(softer, encoding="utf-8")
    assert ended("report", "--config", str(config)) == 0
    told = capsys.readouterr().out
    assert told.startswith("whole  REFUSED")
    assert "GATE PASSED" not in told


def test_with_a_key_no_id_is_on_the_page_nor_in_any_other_word(
    laid: Laid,
    table: pl.DataFrame,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = laid({"max_failure_rate": 0.5, "headline": ["accuracy"]}, **TORN)
    ids = set(table["visit"].to_list())
    stumbled = table["visit"][17]
    project = load_project(config)
    paths = project.paths("whole")
    monkeypatch.setenv(STUMBLES, f"{stumbled} 2")

    # Without a key, for comparison: the ids are there, and so is what the estimator said.
    assert ended("cv", "--config", str(config)) == 0
    assert stumbled in capsys.readouterr().out
    report(project)
    plain = project.index.read_text(encoding="utf-8")
    assert len(set(re.findall(r"P\d{5}", plain)) & ids) > 20
    assert f"could not convert string to float: &#39;{stumbled}&#39;" in plain

    forget()
    monkeypatch.setenv("FOLD_GUARD_KEY", KEY)
    assert ended("cv", "--config", str(config)) == 0
    told = capsys.readouterr()
    report(project)
    page = project.index.read_text(encoding="utf-8")
    samples = pl.read_parquet(paths.samples)
    errors = samples["error"].drop_nulls().unique().to_list()
    assert errors == ["ValueError (its text may quote rows, and is left out where a key is set)"]
    for text in (page, told.out, told.err, str(samples.rows())):
        assert not set(re.findall(r"P\d{5}", text)) & ids
    assert "ValueError" in page
    assert "ValueError" in told.out
    # One row has one pseudonym, here and there.
    hidden = pseudonyms(table["visit"].sort(), PseudonymKey(KEY.encode()))
    assert set(samples["row_id"]) == set(hidden)
    assert len(set(re.findall(r"\b[0-9a-f]{32}\b", page)) & set(hidden)) > 20
    # What digests cover stays as it is: without ids nobody could verify it.
    assert set(pl.read_parquet(paths.cv / "predictions.parquet")["row_id"]) <= ids
    assert ended("verify", "--config", str(config)) == 0


def test_a_run_without_hope_quotes_nothing_either(
    laid: Laid,
    table: pl.DataFrame,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = laid({})
    monkeypatch.setenv(STUMBLES, f"{table['visit'][3]} 1 2 3 4")
    monkeypatch.setenv("FOLD_GUARD_KEY", KEY)
    assert ended("cv", "--config", str(config)) == 3
    told = capsys.readouterr().err
    assert "round 0: ValueError (its text may quote rows" in told
    assert table["visit"][3] not in told
    monkeypatch.delenv("FOLD_GUARD_KEY")
    forget()
    assert ended("cv", "--config", str(config)) == 3
    assert f"float: '{table['visit'][3]}'" in capsys.readouterr().err


def test_what_check_prints_has_pseudonyms(
    laid: Laid,
    table: pl.DataFrame,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = laid({}, **TORN)
    assert ended("check", "--config", str(config)) == 0
    ids = set(table["visit"].to_list())
    assert set(re.findall(r"P\d{5}", capsys.readouterr().out)) & ids
    monkeypatch.setenv("FOLD_GUARD_KEY", KEY)
    assert ended("check", "--config", str(config)) == 0
    assert not set(re.findall(r"P\d{5}", capsys.readouterr().out)) & ids
    assert ended("check", "--config", str(config), "--plan", "whole", "--format", "html") == 0
    page = capsys.readouterr().out
    assert not set(re.findall(r"P\d{5}", page)) & ids
    assert re.search(r"\b[0-9a-f]{32}\b", page)

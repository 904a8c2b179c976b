"""The pipeline under real DVC: this repository's own stages, on a small table."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fold_guard.crossval.stored import read_requirements, read_result
from fold_guard.folds.fold_map import FoldMap

pytestmark = pytest.mark.dvc


def _artefacts(scratch: Any) -> dict[str, str]:
    """Digest of every file that the stages made, without the run facts (timings)."""
    files = [
        path
        for folder in ("data/folds", "reports")
        for path in sorted((scratch.root / folder).rglob("*"))
        if path.is_file() and "run_facts" not in path.parts
    ]
    return {
        str(path.relative_to(scratch.root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def test_every_artefact_is_there(whole: Any) -> None:
    expected = {"reports/index.html"}
    for plan in ("grouped", "leaky"):
        expected |= {f"data/folds/{plan}/{name}" for name in ("fold_map.parquet", "manifest.json")}
        expected |= {f"reports/{plan}/{name}.json" for name in ("check", "verdict")}
        expected |= {
            f"reports/{plan}/cv/{name}"
            for name in ("metrics.json", "predictions.parquet", "confusion.csv", "result.json")
        }
    assert expected <= set(_artefacts(whole))
    assert whole.trained


def test_a_second_run_does_nothing(whole: Any) -> None:
    before = (_artefacts(whole), (whole.root / "dvc.lock").read_bytes())

    ran = whole.dvc("repro", check=True)

    assert "Running stage" not in ran.out
    assert "Data and pipelines are up to date." in ran.out
    assert (_artefacts(whole), (whole.root / "dvc.lock").read_bytes()) == before
    assert whole.dvc("status", "--quiet").code == 0


def test_a_forced_run_gives_the_same_bytes(whole_copy: Any) -> None:
    before = _artefacts(whole_copy)

    # In another folder, with other hash seeds and another number of threads.
    settings = {"PYTHONHASHSEED": "1", "POLARS_MAX_THREADS": "1", "TZ": "Asia/Tokyo"}
    ran = whole_copy.dvc("repro", "--force", check=True, **settings)

    assert ran.out.count("Running stage") == 9
    assert _artefacts(whole_copy) == before
    assert whole_copy.run("git", "status", "--porcelain").out == ""


def test_what_is_on_disk_is_verified(whole: Any) -> None:
    ran = whole.fold_guard("verify", "--plan", "grouped")
    assert ran.code == 0, ran.out
    assert ran.out.startswith("VERIFIED")


def test_an_edited_score_is_noticed(whole_copy: Any) -> None:
    path = whole_copy.artefact("grouped", "cv/metrics.json")
    path.write_text(path.read_text().replace('"estimate": 0.9', '"estimate": 0.99', 1))

    ran = whole_copy.fold_guard("verify", "--plan", "grouped")

    assert ran.code == 1
    assert "edited after they were made: metrics.json" in " ".join(ran.out.split())


def test_metrics_and_plots(whole: Any, tmp_path: Path) -> None:
    shown = json.loads(whole.dvc("metrics", "show", "--json", check=True).out)
    values = shown[""]["data"]["reports/grouped/cv/metrics.json"]["data"]
    table = pl.read_parquet(whole.table)
    majority = (table["result"] == "negative").mean()
    # The spy always says what is most frequent.
    assert values["accuracy"]["estimate"] == pytest.approx(majority, abs=1e-3)
    assert values["accuracy"]["low"] < values["accuracy"]["estimate"] < values["accuracy"]["high"]
    assert values["recall"]["negative"] == 1.0

    whole.dvc("plots", "show", "--out", str(tmp_path), check=True)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    for name in ("confusion.csv", "rounds.csv", "calibration.csv"):
        assert f"reports/grouped/cv/{name}" in page.replace("\\", "/")
    assert '"actual": "positive"' in page


def test_metrics_are_compared_with_the_last_commit(whole_copy: Any) -> None:
    before = _artefacts(whole_copy)
    params = whole_copy.params()
    params["cv"]["estimator"]["with"] = {"strategy": "constant", "constant": "positive"}
    whole_copy.set_params(params)

    ran = whole_copy.dvc("repro", "cv@grouped", check=True)

    assert ran.out.count("Running stage") == 1, "only the scores depend on the estimator"
    changed = json.loads(whole_copy.dvc("metrics", "diff", "--json", check=True).out)
    recall = changed["reports/grouped/cv/metrics.json"]["recall.positive"]
    assert (recall["old"], recall["new"], recall["diff"]) == (0.0, 1.0, 1.0)
    after = _artefacts(whole_copy)
    assert {name for name in after if after[name] != before[name]} <= {
        name for name in after if name.startswith("reports/grouped/cv/")
    }


def test_a_missed_target_is_exit_code_1_and_the_scores_stay(whole_copy: Any) -> None:
    params = whole_copy.params()
    params["plans"]["grouped"]["require"] = [{"metric": "recall[positive]", "min": 0.9}]
    whole_copy.set_params(params)

    ran = whole_copy.dvc("repro", "cv@grouped")

    assert ran.code != 0
    assert "recall[positive]" in ran.out
    scores = whole_copy.artefact("grouped", "cv")
    assert len(read_result(scores).rounds) == 3
    (target,) = read_requirements(scores)
    assert not target.met
    assert whole_copy.fold_guard("cv", "--plan", "grouped").code == 1


def test_the_order_of_rows_does_not_matter(whole_copy: Any) -> None:
    old = FoldMap.load(whole_copy.root / "data" / "folds" / "grouped")
    table = pl.read_parquet(whole_copy.table)
    table.sample(fraction=1.0, shuffle=True, seed=3).write_parquet(whole_copy.table)

    # The map that was made from the other order still belongs to this file.
    assert whole_copy.fold_guard("check", "--quick", "--plan", "grouped").code == 0
    whole_copy.fold_guard("fold", "--plan", "grouped", check=True)

    new = FoldMap.load(whole_copy.root / "data" / "folds" / "grouped")
    assert new.digest == old.digest
    assert new.manifest == old.manifest
    assert new.table.equals(old.table)


@pytest.mark.parametrize("kind", ["csv", "int32 ids"])
def test_file_format_and_width_of_ids_do_not_matter(whole_copy: Any, kind: str) -> None:
    old = FoldMap.load(whole_copy.root / "data" / "folds" / "grouped")
    table = pl.read_parquet(whole_copy.table)
    if kind == "csv":
        table.write_csv(whole_copy.root / "data" / "tests.csv")
        params = whole_copy.params()
        params["data"]["path"] = "data/tests.csv"
        whole_copy.set_params(params)
    else:
        table.with_columns(pl.col("row_id", "subject_id").cast(pl.Int32)).write_parquet(
            whole_copy.table
        )

    whole_copy.fold_guard("fold", "--plan", "grouped", check=True)

    assert FoldMap.load(whole_copy.root / "data" / "folds" / "grouped").digest == old.digest


# -- what does not stand is not shown ----------------------------------------------------------


def _accuracy(scratch: Any, plan: str) -> str:
    accuracy = read_result(scratch.artefact(plan, "cv")).summary["accuracy"]
    return f"{accuracy.estimate:.2f} ["


def _refuse_leaky(scratch: Any) -> None:
    params = scratch.params()
    params["plans"]["leaky"]["checks"]["group_overlap"] = {}
    scratch.set_params(params)


def _pretend_set_up(root: Path) -> None:
    """Our Makefile, and what it asks for before it runs anything."""
    shutil.copy(Path(__file__).parents[2] / "Makefile", root)
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    needed = re.search(r"^\$\(STAMP\): (.*)$", makefile, re.MULTILINE)
    assert needed
    for name in (*needed.group(1).split(), ".venv/.setup-done"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def test_make_repro_leaves_no_page_of_an_earlier_pass(whole_copy: Any) -> None:
    old = _accuracy(whole_copy, "leaky")
    assert old in (whole_copy.root / "reports" / "index.html").read_text(encoding="utf-8")
    _refuse_leaky(whole_copy)
    _pretend_set_up(whole_copy.root)

    ran = whole_copy.run("make", "repro")

    assert ran.code != 0
    summary = whole_copy.fold_guard("report", "--summary", check=True).out
    assert summary in ran.out
    assert "leaky    REFUSED" in summary
    assert "refused: FG301 group_overlap: subject_id: " in summary
    assert "scores of an earlier run are not shown" in " ".join(summary.split())
    page = (whole_copy.root / "reports" / "index.html").read_text(encoding="utf-8")
    assert page.count('class="word">REFUSED.') == 1
    assert page.count('class="word">PASSED.') == 1
    assert f"{old}" not in summary.split("leaky")[1]
    assert "on leaky" not in page.split('id="summary"')[1].split("</section>")[0]


def test_make_repro_without_artefacts_leaves_no_page(whole_copy: Any) -> None:
    params = whole_copy.params()
    params["plans"]["leaky"]["fold"]["n_splits"] = 10**6
    whole_copy.set_params(params)
    _pretend_set_up(whole_copy.root)

    assert whole_copy.run("make", "repro").code != 0

    page = whole_copy.root / "reports" / "index.html"
    assert not page.exists() or 'class="word">PASSED.</span> <span title="Plan leaky"' not in (
        page.read_text(encoding="utf-8")
    )


def test_scores_that_do_not_stand_are_not_shown(whole_copy: Any) -> None:
    path = whole_copy.artefact("grouped", "cv/metrics.json")
    path.write_text(path.read_text().replace('"estimate": 0.9', '"estimate": 0.99', 1))
    shutil.rmtree(whole_copy.artefact("leaky", "cv"))

    summary = whole_copy.fold_guard("report", check=True).out

    assert "scores do not stand: edited after they were made: metrics.json" in summary
    assert "the cv stage has not run" in summary
    assert "accuracy" not in summary
    page = (whole_copy.root / "reports" / "index.html").read_text(encoding="utf-8")
    assert page.count('class="word">NO SCORE STANDS.') == 2
    assert "edited after they were made: metrics.json" in page
    assert "confusion" not in page.split('id="score"')[1]


# -- verify reports ----------------------------------------------------------------------------


def test_verify_reports_a_missing_data_file(whole_copy: Any) -> None:
    whole_copy.table.unlink()
    ran = whole_copy.fold_guard("verify")
    assert ran.code == 1
    assert ran.out.startswith("BROKEN  2 plans")
    assert ran.out.count("no such file") == 2


def test_verify_reports_a_plan_that_gives_no_folds(whole_copy: Any) -> None:
    params = whole_copy.params()
    params["plans"]["grouped"]["fold"]["n_splits"] = 10**6
    whole_copy.set_params(params)

    ran = whole_copy.fold_guard("verify", "--plan", "grouped")

    assert ran.code == 1
    assert ran.out.startswith("BROKEN")
    assert "remade    BROKEN" in ran.out
    assert "scores    holds" in ran.out
    assert ran.err == ""


# -- metrics by name ---------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["cv.headline", "report.compare.metric"])
def test_an_unknown_metric_is_told_before_training(gated: Any, where: str) -> None:
    params = gated.params()
    if where == "cv.headline":
        params["cv"]["headline"] = ["recall[positiv]"]
    else:
        params["report"]["compare"] = {
            "metric": "recall[positiv]",
            "loose": "leaky",
            "strict": "grouped",
            "ignores": "groups",
        }
    gated.set_params(params)

    ran = gated.fold_guard("cv", "--plan", "grouped")

    assert ran.code == 2
    assert f"{where}: there is no metric 'recall[positiv]'" in ran.err
    assert "Did you mean 'recall[positive]'?" in ran.err
    gated.assert_untrained()

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fold_guard.evidence.dossier import Dossier
from fold_guard.evidence.report import Report
from fold_guard.reports.html import render_audit, render_dossier

SECTIONS = ["verdict", "summary", "checks", "folds", "score", "provenance"]
VOID = {"meta", "link", "br", "img", "input", "hr"}
FOREIGN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff]"
)


class Outline(HTMLParser):
    """Tags, attributes and text of a page; complains when tags do not nest."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.sections: list[str] = []
        self.words: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag == "section":
            self.sections.append(dict(attrs)["id"] or "")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self._open):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def outline(html: str) -> Outline:
    page = Outline()
    page.feed(html)
    page.close()
    assert not page._open
    return page


@pytest.fixture(scope="module")
def covid_html(covid: Dossier) -> str:
    return render_dossier(covid)


def test_sections_in_order_and_verdict_first(covid: Dossier, covid_html: str) -> None:
    page = outline(covid_html)
    assert page.sections == SECTIONS
    first = covid.plans[0].verdict
    quoted = "PASSED. Plan stratified_group Training on plan stratified_group was allowed: "
    quoted += f"{first.checks} checks"
    assert quoted in page.text
    assert page.text.index(quoted) < page.text.index("Summary")
    for plan in covid.plans:
        for warning in plan.verdict.warnings:
            at = page.text.index(f"{warning.code} {warning.name}")
            assert at < page.text.index("Summary")


def test_summary_says_claim_data_checks_score_and_comparison(
    covid: Dossier, covid_html: str
) -> None:
    text = outline(covid_html).text
    summary = text[text.index("Summary") : text.index("Checks The worst")]
    assert covid.comparison is not None
    for words in (
        f"Claim: {covid.claim}",
        "3,783 rows, 18 columns",
        "Not run: FG304 near_duplicate_rows, ",
        "Not run on plan stratified_group: FG306 temporal_order.",
        covid.comparison.sentence,
    ):
        assert words in summary
    found = covid.plans[1].result.summary["average_precision"]
    assert f"{found.estimate:.2f} [{found.low:.2f}, {found.high:.2f}] on forward" in summary


def test_every_digest_is_there_in_full(covid: Dossier, covid_html: str) -> None:
    text = outline(covid_html).text
    for plan in covid.plans:
        bound = plan.verdict.bindings
        for digest in (plan.verdict.digest, bound.dataset, bound.fold_map, bound.policy):
            assert digest in text
    assert "fold-guard verify" in text


def test_self_contained_and_small(covid_html: str) -> None:
    page = outline(covid_html)
    assert len(covid_html.encode()) < 1_500_000
    assert not {"script", "img", "iframe", "object", "base", "form"} & set(page.tags)
    outside = [(k, v) for k, v in page.attributes if k in ("src", "href") and v != "data:,"]
    assert outside == []
    assert not re.findall(r"@import|url\((?!#)|https?://", covid_html)
    assert covid_html.endswith("\n")
    assert not re.findall(r"\bNaN\b|\bnan\b|None", outline(covid_html).text)


def test_ids_are_unique_and_every_reference_has_its_target(covid_html: str) -> None:
    page = outline(covid_html)
    ids = [value for key, value in page.attributes if key == "id"]
    assert len(ids) == len(set(ids))
    named = [v for k, v in page.attributes if k == "aria-labelledby" and v]
    wanted = {each for value in named for each in value.split()}
    wanted |= set(re.findall(r"url\(#([^)]+)\)", covid_html))
    assert named
    assert wanted <= set(ids)


def test_failures_come_first(refused_audit: Report) -> None:
    html = render_audit(refused_audit)
    kinds = re.findall(r'<details class="check (\w+)">', html)
    order = ["error", "failed", "skipped", "not_applicable", "warned", "passed"]
    assert kinds == sorted(kinds, key=order.index)
    assert len(kinds) == len(refused_audit.checks)
    assert "failed" in kinds


def test_each_check_opens_to_numbers_findings_thresholds_and_explanation(
    refused_audit: Report,
) -> None:
    html = render_audit(refused_audit)
    [row] = re.findall(
        r'<details class="check failed">\s*<summary>\s*<span class="code">FG301.*?</details>',
        html,
        re.S,
    )
    text = outline(row).text
    outcome = next(each for each in refused_audit.checks if each.code == "FG301")
    assert outcome.summary in text
    assert outcome.findings[0].message in text
    assert str(outcome.findings[0].rows[0]) in text
    assert f"{outcome.measured['cross_fold_pairs']:,}" in text
    assert "max_test_rows_leaking" in text
    assert "What to do: Deal whole groups to folds" in text


def test_refused_audit_says_so_and_gives_the_command(refused_audit: Report) -> None:
    page = outline(render_audit(refused_audit))
    assert page.sections == SECTIONS
    assert "REFUSED. tests.parquet" in page.text
    command = (
        "fold-guard audit tests.parquet --fold fold --id row_id --label result "
        "--group subject_id --time pan_day"
    )
    assert command in page.text
    assert "there is no score" in page.text


def test_a_crashed_check_is_never_passed(broken_audit: Report) -> None:
    text = outline(render_audit(broken_audit)).text
    assert "1 could not run" in text
    assert "not run is never passed" in text
    first = re.findall(r'<details class="check (\w+)">', render_audit(broken_audit))[0]
    assert first == "error"


def test_refused_plan_lists_its_objections(covid: Dossier, refused_audit: Report) -> None:
    from fold_guard.gate.policy import Policy
    from fold_guard.gate.verdict import decide

    plan = covid.plans[0]
    verdict = decide(refused_audit.checks, Policy("p", {}, {}, {}), plan.verdict.bindings)
    html = render_dossier(replace(covid, plans=(replace(plan, verdict=verdict),), comparison=None))
    text = outline(html).text
    assert "REFUSED. Plan p Training on plan p was not allowed" in text
    assert (
        text.index("Objections")
        < text.index("the policy declares no check")
        < text.index("Summary")
    )


@pytest.mark.parametrize("both", [False, True])
def test_scores_that_do_not_stand_are_not_shown(covid: Dossier, both: bool) -> None:
    first, second = covid.plans
    stale = replace(first, result=None, requirements=(), reason="made under another verdict")
    other = replace(second, result=None, requirements=(), reason="there are none")
    plans = (stale, other if both else second)
    page = outline(render_dossier(replace(covid, plans=plans, comparison=None)))
    text = page.text
    assert page.sections == SECTIONS
    assert "NO SCORE STANDS. Plan stratified_group" in text
    assert text.count("No score is shown: made under another verdict.") == 2
    assert "on stratified_group" not in text[text.index("Score in pictures") :]
    assert ("Confusion" in text) is not both
    assert "None" not in text


def test_checks_and_outcomes_are_counted_apart(covid: Dossier, covid_html: str) -> None:
    text = outline(covid_html).text
    for plan in covid.plans:
        checks, outcomes = plan.verdict.checks, len(plan.report.checks)
        counts = f"{checks} checks" + (f", {outcomes} outcomes" if outcomes != checks else "")
        assert text.count(f"{counts}: ") >= 2


def test_missed_target_shows_in_the_verdict(covid: Dossier) -> None:
    from fold_guard.crossval.requirements.check import check_requirements
    from fold_guard.crossval.requirements.parse import parse_requirements

    plan = covid.plans[0]
    wanted = parse_requirements([{"metric": "recall[positive]", "bound": "lower", "min": 0.99}])
    missed = replace(plan, requirements=check_requirements(plan.result, wanted))
    text = outline(render_dossier(replace(covid, plans=(missed,), comparison=None))).text
    assert "TARGET MISSED. Plan stratified_group Training" in text
    assert "The score misses 1 of 1 target." in text
    assert "required >= 0.99" in text


def test_undefined_metrics_give_their_reason(bare: Dossier) -> None:
    html = render_dossier(bare)
    text = outline(html).text
    assert "recall[yes] is 0.00 [0.00, 0.00] (defined in 3 of 10 rounds; all rounds agree" in text
    assert "no rows of class 'yes'" in text
    assert "the estimator has no predict_proba" in text
    assert "Not drawn: the estimator gives no probabilities." in text
    assert "Not drawn: the table has no time column." in text
    assert "Not drawn: without a group key every row is its own unit." in text
    assert not re.findall(r"\bNaN\b|\bnan\b", html)


def test_rows_that_are_tested_again_are_counted_as_predictions(twice: Dossier) -> None:
    text = outline(render_dossier(twice)).text
    [plan] = twice.plans
    rows, classes = plan.manifest.dataset.rows, plan.manifest.classes
    assert f"{2 * rows:,} predictions on {rows:,} rows are counted." in text
    positive = sum(e.by_class[classes.index("positive")] for e in plan.manifest.folds[:3])
    assert f"Class positive ({2 * positive:,} predictions on twice)" in text
    assert "predictions found (" in text
    assert "n_test/n_train = 0.50" in text
    assert "; 6 rounds: 2 repeats of 3 folds." in text
    assert re.search(r"folds\s+3\s+rounds\s+6\s", text)


def test_rounds_that_allow_no_interval_say_so(choices: Dossier) -> None:
    text = outline(render_dossier(choices)).text
    assert (
        "Plan choices: accuracy is the mean over 6 rounds; no interval: choices of blocks in time "
        "are no draws from one distribution"
    ) in text
    assert "(no interval)" in text
    assert "95%" not in text


def test_strings_from_data_are_shown_never_obeyed(hostile: Dossier) -> None:
    html = render_dossier(hostile)
    page = outline(html)
    assert not FOREIGN.search(html)
    assert not {"script", "img", "i"} & set(page.tags)
    assert not [key for key, _ in page.attributes if key.startswith("on")]
    assert "<script>alert(1)</script>" in page.text
    assert r"\x1b[31mred\x07" in page.text
    assert r"\u202egnp.exe" in page.text
    assert "{{ 7 * 7 }}" in page.text
    assert "w" * 600 not in html
    assert "(3,000 characters)" in html
    assert len(html) < 1_500_000


def test_caps_are_stated(crowded: Dossier, crowded_audit: Report) -> None:
    text = outline(render_dossier(crowded)).text
    assert "6 of 40 classes are drawn: the commonest (class 00) and the rarest." in text
    assert "The 6 rarest of 40 classes are drawn." in text
    assert "8 of 40 classes are shown: those with the most errors." in text
    assert "60 of 292 metrics are shown; result.json has all." in text
    html = render_audit(crowded_audit)
    assert len(html) < 400_000
    assert "6 of 10,000 classes are drawn" in outline(html).text
    assert "The first 40 of 60 folds are drawn." in outline(html).text


@pytest.mark.parametrize("which", ["covid", "hostile", "bare"])
def test_same_dossier_same_bytes(which: str, request: pytest.FixtureRequest) -> None:
    dossier = request.getfixturevalue(which)
    assert render_dossier(dossier) == render_dossier(dossier)


def test_another_process_renders_the_same_bytes(
    refused_audit: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import json

    path = tmp_path / "report.json"
    path.write_text(json.dumps(refused_audit.to_json()))
    code = (
        "import json, pathlib, sys; from fold_guard.evidence.report import report_from_json; "
        "from fold_guard.reports.html import render_audit; "
        f"raw = json.loads(pathlib.Path({str(path)!r}).read_text()); "
        "sys.stdout.write(render_audit(report_from_json(raw, source='', remedy='')))"
    )
    pages = []
    for seed in ("1", "2"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        done = subprocess.run(
            [sys.executable, "-X", "utf8", "-c", code], capture_output=True, check=True
        )
        pages.append(done.stdout.decode())
    assert pages[0] == pages[1] == render_audit(refused_audit)


def test_import_is_cheap() -> None:
    code = (
        "import sys, fold_guard.reports.html; "
        "heavy = {'altair', 'vl_convert', 'pandas', 'sklearn', 'jinja2'} & set(sys.modules); "
        "sys.exit(str(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_two_plans_render_within_seconds(covid: Dossier) -> None:
    render_dossier(covid)
    started = time.process_time()
    render_dossier(covid)
    assert time.process_time() - started < 5


def test_paths_and_clocks_stay_out(covid_html: str, make_absent: Callable[[], list[str]]) -> None:
    for words in make_absent():
        assert words not in covid_html


@pytest.fixture
def make_absent() -> Callable[[], list[str]]:
    import platform

    return lambda: [str(Path.cwd()), str(Path.home()) + "/", platform.node() or "no-host"]

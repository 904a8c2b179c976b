from __future__ import annotations

from dataclasses import replace

from markdown_it import MarkdownIt

from fold_guard.reports.markdown import render_markdown
from fold_guard.reports.markdown_escape import escaped
from tests.reports import text_fixtures as made
from tests.reports.hostile_reports import NASTY


def cells(text: str) -> list[list[str]]:
    """Read the table as a viewer would."""
    rows: list[list[str]] = []
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and rows and token.level > 3:
            rows[-1].append("".join(x.content for x in token.children or () if x.type == "text"))
    return rows


def test_the_verdict_comes_first_and_failures_lead_the_table() -> None:
    text = render_markdown(made.leaky())
    assert text.startswith("### fold-guard: REFUSED\n")
    head, first, *others = cells(text)
    assert head[1:] == ["check", "target", "outcome", "summary"]
    assert first[1:4] == ["FG301 group_overlap", "patient", "FAILED"]
    assert "240 test rows (100.0%)" in first[4]
    assert [row[3] for row in others] == ["FAILED"]
    assert "<details><summary>Worst findings</summary>\n\n- **FG301** patient 0\\:" in text


def test_a_clean_split_has_no_table() -> None:
    text = render_markdown(made.clean_split())
    assert text.startswith("### fold-guard: PASSED\n")
    assert "|" not in text
    assert "<details>" not in text
    assert "Passed: FG101" in text


def test_a_hostile_cell_stays_a_cell() -> None:
    report = made.leaky()
    first, *others = report.checks
    for nasty in NASTY:
        bad = replace(report.checks[4], target=nasty, summary=nasty)
        rows = cells(render_markdown(replace(report, checks=(bad, first, *others))))
        assert {len(row) for row in rows} == {5}


def test_long_lists_are_cut_and_the_cut_is_stated() -> None:
    report = made.leaky()
    failed = next(each for each in report.checks if each.code == "FG301")
    text = render_markdown(replace(report, checks=(failed,) * 70))
    assert "10 more" in text
    assert "and 330 more" in text
    assert len(text) < 65_000


def test_nothing_becomes_a_link_a_mention_or_a_formula() -> None:
    assert escaped("www.a.b") == r"www\.a.b"
    assert escaped("GH-12 gh-3 GH-x") == "GH<!-- -->-12 gh<!-- -->-3 GH-x"
    assert escaped("$x$") == "<span>$</span>x<span>$</span>"
    assert escaped("https://x") == r"https\://x"

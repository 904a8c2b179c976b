"""Laws that every format keeps, whatever the report says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from fold_guard.checks.outcome import Status
from fold_guard.cli.options import Format
from fold_guard.evidence.report import Report
from fold_guard.reports.formats import FORMATS, renderer
from fold_guard.reports.place import Place
from tests.reports import text_fixtures as made
from tests.reports.hostile_reports import reports, texts

OBEYED = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
places = st.none() | st.builds(
    Place, path=texts, lines=st.dictionaries(st.just("group_overlap"), st.integers(1, 99))
)
many = settings(max_examples=60, deadline=None)
few = settings(max_examples=6, deadline=None)  # its charts take long


def parse_github(text: str) -> None:
    for line in text.splitlines():
        assert re.fullmatch(
            r"::(error|warning|notice) (file=[^:,]*,)?(line=\d+,)?title=[^:,]*::.*", line
        )


def parse_markdown(text: str) -> None:
    """What is markup is ours."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    spans = ("<!-- -->", "<span>", "</span>")
    for token in tokens:
        assert token.type not in ("fence", "code_block", "hr", "ordered_list_open"), token
        if token.type == "html_block":
            ours = ("<details><summary>Worst findings</summary>\n", "</details>\n")
            assert token.content in ours, token.content
        for child in token.children or ():
            assert child.type not in ("link_open", "image", "em_open", "s_open"), token.content
            assert child.type != "html_inline" or child.content in spans, child.content
    headings = [token for token in tokens if token.type == "heading_open"]
    assert len(headings) == 1


GRAMMARS: dict[str, Callable[[str], object]] = {
    "text": lambda text: None,
    "json": json.loads,
    "html": lambda text: None,
    "markdown": parse_markdown,
    "sarif": json.loads,
    "junit": ET.fromstring,
    "github": parse_github,
}


def test_every_format_is_held_to_a_grammar_and_offered() -> None:
    assert set(GRAMMARS) == set(FORMATS) == {each.value for each in Format}


def keeps_the_laws(name: str, report: Report, place: Place | None) -> None:
    render = renderer(name)
    text = render(report, place=place, next_steps=["do <b>this</b>"])
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    text.encode()
    assert not OBEYED.search(text)
    GRAMMARS[name](text)
    for each in report.checks:
        if each.status in (Status.FAILED, Status.ERROR):
            assert each.code in text
    assert render(report, place=place, next_steps=["do <b>this</b>"]) == text
    if name in ("json", "sarif"):
        return
    if name == "junit":
        broken = ET.fromstring(text).findall(".//failure") + ET.fromstring(text).findall(".//error")
        assert bool(broken) != report.passed
    said = re.search("PASSED|REFUSED", text)
    assert said is not None
    assert (said.group() == "PASSED") == report.passed


@pytest.mark.parametrize("name", [each for each in FORMATS if each != "html"])
@many
@given(report=reports(), place=places)
def test_nothing_from_data_breaks_a_format(name: str, report: Report, place: Place | None) -> None:
    keeps_the_laws(name, report, place)


@few
@given(report=reports(), place=places)
def test_nothing_from_data_breaks_the_page(report: Report, place: Place | None) -> None:
    keeps_the_laws("html", report, place)


@pytest.mark.parametrize("name", ["text", "markdown", "junit", "github", "sarif"])
def test_what_was_not_run_is_said(name: str) -> None:
    report = made.leaky()
    text = renderer(name)(report)
    assert report.not_run
    for each in report.not_run:
        assert each.code in text


@pytest.mark.parametrize("name", FORMATS)
def test_the_number_that_matters_is_in_every_format(name: str) -> None:
    text = " ".join(renderer(name)(made.leaky()).split())
    assert "240 test rows" in text

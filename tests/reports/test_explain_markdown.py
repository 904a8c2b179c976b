"""The pages of the checks: committed as they are generated, and complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from fold_guard.checks.catalogue import BY_NAME, CATALOGUE
from fold_guard.checks.check import Check
from fold_guard.errors import UsageError
from fold_guard.reports.explain_markdown import explain_all_markdown, explain_markdown, pages
from tests.reports.examples import outcomes_of

TESTS = Path(__file__).parents[1]
PAGES = TESTS.parent / "docs" / "checks"
each_check = pytest.mark.parametrize("check", CATALOGUE, ids=lambda check: check.code)


def read_as_text(markdown: str) -> str:
    """Return what a reader sees."""
    seen = []
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        if token.type in ("fence", "code_block"):
            seen.append(token.content)
        for child in token.children or ():
            seen.append(" " if child.type == "softbreak" else child.content)
    return " ".join(" ".join(seen).split())


def test_the_committed_pages_are_those_that_are_generated() -> None:
    made = dict(pages())
    assert {path.name for path in PAGES.iterdir()} == set(made)
    for name, text in made.items():
        assert (PAGES / name).read_text(encoding="utf-8") == text, (
            f"docs/checks/{name} is out of date; make the pages again with: "
            "fold-guard explain --format markdown --output docs/checks"
        )


@each_check
def test_a_page_says_everything(check: Check) -> None:
    text = read_as_text(explain_markdown(check.code))
    said = check.explanation
    parts = [said.meaning, said.example, said.fix, *said.references, *said.measured.values()]
    for part in (*parts, *said.measured, *check.totals):
        assert " ".join(part.split()) in text
    for name in check.rule().thresholds():
        assert f"{name}: " in text


def test_the_index_leads_to_every_page() -> None:
    links = re.findall(r"\[(FG\d+)\]\((FG\d+)\.md\)", explain_all_markdown())
    assert links == [(check.code, check.code) for check in CATALOGUE]


@each_check
def test_every_check_cites_its_sources(check: Check) -> None:
    assert check.explanation.references
    for each in check.explanation.references:
        assert not re.search(r"https?:|www\.", each)


@each_check
def test_every_measured_name_is_explained_and_every_total_is_a_number(check: Check) -> None:
    known = set(check.explanation.measured)
    heads = {name.partition(".")[0] for name in known}
    for measured in (each.measured for _, outcomes in outcomes_of(check) for each in outcomes):
        for name, value in measured.items():
            if name == "rounds":
                inner = {f"rounds.{{j}}.{key}" for numbers in value.values() for key in numbers}
                assert inner <= known
            else:
                assert name in heads, name
        for name in check.totals:
            assert isinstance(measured[name], int | float | None), name
    assert BY_NAME[check.name] is check


def test_what_is_not_there_cannot_be_explained() -> None:
    with pytest.raises(UsageError, match="there is no check 'FG3O1'"):
        explain_markdown("FG3O1")

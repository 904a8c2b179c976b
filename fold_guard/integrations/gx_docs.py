"""Data Docs of one suite: Great Expectations' own pages, self-contained and the same every time.

Great Expectations renders what was asked and what was found; only the frame around it is ours. Its
own frame loads styles and scripts from seven hosts, numbers elements at random, shows the time, and
copies 4 MB of pictures.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from itertools import count
from pathlib import Path
from typing import Any

from fold_guard.dataset.files import atomic_directory
from fold_guard.integrations.gx_docs_page import COLLAPSE, NOT_RUN, PAGE
from fold_guard.integrations.gx_run import Validated

# Great Expectations puts some strings into its pages unescaped, and escapes others, so that
# escaping them beforehand would show up. These stand for what could become markup.
_HARMLESS = {ord("<"): "\u2039", ord(">"): "\u203a"}
_HARMLESS |= {code: "\ufffd" for code in (*range(9), *range(11, 32), *range(127, 160))}


def write_data_docs(folder: Path, validated: Validated) -> None:
    """Write ``index.html`` (results) and ``expectations.html`` (the suite).

    What Great Expectations cannot render it leaves out with a log line; the page says so instead.
    """
    from great_expectations.render.renderer import (
        ExpectationSuitePageRenderer,
        ValidationResultsPageRenderer,
    )

    suite, result = _harmless_suite(validated.suite), _harmless_result(validated.result)
    with _render_errors() as left_out:
        results: Any = ValidationResultsPageRenderer()
        expectations: Any = ExpectationSuitePageRenderer()
        found, asked = results.render(result), expectations.render(suite)
    pages = {
        "index.html": _page(found, f"Results of {suite.name}", left_out),
        "expectations.html": _page(asked, f"Expectations of {suite.name}", ()),
    }
    _write(folder, pages)


def write_not_run(folder: Path, name: str, summary: str) -> None:
    """Put a page that says why there are no results in the place of the last run's results."""
    from jinja2 import Environment

    template = Environment(autoescape=True).from_string(NOT_RUN)
    _write(folder, {"index.html": template.render(page=f"Results of {name}", summary=summary)})


def _write(folder: Path, pages: Mapping[str, str]) -> None:
    with atomic_directory(folder) as fresh:
        for name, page in pages.items():
            (fresh / name).write_text(page, encoding="utf-8", newline="\n")


def _page(document: Any, title: str, left_out: Sequence[str]) -> str:
    from great_expectations.render.view import DefaultJinjaPageView
    from jinja2 import ChoiceLoader, DictLoader

    view: Any = DefaultJinjaPageView()
    ours = DictLoader({"page.j2": PAGE, "collapse.j2": COLLAPSE})
    view.env.loader = ChoiceLoader([ours, view.env.loader])
    numbers = count(1)
    view.env.filters["generate_html_element_uuid"] = lambda prefix="": f"{prefix}{next(numbers)}"
    body = str(view.render(document, page=title, left_out=left_out))
    # Great Expectations links to the suite through the folders of a site with one folder a run.
    name = document.expectation_suite_name
    climb = "../" * (name.count(".") + 4)
    body = body.replace(f"{climb}expectations/{name.replace('.', '/')}.html", "expectations.html")
    return "\n".join(line.rstrip() for line in body.splitlines() if line.strip()) + "\n"


def _harmless_suite(suite: Any) -> Any:
    from great_expectations import ExpectationSuite

    return ExpectationSuite(**_harmless(suite.to_json_dict()))


def _harmless_result(result: Any) -> Any:
    copy = deepcopy(result)
    copy.suite_name = _harmless(copy.suite_name)
    copy.suite_parameters = _harmless(copy.suite_parameters)
    copy.meta = _harmless(copy.meta)
    for item in copy.results:
        item.result = _harmless(item.result)
        item.expectation_config.kwargs = _harmless(item.expectation_config.kwargs)
        item.expectation_config.meta = _harmless(item.expectation_config.meta)
    return copy


def _harmless(value: Any) -> Any:
    """Replace markup and control characters in every string, however deep."""
    match value:
        case str():
            return value.translate(_HARMLESS)
        case Mapping():
            return {_harmless(key): _harmless(item) for key, item in value.items()}
        case list() | tuple():
            return [_harmless(item) for item in value]
        case _:
            return value


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(level=logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        # What follows is a traceback, and with it this machine's paths.
        lines = record.getMessage().partition("Traceback")[0].strip().splitlines()
        self.messages.append(_harmless(lines[-1].strip()) if lines else "no message")


@contextmanager
def _render_errors() -> Iterator[list[str]]:
    logger = logging.getLogger("great_expectations")
    collector, propagate = _Collector(), logger.propagate
    logger.addHandler(collector)
    logger.propagate = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield collector.messages
    finally:
        logger.removeHandler(collector)
        logger.propagate = propagate

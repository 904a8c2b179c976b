"""A report as JUnit XML: a test case for each outcome, for the test pages of CI servers."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from fold_guard.checks.outcome import Outcome, Status
from fold_guard.evidence.report import Report
from fold_guard.reports.baseline_words import baseline_sentences
from fold_guard.reports.levels import headline, level, worst_first
from fold_guard.reports.page.visible import visible
from fold_guard.reports.place import Place
from fold_guard.reports.worst import finding_sentence

_ELEMENTS = {
    Status.FAILED: "failure",
    Status.ERROR: "error",
    Status.SKIPPED: "skipped",
    Status.NOT_APPLICABLE: "skipped",
}


def render_junit(
    report: Report,
    *,
    width: int = 0,
    colour: bool = False,
    next_steps: Sequence[str] = (),
    place: Place | None = None,
) -> str:
    """Return JUnit XML.

    An outcome that warned is a passing case with its text in ``system-out``. A check that was not
    run is skipped. Where the report refuses although no case fails (a declared check was skipped,
    or ``--fail-on warning``), one more case, ``verdict``, fails.

    Parameters
    ----------
    report : Report
    width, colour, next_steps
        Of no use here; every format takes them.
    place : Place, optional
        The file that cases are about.

    Returns
    -------
    str
        An XML document in UTF-8 without times: the same report gives the same bytes.
    """
    name = f"fold-guard {report.plan or report.dataset.name}"
    suite = ET.Element("testsuite", name=visible(name))
    for each in worst_first(report):
        _case(suite, report, each, place)
    for idle in report.not_run:
        case = _named(suite, f"{idle.code} {idle.name}", None)
        ET.SubElement(case, "skipped", message=visible(f"not run: {idle.reason}"))
    if not report.passed and suite.find(".//failure") is None and suite.find(".//error") is None:
        case = _named(suite, "verdict", place)
        ET.SubElement(case, "failure", message=visible(headline(report)), type="refused")
    said = [headline(report), *baseline_sentences(report)]
    ET.SubElement(suite, "system-out").text = "\n".join(map(visible, said))
    suites = ET.Element("testsuites", name="fold-guard")
    suites.append(suite)
    for each_element in (suite, suites):
        each_element.set("tests", str(len(suite.findall("testcase"))))
        for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            each_element.set(count, str(len(suite.findall(f"testcase/{tag}"))))
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, "unicode") + "\n"


def _case(suite: ET.Element, report: Report, outcome: Outcome, place: Place | None) -> None:
    title = " ".join(x for x in (outcome.code, outcome.name, outcome.target) if x)
    case = _named(suite, title, place)
    numbered = not report.dataset.id
    lines = [outcome.summary]
    lines += [finding_sentence(each, numbered=numbered) for each in outcome.findings]
    element = _ELEMENTS.get(outcome.status)
    if element is not None:
        found = ET.SubElement(case, element, message=visible(outcome.summary))
        if element != "skipped":
            found.set("type", outcome.code)
            found.text = "\n".join(map(visible, lines))
    elif level(outcome) != "none":
        ET.SubElement(case, "system-out").text = "\n".join(map(visible, ["warned", *lines]))


def _named(suite: ET.Element, title: str, place: Place | None) -> ET.Element:
    case = ET.SubElement(suite, "testcase", classname=suite.get("name", ""), name=visible(title))
    if place is not None:
        case.set("file", visible(place.path))
    return case

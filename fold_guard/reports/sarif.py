"""A report as SARIF 2.1.0, which code-scanning viewers open.

Source: Static Analysis Results Interchange Format (SARIF) Version 2.1.0, OASIS Standard, 2020.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from fold_guard.checks.catalogue import BY_NAME, CATALOGUE
from fold_guard.checks.check import Check
from fold_guard.checks.outcome import Finding, Outcome
from fold_guard.evidence.baseline import fingerprint
from fold_guard.evidence.report import Report
from fold_guard.identity.hashing import json_digest
from fold_guard.reports.clean import clean, clean_json, clean_sentence
from fold_guard.reports.explain_markdown import help_markdown
from fold_guard.reports.levels import headline, level, worst_first
from fold_guard.reports.place import Place
from fold_guard.reports.worst import finding_sentence

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
# The name of the algorithm, for viewers that compare runs: a new one gets a new name.
_MARK = "foldGuardFinding/v1"
_OWN = {"PANDERA": "A suite of pandera checks", "GX": "A suite of Great Expectations"}


def render_sarif(
    report: Report,
    *,
    width: int = 0,
    colour: bool = False,
    next_steps: Sequence[str] = (),
    place: Place | None = None,
) -> str:
    """Return SARIF 2.1.0 as JSON text.

    There is a result for each finding of an outcome that did not pass, or one for the outcome.
    What a baseline accepts is ``unchanged`` and suppressed. A check that was not run is a
    notification of the invocation, for it is neither passed nor failed.

    Parameters
    ----------
    report : Report
    place : Place, optional
        The file that results point at. Default: params.yaml for a plan, else the audited file by
        its name alone.
    width, colour, next_steps
        Of no use here; every format takes them.
    """
    if place is None:
        place = Place("params.yaml" if report.plan is not None else report.dataset.name)
    outcomes = [each for each in worst_first(report) if level(each) != "none"]
    codes = sorted({each.code for each in outcomes} | {check.code for check in CATALOGUE})
    results = [
        result
        for outcome in outcomes
        for result in (
            [_result(report, outcome, finding, place, codes) for finding in outcome.findings]
            or [_result(report, outcome, None, place, codes)]
        )
    ]
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "fold-guard",
                "semanticVersion": version("fold-integrity"),
                "rules": [_rule(code, outcomes) for code in codes],
            }
        },
        "automationDetails": {"id": f"fold-guard/{clean(report.plan or report.dataset.name, 80)}/"},
        "invocations": [
            {
                "executionSuccessful": True,
                "exitCode": 0 if report.passed else 1,
                "exitCodeDescription": clean_sentence(headline(report)),
                "toolConfigurationNotifications": [
                    {
                        "level": "note",
                        "message": _message(f"{x.code} {x.name} was not run: {x.reason}"),
                    }
                    for x in report.not_run
                ],
            }
        ],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    if report.baseline is not None and report.baseline.gone:
        run["properties"] = {
            "noLongerFound": [
                clean_sentence(f"{each.code} {each.target}: {each.message}")
                for each in report.baseline.gone
            ]
        }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return clean_json(json.dumps(log, indent=2, ensure_ascii=False, allow_nan=False)) + "\n"


def _result(
    report: Report,
    outcome: Outcome,
    finding: Finding | None,
    place: Place,
    codes: Sequence[str],
) -> dict[str, Any]:
    text = f"{outcome.target}: {outcome.summary}" if outcome.target else outcome.summary
    text, accepted = clean_sentence(text), outcome.accepted
    if finding is None:
        mark = json_digest([outcome.code, clean(outcome.name), clean(outcome.target)])
    else:
        told = finding_sentence(finding, numbered=not report.dataset.id)
        text, mark = f"{told} ({text})", fingerprint(report, outcome, finding)
        accepted = finding.accepted
    result: dict[str, Any] = {
        "ruleId": outcome.code,
        "ruleIndex": codes.index(outcome.code),
        "level": "note" if accepted else level(outcome),
        "message": _message(text),
        "locations": [_location(report, outcome, place)],
        "partialFingerprints": {_MARK: mark},
    }
    if report.baseline is not None:
        result["baselineState"] = "unchanged" if accepted else "new"
        if accepted:
            result["suppressions"] = [{"kind": "external", "justification": "in the baseline"}]
    return result


def _location(report: Report, outcome: Outcome, place: Place) -> dict[str, Any]:
    # Code scanning asks for a line: the first stands for the file as a whole.
    line = place.lines.get(outcome.name, 1)
    found: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": uri_of(place.path)},
            "region": {"startLine": line},
        }
    }
    if report.plan is not None:
        section = "checks" if outcome.name in BY_NAME else "suites"
        path = clean(f"plans.{report.plan}.{section}.{outcome.name}")
        found["logicalLocations"] = [{"fullyQualifiedName": path, "kind": "property"}]
    return found


def uri_of(path: str) -> str:
    """Return a path as a URI reference.

    >>> uri_of("data/50% off, a:b.csv")
    'data/50%25%20off%2C%20a%3Ab.csv'
    """
    return quote(path.encode("utf-8", "surrogateescape" if path.isprintable() else "replace"))


def _message(text: str) -> dict[str, str]:
    """Return a message of plain text, in which braces and brackets would have a meaning."""
    shown = clean(text).replace("{", "{{").replace("}", "}}")
    return {"text": shown.replace("[", "\\[").replace("]", "\\]")}


def _rule(code: str, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    check = next((each for each in CATALOGUE if each.code == code), None)
    if check is None:
        text = _OWN.get(code, "A check of another program")
        return {"id": code, "shortDescription": {"text": text}, "help": {"text": text}}
    return _catalogued(check)


def _catalogued(check: Check) -> dict[str, Any]:
    said = check.explanation
    return {
        "id": check.code,
        "name": "".join(part.capitalize() for part in check.name.split("_")),
        "shortDescription": {"text": check.name.replace("_", " ").capitalize()},
        "fullDescription": {"text": said.meaning},
        "help": {
            "text": f"{said.meaning}\n\nExample: {said.example}\n\nRemedy: {said.fix}",
            "markdown": help_markdown(check),
        },
        "defaultConfiguration": {"level": check.rule().severity.value},
        "properties": {"tags": ["cross-validation", "data-leakage"]},
    }

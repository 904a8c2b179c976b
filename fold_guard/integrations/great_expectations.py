"""Run a Great Expectations suite on the rounds table, fail-closed.

A suite is a JSON file in the format of Great Expectations 1.x. Its custom expectations live in
Python files that params name beside it; they are code (see `suite_file.load_module`). Thresholds
are written ``{"$PARAMETER": "min_test"}`` and come from params; the names that
`SuiteInput.facts` gives (``group_columns``, ``time_column``, ...) are known without being set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from fold_guard.checks.outcome import Outcome, Severity, Status
from fold_guard.integrations.gx_suite import read_declared
from fold_guard.integrations.suite_file import load_module
from fold_guard.integrations.suite_input import SuiteInput
from fold_guard.integrations.suite_outcome import SuiteTally, suite_outcome


def run_great_expectations(
    name: str,
    path: Path,
    *,
    modules: Sequence[Path],
    severity: Severity,
    suite_input: SuiteInput,
    parameters: Mapping[str, object],
    data_docs: Path | None,
) -> Outcome:
    """Run one suite on the rounds table, and write its Data Docs.

    Parameters
    ----------
    name : str
        The suite's name in params.
    path : Path
        The suite, JSON.
    modules : sequence of Path
        Python files with the custom expectations that the suite uses.
    severity : Severity
        What a broken rule counts as. A suite that did not run is ``error`` under either.
    suite_input : SuiteInput
    parameters : mapping of str to JSON value
        Values for ``$PARAMETER``. One that the suite does not ask for is an error: its threshold
        would not be in force.
    data_docs : Path or None
        Folder of this suite's pages, ``index.html`` (what was found) and ``expectations.html``
        (what was asked). The folder is replaced as a whole, so each suite wants its own. If the
        suite did not run, ``index.html`` says so. None writes nothing.

    Returns
    -------
    Outcome
        Code ``GX``.
    """

    def run() -> SuiteTally:
        declared = read_declared(path)
        values = declared.resolve(parameters, suite_input.facts())
        suite_input.require_rounds()
        # From here on Great Expectations is needed, and importing it takes seconds.
        from fold_guard.integrations import gx_run
        from fold_guard.integrations.gx_results import judge

        gx_run.require_installed()
        seals = {path.name: declared.seal}
        owners = []
        with gx_run.quiet():
            for file in modules:
                module, seal = load_module(file)
                owners.append(module.__name__)
                seals[file.name] = seal
            gx_run.require_registered(declared, owners)
            validated = gx_run.validate(name, declared, values, suite_input.rounds)
        rules, findings = judge(declared, values, validated.results)
        if data_docs is not None:
            from fold_guard.integrations.gx_docs import write_data_docs

            write_data_docs(data_docs, validated)
        return SuiteTally(rules, findings, seals)

    outcome = suite_outcome("GX", name, "rounds", severity, parameters, run)
    if data_docs is not None and outcome.status is Status.ERROR:
        from fold_guard.integrations.gx_docs import write_not_run

        write_not_run(data_docs, name, outcome.summary)
    return outcome

"""Whether data, fold map, params, verdict and scores still belong together, recomputed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.outcome import Outcome, Status
from fold_guard.checks.run import run_checks
from fold_guard.checks.subjects.prepare import subject_of_map
from fold_guard.checks.wording import counted
from fold_guard.dataset.files import read_json, write_json
from fold_guard.dataset.roles import Roles
from fold_guard.errors import ArtifactError, Refused
from fold_guard.evidence.report import Report, check_json
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.growth.lineage import Kin
from fold_guard.folds.growth.remake import Past, broken_links, difference, lineage_of
from fold_guard.folds.plan import FoldPlan
from fold_guard.gate.policy import Policy
from fold_guard.gate.verdict import Bindings, Verdict, decide, features_digest
from fold_guard.identity.hashing import file_digest, json_digest

PROVENANCE_FILE = "provenance.json"
PROVENANCE_SCHEMA = "fold-guard/provenance/2"
_SHOWN = 3
_SHUT = (Status.FAILED, Status.ERROR, Status.SKIPPED, Status.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that must hold.

    Attributes
    ----------
    subject : str
        What it is about: ``data``, ``fold map``, ``lineage``, ``params``, ``checks``, ``verdict``,
        ``report``, ``remade``, ``scores``.
    holds : bool
    detail : str
        The digest or number that shows it, or what is wrong and what to do.
    """

    subject: str
    holds: bool
    detail: str


def standing(
    fold_map: FoldMap,
    frame: pl.DataFrame,
    roles: Roles,
    plan: FoldPlan,
    policy: Policy,
    digests: pl.Series | None = None,
    *,
    report: Report | None = None,
) -> tuple[Statement, ...]:
    """Recompute digests and the fast deterministic checks of one plan.

    Parameters
    ----------
    fold_map : FoldMap
        Loaded without verification.
    frame : polars.DataFrame
        All columns of the table.
    roles : Roles
        Resolved.
    plan : FoldPlan
    policy : Policy
        Both as params.yaml states them now.
    digests : polars.Series of UInt64, optional
        Of the table's rows, when they are known already.
    report : Report, optional
        What an earlier run of the checks wrote; it must say what is found now.

    Returns
    -------
    tuple of Statement
        On data, fold map, its lineage if it has one, params and checks.
    """
    subject = subject_of_map(fold_map, frame, roles, digests)
    found = subject.reconciliation
    assert found is not None
    manifest = fold_map.manifest
    statements = [
        Statement(
            "data",
            found.dataset_digest == manifest.dataset.digest,
            f"{frame.height:,} rows, digest {found.dataset_digest[:12]}"
            if found.dataset_digest == manifest.dataset.digest
            else "the data changed after the fold map was made: run dvc repro, or restore the file",
        ),
        Statement(
            "fold map",
            not found.edited,
            f"{_size(fold_map)}, digest {fold_map.digest[:12]}"
            if not found.edited
            else "the fold map was edited after it was made: run dvc repro, or restore it",
        ),
        *_lineage(fold_map),
        _params(fold_map, roles, plan, report),
    ]
    quick = {name: rule for name, rule in policy.rules.items() if not BY_NAME[name].opt_in}
    outcomes = run_checks(subject, quick)
    statements.append(_checks(outcomes, policy, report))
    return tuple(statements)


def _size(fold_map: FoldMap) -> str:
    folds, repeats = fold_map.manifest.n_folds, fold_map.manifest.plan.n_repeats
    return f"{repeats} repeats of {counted(folds, 'fold')}" if repeats > 1 else f"{folds} folds"


def require_standing(statements: Sequence[Statement], *, plan: str) -> None:
    """Refuse to go on unless every statement holds.

    Raises
    ------
    Refused
        With every statement that does not.
    """
    broken = [f"{each.subject}: {each.detail}" for each in statements if not each.holds]
    if broken:
        raise Refused(
            f"the verdict passed, but what it rests on does not hold ({'; '.join(broken)})",
            where=f"plan {plan}",
            remedy="Run the stages again: dvc repro (or fold-guard fold, check, gate).",
        )


def _lineage(fold_map: FoldMap) -> list[Statement]:
    """State whether the maps behind a map are all there and tell the truth; none, no statement."""
    if not fold_map.manifest.parents and not fold_map.lineage:
        return []
    lineage = lineage_of(fold_map)
    problems = broken_links(lineage)
    if problems:
        return [Statement("lineage", False, "; ".join(problems[:_SHOWN]))]
    first = ", ".join(each[:12] for each in fold_map.manifest.parents)
    growth = fold_map.manifest.growth
    kept = f"kept but {growth.moved:,} moved" if growth and growth.moved else "all kept"
    text = f"{counted(len(lineage.kin) - 1, 'ancestor')} (from {first}), old folds {kept}"
    return [Statement("lineage", True, text)]


def _params(fold_map: FoldMap, roles: Roles, plan: FoldPlan, report: Report | None) -> Statement:
    facts = fold_map.manifest.dataset
    changed = [
        name
        for name, then, now in (
            *(
                (f"fold.{key}", asdict(fold_map.manifest.plan)[key], value)
                for key, value in asdict(plan).items()
            ),
            ("data.roles.id", facts.id, roles.id),
            ("data.roles.label", (facts.label, facts.labels), (roles.label, roles.labels)),
            ("data.roles.groups", facts.groups, roles.groups),
            ("data.roles.time", facts.time, roles.time),
            ("data.roles.evaluation_time", facts.evaluation_time, roles.evaluation_time),
        )
        if then != now
    ]
    # Folds do not depend on the features, but checks do.
    if report is not None and report.dataset.features != roles.features:
        changed.append("data.roles.features")
    if changed:
        text = f"{', '.join(changed)} changed after the folds were made and checked: run dvc repro"
        return Statement("params", False, text)
    return Statement("params", True, f"strategy {plan.strategy}, seed {plan.seed}")


def _checks(outcomes: tuple[Outcome, ...], policy: Policy, report: Report | None) -> Statement:
    costly = [name for name in policy.rules if BY_NAME[name].opt_in]
    shut = [each for each in outcomes if each.status in _SHUT]
    if shut:
        text = "; ".join(f"{o.code} {o.name} {o.target}: {o.summary}" for o in shut[:3])
        more = f"; and {len(shut) - 3} more" if len(shut) > 3 else ""
        return Statement("checks", False, text + more)
    if not policy.declared:
        return Statement("checks", False, "params.yaml declares no check for this plan")
    if report is not None:
        written = [
            each
            for each in report.checks
            if each.name not in policy.suites and each.name not in costly
        ]
        if _as_written(written) != _as_written(outcomes):
            return Statement("checks", False, "the check report says something else: run dvc repro")
    # As with suites: the gate has read them in the report, and verify runs them again.
    left = f"; not run again here: {', '.join(costly)}" if costly else ""
    if not outcomes:
        return Statement("checks", True, f"none declared beside the suites{left}")
    return Statement("checks", True, f"{len(outcomes)} deterministic checks hold{left}")


def _as_written(outcomes: Sequence[Outcome]) -> str:
    # The form that a report has in its file, where some fields have no place.
    return json_digest([check_json(each) for each in outcomes])


def report_standing(written: Report, anew: Report) -> Statement:
    """Whether a check report, with its suites, says what comes out when all is run again."""
    if json_digest(written.to_json()) == json_digest(anew.to_json()):
        return Statement("report", True, f"{len(anew.checks)} outcomes come out the same again")
    names = sorted({each.name for report in (written, anew) for each in report.checks})
    others = [
        name
        for name in names
        if _as_written([each for each in written.checks if each.name == name])
        != _as_written([each for each in anew.checks if each.name == name])
    ]
    text = f"run again, it differs in {', '.join(others) or 'its facts'}: run dvc repro"
    return Statement("report", False, text)


def verdict_standing(
    verdict: Verdict, report: Report, policy: Policy, fold_map: FoldMap, dataset: str
) -> Statement:
    """Whether a verdict speaks of what is there now."""
    now = Bindings(
        dataset=dataset,
        fold_map=fold_map.digest_now(),
        policy=policy.digest,
        report=json_digest(report.to_json()),
        features=features_digest(report.dataset.features),
    )
    stale = verdict.bindings.changed(now)
    if stale:
        text = f"given on other contents of {', '.join(stale)}: run dvc repro"
        return Statement("verdict", False, text)
    again = decided_again(verdict, report, policy)
    if again.digest != verdict.digest:
        word = "passed" if verdict.passed else "refused"
        reasons = "; ".join(f"{o.code} {o.name}: {o.message}" for o in again.objections[:3])
        text = (
            f"it says {word}, but report and policy give another verdict"
            f"{f' ({reasons})' if reasons else ''}: run fold-guard gate --plan {policy.plan}"
        )
        return Statement("verdict", False, text)
    if not verdict.passed:
        return Statement(
            "verdict", False, f"refused, {counted(len(verdict.objections), 'objection')}"
        )
    return Statement("verdict", True, f"passed, {verdict.checks} checks, {verdict.digest[:12]}")


def decided_again(verdict: Verdict, report: Report, policy: Policy) -> Verdict:
    """Return what the gate says of a report and a policy, bound to what a verdict names.

    A verdict that was given by the gate, and not by hand, comes out the same.
    """
    return decide(report.checks, policy, verdict.bindings, checked_under=report.policy_digest)


def write_provenance(directory: Path, verdict: Verdict, settings: Mapping[str, object]) -> None:
    """Bind the files of a cross-validation to the verdict that allowed it.

    Parameters
    ----------
    directory : Path
        With the files of the cross-validation.
    verdict : Verdict
    settings : mapping
        What the scores follow from in params.yaml, the estimator above all.
    """
    write_json(
        directory / PROVENANCE_FILE,
        {
            "schema": PROVENANCE_SCHEMA,
            "plan": verdict.plan,
            "verdict": verdict.digest,
            "bindings": asdict(verdict.bindings),
            "settings": json_digest(dict(settings)),
            "files": _seals(directory),
        },
    )


def remade_standing(
    fold_map: FoldMap, remade: FoldMap | Kin, past: Past | None = None
) -> Statement:
    """Whether the plan, applied to the table anew, gives the same map: its folds and its manifest.

    Parameters
    ----------
    fold_map : FoldMap
    remade : FoldMap or Kin
        Made again from the table, or grown again from the parents on the table.
    past : Past, optional
        What came of the ancestors when they were made again.
    """
    same = (fold_map.digest_now(), fold_map.manifest.growth) == (
        remade.manifest.digest,
        remade.manifest.growth,
    )
    if not same:
        return Statement("remade", False, "the plan gives other folds than the map on disk holds")
    # Of other data it is said already that they changed.
    if fold_map.manifest.dataset.digest == remade.manifest.dataset.digest:
        part = difference(fold_map.kin, Kin(remade.table, remade.manifest))
        if part:
            text = f"the folds come out the same, but the map on disk states {part} otherwise"
            return Statement("remade", False, f"{text}: it was edited, restore it")
    if past is None or not past.ancestors:
        return Statement("remade", True, "the plan gives the same folds again")
    if past.other:
        names = ", ".join(each[:12] for each in past.other)
        return Statement("remade", False, f"the plan gives other folds than ancestor {names} holds")
    if past.misstated:
        return Statement("remade", False, "; ".join(past.misstated[:_SHOWN]))
    text = f"its parents give the same folds again; {past.remade} of {past.ancestors} remade"
    if past.renamed:
        text += f" ({past.renamed} with columns that were named otherwise, or another digest)"
    if past.recorded:
        whose = "its" if past.recorded == 1 else "their"
        text = (
            f"{past.recorded} of {counted(past.ancestors, 'ancestor')} taken as recorded: {whose} "
            f"rows were changed or removed since, so nobody can deal them again; {text}"
        )
    return Statement("remade", True, text)


def scores_standing(directory: Path, verdict: Verdict, settings: Mapping[str, object]) -> Statement:
    """Whether the files of a cross-validation are those that the verdict allowed.

    Parameters
    ----------
    directory : Path
    verdict : Verdict
    settings : mapping
        What scores follow from, the estimator above all, as params.yaml states it now.
    """
    path = directory / PROVENANCE_FILE
    try:
        raw = read_json(path, remedy="Run: dvc repro")
    except ArtifactError as error:
        return Statement("scores", False, str(error))
    if raw.get("verdict") != verdict.digest:
        return Statement("scores", False, "made under another verdict: run dvc repro")
    if raw.get("settings") != json_digest(dict(settings)):
        text = "made with another estimator, other settings of cv or other targets: run dvc repro"
        return Statement("scores", False, text)
    then, now = raw.get("files"), _seals(directory)
    if then != now:
        known = then if isinstance(then, dict) else {}
        changed = sorted(k for k in {*known, *now} if known.get(k) != now.get(k))
        return Statement("scores", False, f"edited after they were made: {', '.join(changed)}")
    return Statement("scores", True, f"{len(now)} files, made under this verdict")


def _seals(directory: Path) -> dict[str, str]:
    return {
        each.name: file_digest(each)
        for each in sorted(directory.iterdir())
        if each.is_file() and each.name != PROVENANCE_FILE and not each.name.startswith(".")
    }

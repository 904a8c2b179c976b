"""The whole flow: fold, check, gate, cv, report. The file to read first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import polars as pl

from fold_guard.checks.outcome import Outcome
from fold_guard.checks.prepare import subject_of_map
from fold_guard.checks.subject import Subject
from fold_guard.crossval.requirements import RequirementOutcome, check_requirements
from fold_guard.crossval.result import Result, RunFacts
from fold_guard.dataset.files import atomic_directory, read_json, write_json, write_text
from fold_guard.dataset.reading import read_table
from fold_guard.dataset.roles import Roles
from fold_guard.errors import ArtifactError, ConfigError, DataError, Refused, UsageError
from fold_guard.evidence.check_plan import check_plan
from fold_guard.evidence.dossier import Comparison, Dossier, PlanDossier
from fold_guard.evidence.gather import gather_plan
from fold_guard.evidence.judge import verdict_on
from fold_guard.evidence.report import Report, report_from_json
from fold_guard.evidence.standing import (
    PROVENANCE_FILE,
    Statement,
    decided_again,
    remade_standing,
    report_standing,
    require_standing,
    scores_standing,
    standing,
    verdict_standing,
    write_provenance,
)
from fold_guard.folds.diff import FoldMapDiff
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.make import made
from fold_guard.folds.manifest import OnConflict
from fold_guard.folds.plan import FoldPlan
from fold_guard.folds.remake import broken_links, lineage_of, remade, remade_past
from fold_guard.folds.storage import copy
from fold_guard.gate.verdict import Verdict, verdict_from_json
from fold_guard.identity.digests import row_digests
from fold_guard.identity.hashing import json_digest
from fold_guard.project import CvSection, Project, load_project
from fold_guard.suggest import did_you_mean

Progress = Callable[[str], None]
_VERSIONS: tuple[str, ...] = (
    "fold-integrity",
    "scikit-learn",
    "pandas",
    "polars",
    "numpy",
    "pandera",
)
_VERSIONS += ("great-expectations", "dvc")


def run_plan(project: Project, plan: str) -> tuple[Verdict, Result | None]:
    """Run a plan from table to score in one go; ``dvc repro`` runs the same stages one by one.

    Returns
    -------
    tuple of (Verdict, Result or None)
        Without a passing verdict nothing is trained, and there is no result.
    """
    fold(project, plan)
    check(project, plan)
    verdict = gate(project, plan)
    if not verdict.passed:
        return verdict, None
    result, _ = cv(project, plan)
    return verdict, result


def fold(project: Project, plan: str) -> FoldMap:
    """Stage 1: deal the rows to folds; writes the fold map."""
    section, frame = project.plan(plan), _table(project)
    roles = _roles(project, frame)
    fold_map = _make(frame, section.fold, roles)
    fold_map.save(project.paths(plan).folds)
    return fold_map


def extend(
    project: Project, plan: str, old: Path, on_conflict: OnConflict = "fail"
) -> tuple[FoldMap, FoldMap]:
    """Stage 1 on data that have grown: old rows keep their folds.

    Parameters
    ----------
    plan : str
    old : Path
        The folder of the old map; it may be the plan's own.
    on_conflict : {"fail", "exclude", "move"}
        See `fold_guard.FoldMap.grow`.

    Returns
    -------
    tuple of FoldMap
        The old map and the new one. When the table has not changed they are one, and its files
        are copied byte by byte.
    """
    section, frame, before = project.plan(plan), _table(project), _parent(old)
    _require_same_roles(before, _roles(project, frame), old)
    fold_map = before.grow(frame, on_conflict=on_conflict, plan=section.fold)
    target = project.paths(plan).folds
    if fold_map is before:
        copy(old, target)
    else:
        fold_map.save(target)
    return before, fold_map


def merge(
    project: Project, plan: str, ours: Path, theirs: Path, on_conflict: OnConflict = "fail"
) -> FoldMap:
    """Stage 1 after two branches have both extended the map: see `fold_guard.FoldMap.merge`."""
    section, frame = project.plan(plan), _table(project)
    roles, maps = _roles(project, frame), (_parent(ours), _parent(theirs))
    for fold_map, folder in zip(maps, (ours, theirs), strict=True):
        _require_same_roles(fold_map, roles, folder)
    fold_map = maps[0].merge(maps[1], frame, on_conflict=on_conflict, plan=section.fold)
    fold_map.save(project.paths(plan).folds)
    return fold_map


def diff(
    before: Path, after: Path, *, data: Path | None = None, config: Path | None = None
) -> FoldMapDiff:
    """Compare two saved fold maps; needs no project.

    Parameters
    ----------
    before, after : Path
        Folders.
    data : Path, optional
        The later map's table; without it, and without ``config``, links cannot be told.
    config : Path, optional
        A params.yaml: its table is taken when ``data`` is not given, its dtypes in any case.
    """
    maps = [FoldMap.load(folder, verify=False) for folder in (before, after)]
    project = None if config is None else load_project(config)
    frame = None
    if data is not None:
        frame = read_table(data, dtypes={} if project is None else project.data.dtypes)
    elif project is not None:
        frame = _table(project)
    return maps[0].diff(maps[1], frame)


def check(project: Project, plan: str, on_progress: Progress = lambda _: None) -> Report:
    """Stage 2: run every declared check and suite; writes the report, whatever it says."""
    paths, frame = project.paths(plan), _table(project)
    fold_map = FoldMap.load(paths.folds, verify=False)
    data_docs = atomic_directory(paths.data_docs)
    report = _checked(project, plan, frame, fold_map, data_docs, on_progress)
    write_json(paths.check, report.to_json())
    return report


def gate(project: Project, plan: str) -> Verdict:
    """Stage 3: judge the report under the policy; writes the verdict."""
    paths, policy = project.paths(plan), project.policy(plan)
    report = _report(project, plan)
    verdict = verdict_on(report, policy)
    write_json(paths.verdict, verdict.to_json())
    return verdict


def cv(
    project: Project, plan: str, on_progress: Callable[[int, int], None] | None = None
) -> tuple[Result, tuple[RequirementOutcome, ...]]:
    """Stage 4: train and score, if the verdict allows it; writes the result.

    Raises
    ------
    Refused
        The verdict refuses, or does not fit what is on disk now, or the checks that it rests on do
        not hold when they are computed anew: the verdict itself, the built-in checks, the folds.
    UsageError
        ``cv.headline`` or ``report.compare`` names a metric that there is not.
    """
    # Nothing heavier than digests before the verdict has been looked at.
    verdict = _verdict(project, plan)
    from fold_guard.crossval.artifacts import write_result
    from fold_guard.crossval.estimator import Classifier, build_estimator
    from fold_guard.crossval.guard import cross_validate
    from fold_guard.engines.local import LocalEngine

    section, paths, policy = project.plan(plan), project.paths(plan), project.policy(plan)
    settings, written = _cv_settings(project), _report(project, plan)
    frame, fold_map = _table(project), FoldMap.load(paths.folds, verify=False)
    roles = _roles(project, frame)
    _require_metrics(project, fold_map.manifest.classes)
    facts: list[RunFacts] = []

    def estimator() -> Classifier:
        # Asked for once the verdict was accepted. A report and a verdict that were forged to fit
        # each other get no further: what they say is computed anew from data and folds.
        dataset = fold_map.manifest.dataset.digest
        require_standing(
            (
                *standing(fold_map, frame, roles, section.fold, policy, report=written),
                verdict_standing(verdict, written, policy, fold_map, dataset),
                _remade(fold_map, frame, section.fold, roles),
            ),
            plan=plan,
        )
        return build_estimator(settings.estimator, path="cv.estimator")

    result = cross_validate(
        estimator,
        frame,
        fold_map,
        verdict=verdict,
        policy=policy,
        report=json_digest(written.to_json()),
        features=roles.features,
        run=LocalEngine(settings.n_jobs).map,
        on_progress=on_progress,
        on_facts=facts.append,
    )
    requirements = check_requirements(result, section.require)
    with atomic_directory(paths.cv) as partial:
        write_result(result, requirements, partial)
        write_provenance(partial, verdict, settings.estimator)
    # Timings go where no digest looks.
    write_json(paths.run_facts, asdict(facts[0]))
    return result, requirements


def report(project: Project) -> Dossier:
    """Stage 5: gather all plans into one HTML page."""
    from fold_guard.reports.html import render_dossier

    dossier = gather(project)
    write_text(project.index, render_dossier(dossier))
    return dossier


def gather(project: Project) -> Dossier:
    """Read what the stages of every plan wrote."""
    frame = _table(project)
    plans = tuple(_gather_plan(project, name, frame) for name in project.plans)
    settings = _cv_settings(project)
    return Dossier(
        title=project.report.title,
        claim=project.report.claim,
        headline=settings.headline,
        plans=plans,
        comparison=_comparison(
            project, {each.name: each.result for each in plans if each.result is not None}
        ),
        parameters=project.text,
        versions={name: found for name in _VERSIONS if (found := _version(name))},
    )


def verify(
    project: Project,
    plans: Sequence[str],
    *,
    quick: bool = False,
    on_progress: Progress = lambda _: None,
) -> dict[str, tuple[Statement, ...]]:
    """Recompute whether data, fold map, params, verdict and scores still belong together.

    Parameters
    ----------
    plans : sequence of str
    quick : bool
        Data, fold map, params and the deterministic checks only: what a commit can break. A
        verdict is then looked at if there is one. Otherwise the suites are run again, too, and
        the whole check report must come out as it was written.
    on_progress : callable of str

    Returns
    -------
    dict of plan to statements
    """
    try:
        frame = _table(project)
        digests = row_digests(frame)
    except (DataError, UsageError) as error:
        # Params that ask for what cannot be are no statement about what is on disk; and before a
        # commit the error itself is wanted.
        if quick or (isinstance(error, UsageError) and project.table.is_file()):
            raise
        return {plan: (Statement("data", False, str(error)),) for plan in plans}
    return {
        plan: _verify_plan(project, plan, frame, digests, on_progress, quick=quick)
        for plan in plans
    }


def _verify_plan(
    project: Project,
    plan: str,
    frame: pl.DataFrame,
    digests: pl.Series,
    on_progress: Progress,
    *,
    quick: bool,
) -> tuple[Statement, ...]:
    paths, policy = project.paths(plan), project.policy(plan)
    fold_map = FoldMap.load(paths.folds, verify=False)
    roles = _roles(project, frame)
    section = project.plan(plan)
    if quick and not paths.verdict.exists():
        return standing(fold_map, frame, roles, section.fold, policy, digests)
    try:
        verdict, written = _verdict(project, plan), _report(project, plan)
    except Refused as error:
        found = standing(fold_map, frame, roles, section.fold, policy, digests)
        return (*found, Statement("verdict", False, str(error)))
    try:
        found = standing(fold_map, frame, roles, section.fold, policy, digests, report=written)
    except DataError as error:
        found = (Statement("checks", False, str(error)),)
    dataset = fold_map.manifest.dataset.digest if found[0].holds else ""
    found = (*found, verdict_standing(verdict, written, policy, fold_map, dataset))
    if quick:
        return found
    try:
        anew = _checked(project, plan, frame, fold_map, nullcontext(), on_progress)
        again = report_standing(written, anew)
    except DataError as error:
        again = Statement("report", False, str(error))
    return (
        *found,
        _remade(fold_map, frame, section.fold, roles),
        again,
        scores_standing(paths.cv, verdict, _cv_settings(project).estimator),
    )


def _remade(fold_map: FoldMap, frame: pl.DataFrame, plan: FoldPlan, roles: Roles) -> Statement:
    try:
        again = remade(fold_map, frame, plan, roles)
        return remade_standing(fold_map, again, remade_past(fold_map, frame))
    except (DataError, Refused, UsageError, ArtifactError) as error:
        # The plan gives no folds at all, or the parents do not grow to this map.
        return Statement("remade", False, str(error))


def _checked(
    project: Project,
    plan: str,
    frame: pl.DataFrame,
    fold_map: FoldMap,
    data_docs: AbstractContextManager[Path | None],
    on_progress: Progress,
) -> Report:
    policy = project.policy(plan)

    def suites(subject: Subject) -> tuple[Outcome, ...]:
        from fold_guard.integrations.suites import run_suites

        with data_docs as folder:
            return run_suites(
                policy,
                subject,
                fold_map,
                frame,
                root=project.root,
                data_docs=folder,
                on_progress=on_progress,
            )

    return check_plan(
        fold_map,
        frame,
        _roles(project, frame),
        policy.rules,
        name=project.table.name,
        plan=plan,
        policy=policy.digest,
        suites=suites,
        on_progress=on_progress,
    )


def _parent(folder: Path) -> FoldMap:
    fold_map = FoldMap.load(folder)
    problems = broken_links(lineage_of(fold_map))
    if problems:
        raise ArtifactError(
            f"its lineage is broken: {problems[0]}",
            where=str(folder),
            remedy="Restore the folder, or make a new map: fold-guard fold.",
        )
    return fold_map


def _require_same_roles(old: FoldMap, roles: Roles, folder: Path) -> None:
    then = old.manifest.dataset.roles
    other = [
        f"{name} {getattr(then, name)!r} -> {getattr(roles, name)!r}"
        for name in ("id", "label", "groups", "time")
        if getattr(then, name) != getattr(roles, name)
    ]
    if other:
        raise UsageError(
            f"it was made with other roles ({', '.join(other)})",
            where=str(folder),
            remedy="Bring data.roles back, or make a new map: fold-guard fold without --extend.",
        )


def _make(frame: pl.DataFrame, plan: FoldPlan, roles: Roles) -> FoldMap:
    return FoldMap.of(made(frame, plan, roles))


def _gather_plan(project: Project, plan: str, frame: pl.DataFrame) -> PlanDossier:
    from fold_guard.crossval.stored import read_requirements, read_result

    paths, policy = project.paths(plan), project.policy(plan)
    fold_map = FoldMap.load(paths.folds)
    subject = subject_of_map(fold_map, frame, _roles(project, frame))
    written, given = _report(project, plan), _verdict(project, plan)
    reason = _no_score(project, plan, subject, fold_map, written, given)
    return gather_plan(
        subject,
        fold_map.manifest,
        written,
        # On the page stands what report and policy give, whatever a file says.
        decided_again(given, written, policy),
        None if reason else read_result(paths.cv),
        () if reason else read_requirements(paths.cv),
        reason,
    )


def _no_score(
    project: Project,
    plan: str,
    subject: Subject,
    fold_map: FoldMap,
    written: Report,
    given: Verdict,
) -> str:
    """Say why no score of a plan may be shown; empty when one may."""
    paths = project.paths(plan)
    scored = (paths.cv / PROVENANCE_FILE).is_file()
    found = subject.reconciliation
    verdict = verdict_standing(
        given,
        written,
        project.policy(plan),
        fold_map,
        found.dataset_digest if found is not None else "",
    )
    if not verdict.holds:
        old = "; scores of an earlier run are not shown" if scored else ""
        return f"the verdict allows none, {verdict.detail}{old}"
    if not scored:
        return "there are none: the cv stage has not run"
    scores = scores_standing(paths.cv, given, _cv_settings(project).estimator)
    return "" if scores.holds else f"scores do not stand: {scores.detail}"


def _require_metrics(project: Project, classes: Sequence[str]) -> None:
    from fold_guard.crossval.metrics import metric_names

    asked = [("cv.headline", name) for name in _cv_settings(project).headline]
    if project.report.compare is not None:
        asked.append(("report.compare.metric", project.report.compare.metric))
    known = metric_names(classes)
    for where, name in asked:
        if name not in known:
            raise UsageError(
                f"there is no metric {name!r}",
                where=f"params.yaml: {where}",
                remedy=did_you_mean(name, known),
            )


def _comparison(project: Project, results: dict[str, Result]) -> Comparison | None:
    asked = project.report.compare
    if asked is None or not {asked.loose, asked.strict} <= set(results):
        return None
    means = []
    for plan in (asked.loose, asked.strict):
        summary = results[plan].summary.get(asked.metric)
        if summary is None or summary.mean is None:
            raise UsageError(
                f"plan {plan!r} has no value of metric {asked.metric!r}",
                where="params.yaml: report.compare.metric",
            )
        means.append(summary.mean)
    return Comparison(asked.metric, asked.loose, asked.strict, asked.ignores, means[0], means[1])


def _table(project: Project) -> pl.DataFrame:
    return read_table(project.table, dtypes=project.data.dtypes)


def _roles(project: Project, frame: pl.DataFrame) -> Roles:
    return project.roles.resolve(frame.columns, source=project.data.path)


def _report(project: Project, plan: str) -> Report:
    path = project.paths(plan).check
    remedy = f"Run: fold-guard check --plan {plan}"
    report = report_from_json(read_json(path, remedy=remedy), source=str(path), remedy=remedy)
    if report.plan != plan:
        raise Refused(f"the report is on plan {report.plan!r}", where=str(path), remedy=remedy)
    return report


def _verdict(project: Project, plan: str) -> Verdict:
    path = project.paths(plan).verdict
    return verdict_from_json(
        read_json(path, remedy=f"Run: fold-guard gate --plan {plan}"), source=str(path)
    )


def _cv_settings(project: Project) -> CvSection:
    if project.cv is None:
        raise ConfigError([("cv", "is missing; name an estimator under cv.estimator")])
    return project.cv


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""

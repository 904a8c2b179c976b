"""The whole content of a page, section by section, before any markup."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from fold_guard.evidence.dossier import Dossier, PlanDossier
from fold_guard.evidence.report import NotRun, Report
from fold_guard.folds.manifest import Manifest
from fold_guard.reports.charts import folds as fold_charts
from fold_guard.reports.charts import placement
from fold_guard.reports.charts.figure import Figure, Topic
from fold_guard.reports.page import wording
from fold_guard.reports.page.checks import CheckRow, check_rows
from fold_guard.reports.page.score_section import Score, concern_pairs, score_section

_VERIFY_SAYS = (
    "recomputes every digest on this page from what is on disk and says what still holds."
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verdict with what stands directly beneath it."""

    heading: str
    word: str
    kind: str
    sentence: str
    objections: tuple[tuple[str, str], ...]
    warnings: tuple[tuple[str, str], ...]
    against: tuple[tuple[str, str], ...]
    concerns: tuple[tuple[str, str], ...]
    targets: tuple[tuple[str, str], ...]
    digests: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Checks:
    """The outcomes of one report."""

    heading: str
    tally: str
    rows: tuple[CheckRow, ...]
    not_run: tuple[NotRun, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that the template puts out."""

    title: str
    subtitle: str
    verdicts: tuple[Verdict, ...]
    summary: tuple[str, ...]
    checks: tuple[Checks, ...]
    folds: tuple[Topic, ...]
    score: Score | None
    no_score: tuple[str, ...]
    digests: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    facts: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    command: str
    command_says: str
    parameters: str = ""
    versions: tuple[tuple[str, str], ...] = field(default_factory=tuple)


def dossier_page(dossier: Dossier) -> Page:
    """Lay out the pipeline's evidence."""
    plans = dossier.plans
    return Page(
        title=dossier.title,
        subtitle=f"Report on {' and '.join(f'plan {plan.name}' for plan in plans)}",
        verdicts=tuple(_verdict(plan) for plan in plans),
        summary=(
            *([f"Claim: {dossier.claim.strip()}"] if dossier.claim.strip() else []),
            wording.data_sentence(plans[0].report),
            wording.checked_sentence([plan.report for plan in plans]),
            *wording.score_sentences(dossier),
            *wording.comparison_sentences(dossier),
        ),
        checks=tuple(_checks(plan.report, f"Plan {plan.name}") for plan in plans),
        folds=_fold_topics(plans),
        score=score_section(dossier) if dossier.results else None,
        no_score=tuple(
            f"Plan {plan.name}: {wording.no_score(plan)}" for plan in plans if plan.result is None
        ),
        digests=tuple((f"Plan {plan.name}", _digests(plan)) for plan in plans),
        facts=tuple((f"Plan {plan.name}", _facts(plan)) for plan in plans),
        command="fold-guard verify",
        command_says=_VERIFY_SAYS,
        parameters=dossier.parameters,
        versions=tuple(sorted(dossier.versions.items())),
    )


def audit_page(report: Report) -> Page:
    """Lay out an audit."""
    facts = report.folds
    digests: tuple[tuple[str, str], ...] = (
        ("data", report.dataset.digest),
        ("folds", facts.digest),
    )
    if report.policy_digest is not None:
        digests += (("policy", report.policy_digest),)
    return Page(
        title=f"Audit of {report.dataset.name}",
        subtitle=f"{facts.source}, scheme {facts.scheme}, {facts.count} folds",
        verdicts=(
            Verdict(
                heading=report.dataset.name,
                word=wording.audit_word(report),
                kind="passed" if report.passed else "failed",
                sentence=wording.audit_sentence(report),
                objections=_messages(report, "error", "failed", "skipped", "not_applicable"),
                warnings=_messages(report, "warned"),
                against=(),
                concerns=(),
                targets=(),
                digests=digests,
            ),
        ),
        summary=(
            wording.data_sentence(report),
            wording.checked_sentence([report]),
            "An audit trains no model: there is no score.",
        ),
        checks=(_checks(report, "Checks of the split"),),
        folds=(
            Topic(
                "Classes in each fold",
                (fold_charts.composition(facts, name="classes-0", title="Classes in each fold"),),
                fold_charts.caps(facts),
            ),
            Topic(
                "Fold sizes", (fold_charts.sizes(facts, name="sizes-0", title="Rows in each fold"),)
            ),
        ),
        score=None,
        no_score=("An audit trains no model: there is no score to show.",),
        digests=(("This audit", digests),),
        facts=(),
        command=wording.audit_command(report) if report.plan is None else "fold-guard verify",
        command_says=(
            "repeats this audit; the digests below must come out the same."
            if report.plan is None
            else _VERIFY_SAYS
        ),
    )


def _messages(report: Report, *kinds: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (
            f"{each.code} {each.name}",
            f"{each.target}: {each.summary}" if each.target else each.summary,
        )
        for each in report.checks
        if each.status.value in kinds
    )


def _verdict(plan: PlanDossier) -> Verdict:
    found = plan.verdict
    return Verdict(
        heading=f"Plan {plan.name}",
        word=wording.verdict_word(plan),
        kind=wording.verdict_kind(plan),
        sentence=wording.verdict_sentence(plan),
        objections=tuple((f"{o.code} {o.name}", o.message) for o in found.objections),
        warnings=tuple((f"{o.code} {o.name}", o.message) for o in found.warnings),
        against=concern_pairs(plan.concerns, blocking=True),
        concerns=concern_pairs(plan.concerns, blocking=False),
        targets=tuple(("met" if r.met else "missed", r.message) for r in plan.targets),
        digests=_digests(plan),
    )


def _digests(plan: PlanDossier) -> tuple[tuple[str, str], ...]:
    bound = plan.verdict.bindings
    return (
        ("verdict", plan.verdict.digest),
        ("data", bound.dataset),
        ("fold map", bound.fold_map),
        ("policy", bound.policy),
        ("check report", bound.report),
    )


def _facts(plan: PlanDossier) -> tuple[tuple[str, str], ...]:
    made = plan.manifest
    seed = () if made.plan.strategy == "forward" else (("seed", str(made.plan.seed)),)
    return (
        ("strategy", made.plan.strategy),
        ("folds", f"{made.n_folds:,}"),
        *((("rounds", f"{made.n_rounds:,}"),) if _further_rounds(made) else ()),
        *seed,
        *((("embargo", f"{made.plan.embargo:g}"),) if made.scheme == "forward" else ()),
        ("units", f"{made.units.count:,}, the largest of {made.units.largest:,} rows"),
        ("largest class share deviation", f"{100 * made.balance.max_share_deviation:.2f} points"),
        ("lower bound of it", f"{100 * made.balance.lower_bound:.2f} points"),
        ("format", made.format),
        ("encoding", made.hashes.encoding),
        ("hashes", f"{made.hashes.order}, {made.hashes.row}, {made.hashes.seal}"),
        *(("warning", each) for each in made.warnings),
    )


def _further_rounds(made: Manifest) -> bool:
    return made.scheme != "forward" and made.n_rounds != made.n_folds


def _checks(report: Report, heading: str) -> Checks:
    return Checks(heading, wording.checks_and_outcomes(report), check_rows(report), report.not_run)


def _fold_topics(plans: tuple[PlanDossier, ...]) -> tuple[Topic, ...]:
    def each_plan(kind: str, make: Callable[[PlanDossier, str, str], Figure]) -> tuple[Figure, ...]:
        return tuple(make(plan, f"{kind}-{i}", f"Plan {plan.name}") for i, plan in enumerate(plans))

    def units(plan: PlanDossier, name: str, title: str) -> Figure:
        facts = plan.report.folds
        total = sum(facts.rows) + facts.always_train
        return placement.largest_units(
            plan.largest_units,
            total,
            facts.count,
            split_means=_split_means(plan),
            name=name,
            title=title,
        )

    return (
        Topic(
            "Classes in each fold",
            each_plan(
                "classes",
                lambda p, n, t: fold_charts.composition(p.report.folds, name=n, title=t),
            ),
            fold_charts.caps(plans[0].report.folds),
        ),
        Topic(
            "Fold sizes",
            each_plan("sizes", lambda p, n, t: fold_charts.sizes(p.report.folds, name=n, title=t)),
        ),
        Topic(
            "Rows over time",
            each_plan("time", lambda p, n, t: placement.timeline(p.timeline, name=n, title=t)),
        ),
        Topic("Largest units", each_plan("units", units)),
        Topic(
            "Train, purged and test rows",
            each_plan("rounds", lambda p, n, t: placement.rounds(p.rounds, name=n, title=t)),
        ),
    )


def _split_means(plan: PlanDossier) -> str:
    if plan.manifest.scheme == "kfold":
        return "rounds train and test on rows of one unit"
    if plan.manifest.plan.purge_groups:
        return "when one of these folds is tested, the unit's earlier rows are purged from train"
    return "nothing purges their earlier rows from the train side"

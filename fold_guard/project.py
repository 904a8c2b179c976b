"""A project: params.yaml as objects of the library, and where its artefacts lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ByteSize, Field
from pydantic_core import PydanticKnownError

from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.rule import Rule
from fold_guard.checks.training.training_function import FITTING
from fold_guard.config import Problems, read_section, read_yaml, require_none, unknown_keys
from fold_guard.crossval.requirements.parse import parse_requirements
from fold_guard.crossval.requirements.requirement import Requirement
from fold_guard.crossval.runs.budget import Budget
from fold_guard.dataset.declared import DTYPES, is_dtype
from fold_guard.dataset.roles import Roles
from fold_guard.errors import ConfigError, UsageError
from fold_guard.folds.plan import FoldPlan
from fold_guard.gate.policy import Policy, Suite
from fold_guard.identity.hashing import file_digest, json_digest
from fold_guard.integrations.explaining import ExplainSettings
from fold_guard.integrations.tracking import TrackSettings
from fold_guard.suggest import did_you_mean

_RUN_FACTS = "run_facts"
_RESERVED = (_RUN_FACTS,)


@dataclass(frozen=True, slots=True)
class RolesSection:
    """``data.roles``: columns by role; ``id`` and ``label`` may be one name or a list."""

    id: str | tuple[str, ...]
    label: str | tuple[str, ...] | None = None
    groups: tuple[str, ...] = ()
    time: str | None = None
    evaluation_time: str | None = None
    features: tuple[str, ...] | None = None
    segments: tuple[str, ...] = ()


def _known_dtype(text: str) -> str:
    if not is_dtype(text):
        known = ", ".join(repr(each) for each in DTYPES)
        expected = f"{known}, 'date:FORMAT' or 'datetime:FORMAT'"
        raise PydanticKnownError("literal_error", {"expected": expected})
    return text


@dataclass(frozen=True, slots=True)
class DataSection:
    """``data``: the table, its columns by role, and dtypes that the file does not state."""

    path: str
    roles: RolesSection
    dtypes: Mapping[str, Annotated[str, AfterValidator(_known_dtype)]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BudgetSection:
    """``cv.budget``: what a call may cost; see `fold_guard.crossval.runs.budget.Budget`."""

    seconds: float | None = None
    memory: ByteSize | None = None
    round_seconds: float | None = None
    cost_per_hour: float | None = None

    def bounds(self) -> Budget:
        """Return it as the library has it."""
        memory = None if self.memory is None else int(self.memory)
        return Budget(self.seconds, memory, self.round_seconds, self.cost_per_hour)


@dataclass(frozen=True, slots=True)
class CvSection:
    """``cv``: the estimator (see `fold_guard.crossval.estimators`), and how it is run."""

    estimator: Mapping[str, Any]
    task: Literal["classification", "regression"] | None = None
    resample: Mapping[str, Any] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.95
    interval: Literal["corrected", "nested"] = "corrected"
    exact: bool = True
    recheck: Annotated[int, Field(ge=0)] = 1
    max_failure_rate: Annotated[float, Field(ge=0, lt=1)] = 0.0
    n_jobs: int = 1
    budget: BudgetSection = field(default_factory=BudgetSection)
    headline: tuple[str, ...] = ()
    explain: ExplainSettings = field(default_factory=ExplainSettings)
    track: TrackSettings = field(default_factory=TrackSettings)

    def scored_by(self) -> dict[str, object]:
        """Return what scores, and whether they pass, follow from; not how they are run or shown."""
        aside = ("n_jobs", "budget", "headline", "explain", "track")
        return {
            each.name: getattr(self, each.name) for each in fields(self) if each.name not in aside
        }


@dataclass(frozen=True, slots=True)
class CompareSection:
    """``report.compare``: two plans side by side, the looser one first."""

    metric: str
    loose: str
    strict: str
    ignores: str


@dataclass(frozen=True, slots=True)
class ReportSection:
    """``report``: what the HTML page is called, what it claims, what it compares."""

    title: str = "Cross-validation report"
    claim: str = ""
    compare: CompareSection | None = None


@dataclass(frozen=True, slots=True)
class PlanSection:
    """One entry under ``plans``."""

    name: str
    fold: FoldPlan
    rules: Mapping[str, Rule]
    suites: Mapping[str, Suite]
    require: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True)
class Paths:
    """Where the artefacts of a plan lie."""

    folds: Path
    check: Path
    data_docs: Path
    verdict: Path
    cv: Path
    run_facts: Path
    samples: Path
    journal: Path


@dataclass(frozen=True, slots=True)
class Project:
    """Everything that params.yaml says, checked.

    Attributes
    ----------
    root : Path
        The folder of params.yaml; every path in it is relative to this.
    text : str
        params.yaml as it stands.
    data, cv, report : sections
    roles : Roles
    plans : mapping of name to PlanSection
    """

    root: Path
    text: str
    data: DataSection
    roles: Roles
    plans: Mapping[str, PlanSection]
    cv: CvSection | None
    report: ReportSection

    @property
    def table(self) -> Path:
        """The data file."""
        return self.root / self.data.path

    @property
    def index(self) -> Path:
        """The HTML report."""
        return self.root / "reports" / "index.html"

    def names(self, plan: str | None) -> tuple[str, ...]:
        """Return the plan that was asked for, or all when none was.

        Raises
        ------
        UsageError
            There is none of that name.
        """
        return tuple(self.plans) if plan is None else (self.plan(plan).name,)

    def plan(self, name: str) -> PlanSection:
        """Return a plan by name.

        Raises
        ------
        UsageError
            There is none of that name.
        """
        if name not in self.plans:
            raise UsageError(
                f"there is no plan {name!r} in params.yaml", remedy=did_you_mean(name, self.plans)
            )
        return self.plans[name]

    def paths(self, plan: str) -> Paths:
        """Return where a plan's artefacts lie."""
        reports = self.root / "reports" / plan
        return Paths(
            folds=self.root / "data" / "folds" / plan,
            check=reports / "check.json",
            data_docs=reports / "data_docs",
            verdict=reports / "verdict.json",
            cv=reports / "cv",
            run_facts=self.root / "reports" / _RUN_FACTS / f"{plan}.json",
            samples=self.root / "reports" / _RUN_FACTS / plan / "samples.parquet",
            # Outside of what DVC deletes before a stage runs again.
            journal=self.root / ".fold_guard" / "journal" / f"{plan}.sqlite",
        )

    def policy(self, plan: str) -> Policy:
        """Return the policy of a plan as params.yaml and the suites' files state it now.

        Raises
        ------
        ConfigError
            A suite's file is not there.
        """
        section = self.plan(plan)
        sources: dict[str, str] = {}
        problems: Problems = []
        for name, suite in section.suites.items():
            for file in (suite.file, *suite.modules):
                try:
                    sources[file] = file_digest(self.root / file)
                except OSError as error:
                    where = f"plans.{plan}.suites.{name}"
                    problems.append((where, f"{file} cannot be read ({error.strerror})"))
        require_none(problems, source="params.yaml")
        if self.cv is not None and not section.rules.keys().isdisjoint(FITTING):
            # What these checks say holds for this estimator: another one is another policy.
            sources["params.yaml: cv.estimator"] = json_digest(dict(self.cv.estimator))
            if self.cv.resample is not None:
                sources["params.yaml: cv.resample"] = json_digest(dict(self.cv.resample))
        return Policy(plan, section.rules, section.suites, sources)


def load_project(config: Path) -> Project:
    """Read params.yaml.

    Raises
    ------
    UsageError
        Missing or not YAML.
    ConfigError
        Every problem at once, each with its dotted path.
    """
    raw = read_yaml(config)
    problems: Problems = []
    unknown_keys(raw, ("data", "plans", "cv", "report"), "", problems)
    data = read_section(DataSection, raw.get("data"), "data", problems)
    raw_plans = raw.get("plans")
    plans: dict[str, PlanSection] = {}
    if not isinstance(raw_plans, dict) or not raw_plans:
        problems.append(("plans", "must name at least one plan"))
    else:
        for name, section in raw_plans.items():
            plan = _read_plan(str(name), section, problems)
            if plan is not None:
                plans[plan.name] = plan
    cv = read_section(CvSection, raw["cv"], "cv", problems) if "cv" in raw else None
    report = read_section(ReportSection, raw.get("report"), "report", problems)
    if report is not None and report.compare is not None and isinstance(raw_plans, dict):
        for key in ("loose", "strict"):
            named = getattr(report.compare, key)
            if named not in map(str, raw_plans):
                problems.append((f"report.compare.{key}", f"there is no plan {named!r}"))
    require_none(problems, source=str(config))
    assert data is not None
    assert report is not None
    return Project(
        root=config.parent,
        text=config.read_text(encoding="utf-8"),
        data=data,
        roles=Roles.of(
            **{each.name: getattr(data.roles, each.name) for each in fields(data.roles)}
        ),
        plans=plans,
        cv=cv,
        report=report,
    )


def _read_plan(name: str, raw: object, problems: Problems) -> PlanSection | None:
    path = f"plans.{name}"
    before = len(problems)
    if not isinstance(raw, dict):
        problems.append((path, "must be a mapping with fold, checks, suites, require"))
        return None
    if not name.replace("_", "").replace("-", "").isalnum():
        problems.append((path, "a plan's name is part of paths: letters, digits, - and _ only"))
    if name.casefold() in _RESERVED:
        problems.append((path, "is the name of a folder under reports/; choose another"))
    unknown_keys(raw, ("fold", "checks", "suites", "require"), path, problems)
    fold = None
    if raw.get("fold") is None:
        # A strategy that nobody chose would be a silent default.
        problems.append((f"{path}.fold", "is missing; name at least a strategy"))
    else:
        fold = read_section(FoldPlan, raw["fold"], f"{path}.fold", problems)
    checks = _mapping(raw.get("checks"), f"{path}.checks", problems)
    unknown_keys(checks, BY_NAME, f"{path}.checks", problems)
    rules = {
        str(check): read_section(BY_NAME[check].rule, rule, f"{path}.checks.{check}", problems)
        for check, rule in checks.items()
        if check in BY_NAME
    }
    suites = {
        str(suite): read_section(Suite, section, f"{path}.suites.{suite}", problems)
        for suite, section in _mapping(raw.get("suites"), f"{path}.suites", problems).items()
    }
    for clash in sorted(set(suites) & set(BY_NAME)):
        problems.append((f"{path}.suites.{clash}", "is the name of a check; choose another"))
    require = _requirements(raw.get("require"), f"{path}.require", problems)
    if len(problems) > before or fold is None:
        return None
    return PlanSection(
        name=name,
        fold=fold,
        rules={check: rule for check, rule in rules.items() if rule is not None},
        suites={suite: section for suite, section in suites.items() if section is not None},
        require=require,
    )


def _mapping(raw: object, path: str, problems: Problems) -> dict[Any, Any]:
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        problems.append((path, f"must be a mapping, got {raw!r}"))
        return {}
    return raw


def _requirements(raw: object, path: str, problems: Problems) -> tuple[Requirement, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, list):
        problems.append((path, f"must be a list, got {raw!r}"))
        return ()
    try:
        return parse_requirements(raw, path=path)
    except ConfigError as error:
        problems.extend(error.problems)
        return ()

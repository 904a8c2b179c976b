"""FG401: no feature is distributed otherwise in one fold than in the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl
from pydantic import Field

from fold_guard.checks.check import Check, Explanation
from fold_guard.checks.drift.drift_scan import Deal, DriftTest, scan_feature
from fold_guard.checks.drift.drift_units import (
    fold_key,
    fold_place,
    lacks_folds_to_compare,
    units_in,
)
from fold_guard.checks.drift.feature_codes import feature_codes
from fold_guard.checks.drift.multiplicity import holm
from fold_guard.checks.outcome import Finding, Outcome, Severity, Status
from fold_guard.checks.rule import Rule
from fold_guard.checks.subjects.left_out import dealt_alone, left_out_said
from fold_guard.checks.subjects.subject import Subject
from fold_guard.checks.wording import counted, listed, quoted

_BATCH = 8
_SHOWN = 20
_WORST = 5
# Farther out, the limiting distributions say nothing.
_TINY = 1e-16
_METHOD = (
    "each fold against all other rows that take part: two-sample Kolmogorov-Smirnov (exact "
    "statistic, asymptotic p-value) of ordered values, chi-squared of categories and of missing "
    "values; between folds: chi-squared of categories or up to ten quantile bins; categories with "
    "fewer than 5 expected rows pooled"
)


class FeatureDriftRule(Rule):
    """Thresholds of FG401; a feature drifts when a test crosses both of the first two.

    Attributes
    ----------
    alpha : float
        The probability of a single false alarm in the whole table: adjusted p-values below it
        count.
    min_effect : float
        The least difference of shares that counts, 0 to 1: of the values up to any bound, of any
        set of categories, of missing values. In a large table every difference is significant.
    min_rows : int
        Rows with a value (units, where rows come in groups) below which a fold is not tested.
    """

    severity: Severity = Severity.WARNING
    alpha: float = Field(0.01, gt=0, lt=1)
    min_effect: float = Field(0.1, ge=0, le=1)
    min_rows: int = Field(20, ge=2)


@dataclass(slots=True)
class _Scan:
    """What was tested, and what could not be."""

    tests: list[DriftTest] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    large: set[tuple[int, int]] = field(default_factory=set)
    small: set[tuple[int, int]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Judged:
    test: DriftTest
    adjusted: float
    drifts: bool

    @property
    def order(self) -> tuple[object, ...]:
        """The place among all: what drifts first, then the largest difference."""
        test = self.test
        return (
            not self.drifts,
            # That folds differ says less than which one does.
            test.about == "between",
            -test.sample.effect,
            self.adjusted,
            test.feature,
            test.repeat,
            test.fold,
            test.about,
        )


def run(subject: Subject, rule: FeatureDriftRule) -> Iterator[Outcome]:
    """Yield one outcome over all features and the folds of every repeat."""
    scan = _scan(subject, rule)
    if not scan.tests:
        yield CHECK.without(Status.NOT_APPLICABLE, _nothing(subject, scan, rule), rule.severity)
        return
    adjusted = holm([each.sample.p_value for each in scan.tests]).tolist()
    judged = [
        _Judged(test, p, p < rule.alpha and test.sample.effect >= rule.min_effect)
        for test, p in zip(scan.tests, adjusted, strict=True)
    ]
    judged.sort(key=lambda each: each.order)
    drifting = list(dict.fromkeys(each.test.feature for each in judged if each.drifts))
    tested = len({each.feature for each in scan.tests})
    yield CHECK.outcome(
        rule,
        broken=bool(drifting),
        target=counted(len(subject.features), "feature"),
        summary=_summary(subject, rule, scan, judged, drifting, tested),
        measured=_measured(subject, scan, judged, drifting, tested),
        findings=_worst(subject, judged, drifting),
    )


def _scan(subject: Subject, rule: FeatureDriftRule) -> _Scan:
    scan = _Scan()
    names, groups = subject.features, subject.roles.groups
    for start in range(0, len(names), _BATCH):
        batch = names[start : start + _BATCH]
        rows = subject.rows([*batch, *groups])
        units = units_in(rows.frame, groups)
        deals = [
            Deal.of(repeat, dealt_alone(subject, folds), units)
            for repeat, folds in enumerate(rows.folds)
        ]
        if not start:
            _note_sizes(scan, deals, rule.min_rows)
        for name in batch:
            coded = feature_codes(rows.frame[name])
            if coded is None:
                scan.unreadable.append(f"{name} ({_type(rows.frame[name])})")
                continue
            before = len(scan.tests)
            for deal in deals:
                scan.tests += scan_feature(name, coded, deal, rule.min_rows)
            if len(scan.tests) == before:
                scan.without.append(name)
    return scan


def _note_sizes(scan: _Scan, deals: list[Deal], least: int) -> None:
    for deal in deals:
        there = {int(fold) for fold in set(deal.folds[deal.folds >= 0].tolist())}
        large = set(deal.large_enough(deal.folds >= -1, least))
        scan.large |= {(deal.repeat, fold) for fold in there & large}
        scan.small |= {(deal.repeat, fold) for fold in there - large}


def _type(series: pl.Series) -> str:
    return type(series.dtype).__name__.lower()


def _nothing(subject: Subject, scan: _Scan, rule: FeatureDriftRule) -> str:
    if not scan.large:
        unit = "units (groups of rows)" if subject.roles.groups else "rows"
        return f"no fold and its rest have {rule.min_rows} {unit} each, nothing can be compared"
    names = [*scan.unreadable, *scan.without]
    return f"no feature has values that can be compared: {listed(names)}"


def _summary(
    subject: Subject,
    rule: FeatureDriftRule,
    scan: _Scan,
    judged: list[_Judged],
    drifting: list[str],
    tested: int,
) -> str:
    how = f"{counted(len(judged), 'test')}, Holm-adjusted p < {rule.alpha:g}"
    worst = judged[0].test
    where = fold_place(subject, worst.repeat, worst.fold)
    points = f"{100 * worst.sample.effect:.1f} points"
    if drifting:
        verb = "drifts" if len(drifting) == 1 else "drift"
        text = (
            f"{len(drifting):,} of {counted(tested, 'feature')} {verb}, most {worst.feature}, "
            f"by {points} in {where} ({how})"
        )
        if subject.scheme == "forward":
            text += "; blocks of time differ by nature: what an early block scores may not last"
    else:
        text = (
            f"none of {counted(tested, 'feature')} drifts; most apart is {worst.feature}, "
            f"by {points} in {where} ({how}, {100 * rule.min_effect:g} points)"
        )
    text += left_out_said(subject, "compared")
    if scan.small:
        small = [fold_place(subject, *each) for each in sorted(scan.small)]
        text += f"; too small to test: {listed(small)}"
    if scan.unreadable:
        text += f"; not tested: {listed(scan.unreadable)}"
    if scan.without:
        are = "has" if len(scan.without) == 1 else "have"
        text += f"; {listed(scan.without)} {are} nothing to compare"
    return text


def _measured(
    subject: Subject, scan: _Scan, judged: list[_Judged], drifting: list[str], tested: int
) -> dict[str, object]:
    shown = list(dict.fromkeys(each.test.feature for each in judged))[:_SHOWN]
    features: dict[str, dict[str, dict[str, object]]] = {name: {} for name in shown}
    for each in sorted(judged, key=lambda one: (one.test.repeat, one.test.fold)):
        test = each.test
        if test.feature not in features:
            continue
        key = fold_key(subject, test.repeat, "between" if test.about == "between" else test.fold)
        cell = features[test.feature].setdefault(key, {})
        if test.about == "missing":
            cell["missing"] = _numbers(subject, each)
        else:
            cell.update(_numbers(subject, each))
    return {
        "features": features,
        "features_tested": tested,
        "features_shown": len(shown),
        "features_drifting": len(drifting),
        "tests_drifting": sum(each.drifts for each in judged),
        "drifting": drifting[:_SHOWN],
        "tests": len(judged),
        "folds_tested": len(scan.large),
        "folds_too_small": len(scan.small),
        "not_tested": [*scan.unreadable, *scan.without][:_SHOWN],
        "not_tested_count": len(scan.unreadable) + len(scan.without),
        "largest_effect": max(each.test.sample.effect for each in judged),
        "method": _METHOD
        + ("; p-values allow for groups by a design effect" if subject.roles.groups else ""),
        "adjustment": "Holm, over all tests",
    }


def _numbers(subject: Subject, judged: _Judged) -> dict[str, object]:
    sample = judged.test.sample
    numbers: dict[str, object] = {
        "test": sample.test,
        "statistic": sample.statistic,
        "effect": sample.effect,
        "p_adjusted": judged.adjusted,
    }
    if subject.roles.groups:
        numbers["design_effect"] = sample.design_effect
    return numbers


def _worst(subject: Subject, judged: list[_Judged], drifting: list[str]) -> tuple[Finding, ...]:
    """Describe the worst test of each of the features that drift most."""
    findings = []
    for name in drifting[:_WORST]:
        worst = next(each for each in judged if each.test.feature == name)
        others = {
            fold_place(subject, each.test.repeat, each.test.fold): None
            for each in judged
            if each.drifts and each.test.feature == name
        }
        text = f"{_told(subject, worst.test)} (adjusted p {_read(worst.adjusted)})"
        more = [place for place in others if place != next(iter(others))]
        if more:
            text += f"; also in {listed(more)}"
        test = worst.test
        key = f"feature {name}, {test.about}, repeat {test.repeat}, fold {test.fold}"
        findings.append(Finding(text, count=test.rows, key=key))
    return tuple(findings)


def _read(p_value: float) -> str:
    return f"{p_value:.1g}" if p_value >= _TINY else f"< {_TINY:g}"


def _told(subject: Subject, test: DriftTest) -> str:
    sample, name = test.sample, test.feature
    place = fold_place(subject, test.repeat, test.fold)
    shares = f"{100 * sample.share:.1f}% of {place} and {100 * sample.other_share:.1f}% of "
    rest = "all folds" if test.about == "between" else "the rest"
    if test.about == "missing":
        share, other = sample.share, sample.other_share
        # The share that differs most may be that of the values that are there: the same distance.
        if sample.at == 0:
            share, other = 1 - share, 1 - other
        return (
            f"{name} is missing in {100 * share:.1f}% of {place} and {100 * other:.1f}% of the rest"
        )
    coded = feature_codes(subject.rows([name]).frame[name])
    assert coded is not None
    if coded.kind == "length":
        name = f"the length of {name}"
    if sample.test == "ks":
        return f"{name} is at most {coded.value_of(sample.at)} in {shares}{rest}"
    if coded.kind == "categorical":
        value = "one of its rare values" if sample.at < 0 else quoted(coded.value_of(sample.at))
        return f"{name} is {value} in {shares}{rest}"
    points = f"{100 * sample.effect:.1f} points"
    return f"{name}, cut at its quantiles, is {points} off in {place}, against all folds"


CHECK = Check(
    code="FG401",
    name="feature_drift",
    rule=FeatureDriftRule,
    run=run,
    explanation=Explanation(
        meaning=(
            "When a feature is distributed otherwise in one fold than in the rest, that fold's "
            "score tells of other cases than the others': folds were not dealt at random, sites or "
            "periods were kept apart, or rows were added later. Every feature is tested in every "
            "fold of every repeat, its values and where they are missing, and the p-values are "
            "adjusted for their number. Rows of one group are not independent; the tests allow "
            "for it. Forward folds are blocks of time and drift by nature: there the finding says "
            "what changed over time, and how far an early score can be trusted later."
        ),
        example="age is at most 38 in 72.0% of fold 2 and 41.0% of the rest.",
        fix=(
            "Deal rows or groups at random (strategy stratified_group), or, when the folds are "
            "meant to differ (sites, periods), say so with severity warning and report the score "
            "of each fold. A feature that merely counts up with time belongs to the time role, "
            "not to the features."
        ),
        references=(
            "F. J. Massey, The Kolmogorov-Smirnov Test for Goodness of Fit, JASA 46, 1951",
            "J. N. K. Rao and A. J. Scott, The Analysis of Categorical Data from Complex Sample "
            "Surveys, JASA 76, 1981",
            "S. Holm, A Simple Sequentially Rejective Multiple Test Procedure, Scandinavian "
            "Journal of Statistics 6, 1979",
            "S. Rabanser, S. Guennemann and Z. Lipton, Failing Loudly: An Empirical Study of "
            "Methods for Detecting Dataset Shift, NeurIPS 2019",
        ),
        measured={
            "features": "By feature, the worst first, and fold: the test, its statistic, the "
            "effect (largest difference of shares) and the adjusted p-value; under missing, the "
            "same of missing values; under between, of all folds together. With groups, also the "
            "design effect that p-values allow for. In repeat 1 fold 2 is 1/2.",
            "features_tested": "Features with at least one test.",
            "features_shown": "Features listed under features, at most 20.",
            "features_drifting": "Features of which a test crosses alpha and min_effect.",
            "drifting": "Their names, the worst first, at most 20.",
            "tests": "Tests made; p-values are adjusted for so many.",
            "tests_drifting": "Tests that cross both thresholds.",
            "folds_tested": "Folds with min_rows rows (units), as their rest has.",
            "folds_too_small": "Folds without.",
            "not_tested": "Features that no test could be made of, at most 20: their type has no "
            "order, or there is nothing to compare.",
            "not_tested_count": "How many they are.",
            "largest_effect": "The largest difference of shares in any test.",
            "method": "The tests.",
            "adjustment": "How p-values were adjusted.",
        },
    ),
    lacks=lacks_folds_to_compare,
    opt_in=True,
    totals=("features_drifting", "tests_drifting"),
)

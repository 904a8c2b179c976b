"""FG308: no single feature gives the label away."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from typing import Literal

import polars as pl
from pydantic import Field

from fold_guard.checks.check import Check, Explanation
from fold_guard.checks.classes.class_label import label_target
from fold_guard.checks.outcome import (
    Finding,
    Outcome,
    Severity,
    Status,
    on_sample,
    unjudged,
)
from fold_guard.checks.prediction.feature_bins import RANGES, Bins, binned
from fold_guard.checks.prediction.held_out_score import Parts
from fold_guard.checks.prediction.predicted_label import (
    MOST_ROWS,
    NOT_SCORABLE,
    Label,
    LabelScore,
    predicted_label,
)
from fold_guard.checks.rule import Rule
from fold_guard.checks.sets.copies import lacks_features
from fold_guard.checks.subjects.subject import Subject
from fold_guard.checks.wording import listed, quoted
from fold_guard.errors import DataError

Verdict = Literal["golden", "suspicious", "ok"]
# Features in `measured`, the worst first; how many were scored is there as well.
MOST_SHOWN = 100
_WORST = 5
# Values in memory at a time.
_VALUES = 2**26
# Each holds a few arrays of a number a row.
_THREADS = 4


class TargetLeakageRule(Rule):
    """Thresholds of FG308.

    Attributes
    ----------
    suspicious_auc, golden_auc : float
        Of one feature alone, on held-out rows: the area under the ROC curve, with several classes
        its mean over them. Suspicious: beyond chance, that is by more than two standard errors.
    suspicious_r2, golden_r2 : float
        The same for a continuous label: R² of its ranks.
    lawful : list of str
        Features that are known before the label is, however well they tell it.
    """

    severity: Severity = Severity.WARNING
    suspicious_auc: float = Field(0.9, gt=0.5, le=1)
    golden_auc: float = Field(0.99, gt=0.5, le=1)
    suspicious_r2: float = Field(0.8, gt=0, le=1)
    golden_r2: float = Field(0.98, gt=0, le=1)
    lawful: list[str] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Feature:
    """The scores of one feature; of the ways to cut it, the one that tells most."""

    name: str
    best: LabelScore
    bins: Bins
    missing: LabelScore | None
    rows: int
    joined: int

    def verdict(self, label: Label, rule: TargetLeakageRule) -> Verdict:
        """Return the worse of what its values and its missing values tell."""
        found = {_verdict(self.best, label, rule)}
        if self.missing is not None:
            found.add(_verdict(self.missing, label, rule))
        return "golden" if "golden" in found else "suspicious" if "suspicious" in found else "ok"


def _verdict(found: LabelScore, label: Label, rule: TargetLeakageRule) -> Verdict:
    golden, suspicious = _thresholds(label, rule)
    if found.score >= golden and found.lower >= suspicious:
        return "golden"
    # One class alone may be easy to tell, as one kind of iris is; so more is asked of it.
    if found.lower_of_class >= golden:
        return "golden"
    betrayed = found.of_class >= golden and found.lower_of_class >= suspicious
    return "suspicious" if found.lower >= suspicious or betrayed else "ok"


def _thresholds(label: Label, rule: TargetLeakageRule) -> tuple[float, float]:
    if label.metric == "r2_of_ranks":
        return rule.golden_r2, rule.suspicious_r2
    return rule.golden_auc, rule.suspicious_auc


def run(subject: Subject, rule: TargetLeakageRule) -> Iterator[Outcome]:
    """Yield one outcome over all features."""
    features: list[_Feature] = []
    not_scored: dict[str, str] = {}
    label: Label | None = None
    at, size = 0, 1
    while at < len(subject.features):
        names = subject.features[at : at + size]
        # In a frame without an order the rows may come in another one: the label comes with them.
        known = label is not None and subject.ordered
        columns = names if known else (*names, *subject.roles.label_columns)
        rows = subject.rows(columns, at_most=MOST_ROWS)
        if not known:
            parts = Parts.of_folds(rows.folds[0], forward=subject.scheme == "forward")
            found = predicted_label(subject, rows, parts)
            if isinstance(found, str) or not found.scorable:
                reason = found if isinstance(found, str) else NOT_SCORABLE
                yield CHECK.without(Status.NOT_APPLICABLE, reason, rule.severity)
                return
            label = found
        assert label is not None
        series = [rows.frame[name] for name in names]
        for name, scored in zip(names, _in_threads(series, label), strict=True):
            if isinstance(scored, str):
                not_scored[name] = scored
            else:
                features.append(scored)
        # After the first feature alone, it is known how many rows there are.
        at, size = at + len(names), max(1, _VALUES // max(1, rows.frame.height))
    assert label is not None
    outcome = _outcome(subject, rule, label, features, not_scored)
    yield on_sample(outcome, rows.sampled)


def _in_threads(columns: Sequence[pl.Series], label: Label) -> Iterator[_Feature | str]:
    """Score features side by side, in their order: arrays are worked on outside of the lock."""
    with ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1)) as pool:
        yield from pool.map(_scored, columns, repeat(label))


def _scored(series: pl.Series, label: Label) -> _Feature | str:
    """Score a feature, or say why it cannot be."""
    try:
        ways = binned(series)
    except DataError as error:
        return error.what
    except pl.exceptions.PolarsError as error:
        return f"values of type {series.dtype} cannot be compared: {error}"[:200]
    found = [(score, bins) for bins in ways if (score := label.score(bins)) is not None]
    if not found:
        return NOT_SCORABLE
    best, bins = max(found, key=lambda each: each[0].lower)
    return _Feature(
        series.name,
        best,
        bins,
        label.missingness(ways[0]),
        len(series),
        max(each.joined for each in ways),
    )


def _outcome(
    subject: Subject,
    rule: TargetLeakageRule,
    label: Label,
    features: list[_Feature],
    not_scored: dict[str, str],
) -> Outcome:
    rank = {"golden": 0, "suspicious": 1, "ok": 2}
    judged = sorted(
        ((each, each.verdict(label, rule)) for each in features),
        key=lambda pair: (rank[pair[1]], -_most(pair[0]), pair[0].name),
    )
    flagged = [(each, verdict) for each, verdict in judged if verdict != "ok"]
    lawful = [each.name for each, _ in flagged if each.name in rule.lawful]
    broken = [(each, verdict) for each, verdict in flagged if each.name not in lawful]
    attainable = label.attainable()
    weak = attainable < _thresholds(label, rule)[1]
    outcome = CHECK.outcome(
        rule,
        broken=bool(broken),
        target=label_target(subject),
        summary=_summary(broken, lawful, not_scored, subject, judged, label, weak=weak),
        measured={
            "metric": label.metric,
            "features": {
                each.name: _numbers(each, verdict) for each, verdict in judged[:MOST_SHOWN]
            },
            "features_scored": len(features),
            "golden": sum(verdict == "golden" for _, verdict in judged),
            "suspicious": sum(verdict == "suspicious" for _, verdict in judged),
            "not_scored": dict(list(not_scored.items())[:MOST_SHOWN]),
            "not_scored_count": len(not_scored),
            "labelled_rows": label.rows,
            "repeat": 0,
            "attainable": attainable,
        },
        findings=[_finding(each, verdict, label) for each, verdict in broken[:_WORST]],
    )
    if not features:
        return unjudged(outcome, f"no feature could be scored: {next(iter(not_scored.values()))}")
    return outcome


def _most(each: _Feature) -> float:
    return max(each.best.score, each.missing.score if each.missing is not None else 0.0)


def _numbers(each: _Feature, verdict: Verdict) -> dict[str, object]:
    numbers: dict[str, object] = {
        "score": each.best.score,
        "score_lower": each.best.lower,
        "missingness_score": None if each.missing is None else each.missing.score,
        "verdict": verdict,
        "by": each.bins.by,
        "bins": each.bins.n_bins,
    }
    if each.joined:
        numbers["values_joined"] = each.joined
    if each.best.name:
        numbers |= {"class": each.best.name, "class_score": each.best.of_class}
    return numbers


def _summary(
    broken: Sequence[tuple[_Feature, Verdict]],
    lawful: Sequence[str],
    not_scored: Mapping[str, str],
    subject: Subject,
    judged: Sequence[tuple[_Feature, Verdict]],
    label: Label,
    *,
    weak: bool,
) -> str:
    if broken:
        first = broken[0][0]
        text = f"{listed([each.name for each, _ in broken])} nearly "
        text += "tells" if len(broken) == 1 else "tell"
        text += f" the label alone ({first.name}: {_said(_telling(first), label)})"
    elif judged:
        most = max((each for each, _ in judged), key=lambda each: (_most(each), each.name))
        text = f"the label is told best by {most.name} ({_said(_telling(most), label)})"
    else:
        text = ""
    parts = [text] if text else []
    if lawful:
        parts.append(f"{listed(lawful)} named as lawful")
    if weak and not broken:
        parts.append("too few rows to tell even a perfect feature from chance")
    if not_scored:
        are = "was" if len(not_scored) == 1 else "were"
        parts.append(f"{listed(list(not_scored))} {are} not scored")
    joined = sorted(each.name for each, _ in judged if each.joined)
    if joined:
        parts.append(f"{listed(joined)}: too many values, the rarest were taken as one")
    if subject.n_repeats > 1:
        parts.append(f"scored on the first of {subject.n_repeats} repeats")
    return "; ".join(parts)


_METRICS = {
    "roc_auc": "AUC",
    "macro_roc_auc": "mean AUC of the classes",
    "max_roc_auc": "AUC of one label",
    "r2_of_ranks": "R² of ranks",
}
_BY = {"value": "by its values", "range": "by ranges of its values", "length": "by its length"}


def _telling(each: _Feature) -> LabelScore:
    """Return the score of the values, or of where they are missing: the one that tells more."""
    if each.missing is None:
        return each.best
    return max(each.best, each.missing, key=lambda found: (found.lower, found.lower_of_class))


def _said(found: LabelScore, label: Label) -> str:
    text = f"{_METRICS[label.metric]} {found.score:.3f}"
    if found.name and label.metric == "macro_roc_auc":
        text += f", {found.of_class:.3f} for class {quoted(found.name)}"
    elif found.name:
        text += f", label {found.name}"
    return f"{text}, on held-out rows"


def _finding(each: _Feature, verdict: Verdict, label: Label) -> Finding:
    told = _telling(each)
    how = _BY[each.bins.by] if told is each.best else "by where it is missing alone"
    text = f"{each.name} is {verdict} {how}: {_said(told, label)}"
    if told is each.best and each.bins.by == "value" and each.bins.n_bins > RANGES:
        text += (
            f"; {each.bins.n_bins:,} values repeat: it may be a key of rows that belong together "
            "and lie in several folds"
        )
    return Finding(text, count=each.rows, key=f"feature {each.name}")


def _lacks(subject: Subject) -> str:
    return lacks_features(subject) if subject.roles.label_columns else "there is no label column"


CHECK = Check(
    code="FG308",
    name="target_leakage",
    rule=TargetLeakageRule,
    run=run,
    explanation=Explanation(
        meaning=(
            "A feature that tells the label alone was often made from it, or became known after "
            "it: the score is splendid, and in use the feature is not there. Each feature is cut "
            f"into values or at most {RANGES} ranges, whose class shares in the other folds "
            "predict each held-out fold; where it is missing is scored by itself. Two verdicts: "
            "golden, the whole label is told (area under the ROC curve from 0.99 on, with several "
            "classes their mean; R² of the ranks of a continuous label from 0.98 on); "
            "suspicious, from 0.9 (0.8) on by more than two standard errors, or one class is told "
            "from 0.99 on; that, too, is golden when it holds two standard errors below. More than "
            "five folds are joined to five parts; of several repeats the first is scored. It is a "
            "heuristic: a leak in two features together, or a weak one, "
            "is not seen, and a feature may lawfully be this good (the petals of irises)."
        ),
        example=(
            "ct_result: mean AUC of the classes 0.998. It is read off the very test that gives "
            "the label."
        ),
        fix=(
            "Ask when the feature becomes known. After the label, or from it: leave it out. Before "
            "it: name it under lawful. If its values name a patient or another group that lies in "
            "several folds, name that column as a group key and keep groups together."
        ),
        references=(
            "Kaufman, Rosset, Perlich & Stitelman (2012), Leakage in data mining: formulation, "
            "detection, and avoidance, ACM TKDD 6(4), doi:10.1145/2382577.2382579",
            "Hanley & McNeil (1982), The meaning and use of the area under a receiver operating "
            "characteristic (ROC) curve, Radiology 143(1), doi:10.1148/radiology.143.1.7063747",
        ),
        measured={
            "metric": "what the scores are, by the kind of label",
            "features": "of each feature, the worst first: its score on held-out folds and two "
            "standard errors below, the score of where it is missing, the verdict, how it was cut "
            "and into how many parts, and the class that it tells best",
            "features_scored": "features that could be scored",
            "golden": "features that tell the whole label, lawful ones included",
            "suspicious": "features that tell too much of it, lawful ones included",
            "not_scored": "features that could not be scored, and why",
            "not_scored_count": "how many there are, all counted",
            "labelled_rows": "rows with a label: the others are left out",
            "repeat": "the repeat whose folds were held out",
            "attainable": "what a perfect one would score, two standard errors below: with few "
            "rows even that proves nothing",
        },
    ),
    lacks=_lacks,
    totals=("golden", "suspicious"),
)

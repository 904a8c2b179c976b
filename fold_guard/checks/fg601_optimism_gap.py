"""FG601: how much of the score comes from what leaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from fold_guard.checks.check import Check, Explanation
from fold_guard.checks.outcome import Finding, Outcome, Severity, unjudged
from fold_guard.checks.rule import Rule
from fold_guard.checks.subjects.subject import Subject
from fold_guard.checks.training.default_model import default_model, ordinal_codes
from fold_guard.checks.training.mended import Mended, mended
from fold_guard.checks.training.out_of_fold import Predictions, out_of_fold
from fold_guard.checks.training.paired_gap import (
    Gap,
    Weighted,
    errors,
    mean_auc,
    mean_of_classes,
    one_class,
    paired_gap,
    recalls,
)
from fold_guard.checks.training.training_function import (
    SEED,
    described,
    is_estimator,
    label_values,
)
from fold_guard.checks.wording import counted
from fold_guard.dataset.labels import classes, is_quantity

IntArray = npt.NDArray[np.int64]
RESAMPLES = 1000
CONFIDENCE = 0.95
_HOW = {
    "gathered": "units brought together",
    "recut": "blocks cut anew along time, units purged from train",
    "purged": "units purged from train",
}


class OptimismGapRule(Rule):
    """Thresholds of FG601.

    Attributes
    ----------
    max_gap : float
        What the given folds may be better by (0.05 is five points of recall, or .05 of R squared);
        the rule is broken when the whole interval of the difference lies above.
    """

    severity: Severity = Severity.WARNING
    max_gap: float = Field(0.0, ge=0, le=1)


@dataclass(frozen=True, slots=True, eq=False)
class _Scored:
    """The label, what is trained, and what both designs predict for the same rows."""

    names: tuple[str, ...]
    model: str
    units: IntArray
    actual: npt.NDArray[Any]
    both: tuple[Predictions, Predictions]


def run(subject: Subject, rule: OptimismGapRule) -> Iterator[Outcome]:
    """Yield one outcome on the first repeat."""
    assert subject.roles.label is not None
    split = mended(subject)
    facts: dict[str, object] = {
        "repair": split.how,
        "rows_moved": split.rows_moved,
        "test_rows_leaking_total": split.rows_leaking,
        "copies_kept_together": split.copies,
    }
    if not split.leaks:
        yield _outcome(
            subject,
            rule,
            split,
            "nothing leaks that a repair could take away: no group or copy lies on both sides of "
            "a round; the gap is 0, nothing was fitted",
            {**facts, **_numbers(None), "gap": 0.0, "gap_low": 0.0, "gap_high": 0.0},
        )
        return
    scored = _score(subject, split)
    gaps = _gaps(scored)
    metric, name = _judged(scored.names)
    gap = gaps[metric]
    measured = {
        **facts,
        **_numbers(gap),
        "metric": metric,
        "model": scored.model,
        "rows_scored": len(scored.actual),
        "units": len(np.unique(scored.units)),
        "metrics": {key: None if each is None else asdict(each) for key, each in gaps.items()},
    }
    if gap is None:
        found = _outcome(subject, rule, split, "", measured)
        yield unjudged(found, f"{metric} is undefined on the {len(scored.actual):,} rows scored")
        return
    broken = gap.low > rule.max_gap
    text = _worth(gap, name, worth=broken)
    finding = Finding(text, count=split.rows_leaking or split.rows_moved, key=metric)
    yield _outcome(
        subject,
        rule,
        split,
        f"{text}; {scored.model}; {_HOW[split.how]}, {counted(split.rows_moved, 'row')} moved",
        measured,
        (finding,) if broken else (),
    )


def _outcome(
    subject: Subject,
    rule: OptimismGapRule,
    split: Mended,
    summary: str,
    measured: dict[str, object],
    findings: tuple[Finding, ...] = (),
) -> Outcome:
    notes = []
    if not split.copies:
        notes.append("copies left apart, the columns are too coarse to tell rows apart")
    if subject.n_repeats > 1:
        notes.append(f"repeat 0 of {subject.n_repeats} looked at")
    assert subject.roles.label is not None
    return CHECK.outcome(
        rule,
        broken=bool(findings),
        target=subject.roles.label,
        summary="; ".join([summary, *notes]),
        measured=measured,
        findings=findings,
    )


def _numbers(gap: Gap | None) -> dict[str, object]:
    return {
        "metric": None,
        "score_given": None if gap is None else gap.first,
        "score_repaired": None if gap is None else gap.second,
        "gap": None if gap is None else gap.difference,
        "gap_low": None if gap is None else gap.low,
        "gap_high": None if gap is None else gap.high,
        "confidence": CONFIDENCE,
        "resamples": RESAMPLES,
        "seed": SEED,
        "model": None,
        "rows_scored": 0,
        "units": 0,
        "metrics": {},
    }


def _score(subject: Subject, split: Mended) -> _Scored:
    """Fit both designs, and keep the predictions for rows that both of them test."""
    assert subject.roles.label is not None
    column = split.frame[subject.roles.label]
    continuous = subject.traits.strata == "bins" or is_quantity(column)
    names = () if continuous else classes(column).names
    codes = np.empty(0, dtype=np.int64) if continuous else classes(column).codes
    y = label_values(column, continuous=continuous)
    known = np.isfinite(y) if continuous else codes >= 0
    features = split.frame.select(split.frame[name] for name in subject.features)
    given = subject.estimator
    if is_estimator(given) and hasattr(given, "predict"):
        model, X, said = given, features.to_pandas(), described(given)
    else:
        model, X = default_model(continuous=continuous), ordinal_codes(features)
        said = f"{described(model)} on ordinal codes"
        if given is not None:
            said += " (the training function gives no predictions that could be scored)"
    first, second = (
        out_of_fold(model, X, y, rounds, known=known, classes=names, which=which)
        for which, rounds in (("given folds", split.given), ("repaired folds", split.repaired))
    )
    pairs = _paired(first, second, by_round=split.how == "purged")
    both = first.at(pairs[0]), second.at(pairs[1])
    rows = both[0].rows
    _, units = np.unique(split.units[rows], return_inverse=True)
    actual = y[rows] if continuous else codes[rows]
    return _Scored(names, said, units.reshape(-1).astype(np.int64), actual, both)


def _paired(
    first: Predictions, second: Predictions, *, by_round: bool
) -> tuple[IntArray, IntArray]:
    """Return positions, in either, of the predictions that are about the same row."""
    if by_round:
        # The test rows of each round are what they were, and rows may be tested more than once.
        where = np.arange(len(first.rows))
        return where, where
    _, at_first, at_second = np.intersect1d(first.rows, second.rows, return_indices=True)
    return at_first.astype(np.int64), at_second.astype(np.int64)


def _gaps(scored: _Scored) -> dict[str, Gap | None]:
    """Compute every metric with its interval; the first is the one that is judged."""
    actual, both = scored.actual, scored.both
    if not len(actual):
        return {_judged(scored.names)[0]: None}
    predicted = np.stack([each.values for each in both], axis=1)
    rounds = np.stack([each.rounds for each in both], axis=1)
    _, models = np.unique(rounds, axis=0, return_inverse=True)

    def gap(score: Callable[[IntArray], Weighted]) -> Gap | None:
        return paired_gap(
            score,
            scored.units,
            models.reshape(-1),
            resamples=RESAMPLES,
            confidence=CONFIDENCE,
            seed=SEED,
        )

    if not scored.names:
        return {
            "r2": gap(lambda by: errors(by, actual, predicted, root=False)),
            "minus_rmse": gap(lambda by: errors(by, actual, predicted, root=True)),
        }
    width = len(scored.names)
    found = {
        "balanced_accuracy": gap(lambda by: mean_of_classes(recalls(by, actual, predicted, width)))
    }
    counts = np.bincount(actual, minlength=width)
    rarest = int(np.where(counts > 0, counts, len(actual) + 1).argmin())
    found[f"recall[{scored.names[rarest]}]"] = gap(
        lambda by: one_class(recalls(by, actual, predicted, width), rarest)
    )
    if width == 2:
        ranked = [each.scores for each in both if each.scores is not None]
        if len(ranked) == 2:
            ranks = np.stack(ranked, axis=1)
            found["roc_auc"] = gap(lambda by: mean_auc(by, actual == 1, ranks, rounds))
    return found


def _judged(names: tuple[str, ...]) -> tuple[str, str]:
    """Return the metric that is judged, and what its points are called."""
    if not names:
        return "r2", "R squared"
    return "balanced_accuracy", f"recall, mean of {counted(len(names), 'class', 'classes')}"


def _worth(gap: Gap, name: str, *, worth: bool) -> str:
    scores = (
        f"{gap.first:.2f} on the given folds, {gap.second:.2f} on repaired folds; "
        f"difference [{_points(gap.low)}, {_points(gap.high)}]"
    )
    if worth:
        return f"this leak is worth {_points(gap.difference)} points of {name} ({scores})"
    return f"no gap beyond what is allowed: {_points(gap.difference)} points of {name} ({scores})"


def _points(share: float) -> str:
    # Nought has no sign.
    return f"{round(100 * share, 1) + 0.0:.1f}"


def _lacks(subject: Subject) -> str:
    if subject.roles.labels:
        return "several labels a row have no one score"
    if subject.roles.label is None:
        return "there is no label column"
    return "" if subject.features else "there is no feature column"


CHECK = Check(
    code="FG601",
    name="optimism_gap",
    rule=OptimismGapRule,
    run=run,
    explanation=Explanation(
        meaning=(
            "What a leak costs: the score of a model on the folds as they are, less its score on "
            "the nearest folds on which no group and no copy lies on both sides of a round, with "
            "an interval of the difference. The model is the user's estimator, else gradient "
            "boosting with a fixed seed. Both designs are scored on the same rows by their "
            "out-of-fold predictions: mean recall of the classes, or R squared. Units are "
            "resampled, and rows that share their models count together. Train sides of the "
            "repaired folds may be smaller or larger by some rows. A model that cannot use a "
            "leak shows no gap: other models may."
        ),
        example=(
            "This leak is worth 7.1 points of recall (0.71 on the given folds, 0.64 on repaired "
            "folds; difference [5.0, 9.3])."
        ),
        fix=(
            "Repair the folds (fold-guard audit ... --repair OUT), or make new ones that keep "
            "groups together, and report the score on these."
        ),
        references=(
            "S. Kapoor and A. Narayanan, Leakage and the reproducibility crisis in "
            "machine-learning-based science, Patterns 4(9), 2023",
            "C. A. Field and A. H. Welsh, Bootstrapping clustered data, JRSS B 69(3), 2007",
            "A. C. Cameron, J. B. Gelbach and D. L. Miller, Robust inference with multiway "
            "clustering, JBES 29(2), 2011",
        ),
        measured={
            "repair": "how: gathered, recut (blocks of time) or purged (train rows)",
            "rows_moved": "rows in another fold than before",
            "test_rows_leaking_total": "test rows whose group or copy is in train, over all rounds",
            "copies_kept_together": "whether exact copies were kept together",
            "metric": "the metric that is judged; null when nothing leaks",
            "score_given": "its value on the folds as they are",
            "score_repaired": "its value on the repaired folds",
            "gap": "the difference of both",
            "gap_low": "lower end of its interval",
            "gap_high": "upper end of its interval",
            "confidence": "of the interval",
            "resamples": "how often units were resampled",
            "seed": "of the resampling, and of random numbers during training",
            "model": "what was fitted",
            "rows_scored": "rows that both designs test",
            "units": "components over the group keys, and copies, among these",
            "metrics": "every metric with both values, difference and interval",
        },
    ),
    lacks=_lacks,
    opt_in=True,
    totals=("rows_moved", "test_rows_leaking_total"),
)

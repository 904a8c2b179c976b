"""FG402: no classifier can tell which fold a row lies in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from fold_guard.checks.check import Check, Explanation
from fold_guard.checks.drift.adversary import MODEL, FoldScore, fold_scores
from fold_guard.checks.drift.adversary_table import AdversaryTable, adversary_table
from fold_guard.checks.drift.drift_scan import Deal
from fold_guard.checks.drift.drift_units import fold_key, fold_place, lacks_folds_to_compare
from fold_guard.checks.drift.multiplicity import holm
from fold_guard.checks.outcome import Finding, Outcome, Severity, Status
from fold_guard.checks.rule import Rule
from fold_guard.checks.subjects.left_out import dealt_alone, left_out_said
from fold_guard.checks.subjects.subject import Subject
from fold_guard.checks.wording import counted, listed
from fold_guard.partition.rounds import EXCLUDED

_INNER = 3
_DRIVING = 5
_SHOWN = 50
_WORST = 5


class AdversarialValidationRule(Rule):
    """Thresholds of FG402; a fold is given away when it crosses both of the first two.

    Attributes
    ----------
    max_auc : float
        The area under the ROC curve with which a fold may be told from all other rows, 0.5 to 1.
    alpha : float
        The probability of a single false alarm over all folds: adjusted p-values below it count.
    min_rows : int
        Rows (units, where rows come in groups) below which a fold is not scored.
    max_rows : int
        Rows that the classifier is given at most; of more, those whose ids have the least hashes.
    max_iter : int
        Boosting iterations of the classifier.
    """

    severity: Severity = Severity.WARNING
    max_auc: float = Field(0.6, ge=0.5, le=1)
    alpha: float = Field(0.01, gt=0, lt=1)
    min_rows: int = Field(20, ge=2 * _INNER)
    max_rows: int = Field(100_000, ge=100)
    max_iter: int = Field(50, ge=1)


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    repeat: int
    fold: int
    rows: int
    score: FoldScore
    adjusted: float
    given_away: bool
    driving: tuple[tuple[str, float], ...]


def run(subject: Subject, rule: AdversarialValidationRule) -> Iterator[Outcome]:
    """Yield one outcome over the folds of every repeat; fold -1 counts among the rest."""
    table = adversary_table(subject, rule.max_rows)
    if not table.names:
        left_out = listed([*table.unreadable, *table.constant])
        reason = f"no feature has values that can be compared: {left_out}"
        yield CHECK.without(Status.NOT_APPLICABLE, reason, rule.severity)
        return
    scores, small = _scores(subject, table, rule)
    if not scores:
        unit = "units (groups of rows)" if subject.roles.groups else "rows"
        reason = f"no fold and its rest have {rule.min_rows} {unit} each, nothing can be compared"
        yield CHECK.without(Status.NOT_APPLICABLE, reason, rule.severity)
        return
    judged = _judged(table, scores, rule)
    bad = [each for each in judged if each.given_away]
    worst = judged[0]
    shown = judged[:_SHOWN]
    used = table.folds.shape[1]
    yield CHECK.outcome(
        rule,
        broken=bool(bad),
        target=counted(len(subject.features), "feature"),
        summary=_summary(subject, rule, table, judged, bad, small),
        measured={
            "auc": worst.score.auc,
            "worst_fold": fold_key(subject, worst.repeat, worst.fold),
            "driving_features": dict(worst.driving),
            "folds": {
                fold_key(subject, each.repeat, each.fold): {
                    "auc": each.score.auc,
                    "standard_error": each.score.error,
                    "p_adjusted": each.adjusted,
                    "rows": each.rows,
                    "driving_features": dict(each.driving),
                }
                for each in sorted(shown, key=lambda one: (one.repeat, one.fold))
            },
            "folds_tested": len(judged),
            "folds_shown": len(shown),
            "folds_given_away": len(bad),
            "folds_too_small": len(small),
            "features_used": len(table.names),
            "not_used": [*table.unreadable, *table.constant][:_SHOWN],
            "rows": table.n_all,
            "sampled_rows": used,
            "sampling": "none" if used == table.n_all else "least XXH64 of the row id, seed 0",
            "method": (
                f"{MODEL}, {rule.max_iter} iterations, seed 0; AUC of a fold against all other "
                f"rows, mean of {_INNER} inner folds"
                + (" of whole groups" if subject.roles.groups else "")
                + "; features by permutation on held-out rows; standard error if there were no "
                "drift"
            ),
            "adjustment": "Holm, over all folds",
        },
        findings=[
            Finding(
                f"{fold_place(subject, each.repeat, each.fold)} is told from the rest with AUC "
                f"{each.score.auc:.2f}{_by(each)}",
                count=each.rows,
                key=f"repeat {each.repeat}, fold {each.fold}",
            )
            for each in bad[:_WORST]
        ],
    )


def _scores(
    subject: Subject, table: AdversaryTable, rule: AdversarialValidationRule
) -> tuple[list[tuple[int, int, int, FoldScore]], list[tuple[int, int]]]:
    """Return repeat, fold, rows and score of what can be scored, and what is too small for it."""
    scores: list[tuple[int, int, int, FoldScore]] = []
    small = []
    for repeat, given in enumerate(table.folds):
        folds = dealt_alone(subject, given)
        deal = Deal.of(repeat, folds, table.units if subject.roles.groups else None)
        part = folds != EXCLUDED
        large = deal.large_enough(part, rule.min_rows)
        there = set(np.unique(folds[folds >= 0]).tolist())
        small += [(repeat, fold) for fold in sorted(there - set(large))]
        if not large:
            continue
        # What is too small to be scored stays in, among the rest.
        classes = np.where(np.isin(folds, large), folds, -1)[part]
        units = np.unique(table.units[part], return_inverse=True)[1].astype(np.int64)
        found = fold_scores(
            table.X[part],
            table.categorical,
            classes,
            units,
            large,
            n_inner=_INNER,
            max_iter=rule.max_iter,
        )
        small += [(repeat, fold) for fold in large if fold not in found]
        scores += [
            (repeat, fold, int((folds == fold).sum()), score) for fold, score in found.items()
        ]
    return scores, small


def _judged(
    table: AdversaryTable,
    scores: list[tuple[int, int, int, FoldScore]],
    rule: AdversarialValidationRule,
) -> list[_Judged]:
    adjusted = holm([score.p_value for *_, score in scores]).tolist()
    judged = [
        _Judged(
            repeat,
            fold,
            rows,
            score,
            p_value,
            p_value < rule.alpha and score.auc > rule.max_auc,
            _driving(table.names, score),
        )
        for (repeat, fold, rows, score), p_value in zip(scores, adjusted, strict=True)
    ]
    judged.sort(key=lambda one: (not one.given_away, -one.score.auc, one.repeat, one.fold))
    return judged


def _driving(names: tuple[str, ...], score: FoldScore) -> tuple[tuple[str, float], ...]:
    falls = [(name, float(fall)) for name, fall in zip(names, score.importance, strict=True)]
    return tuple(sorted(falls, key=lambda one: (-one[1], one[0]))[:_DRIVING])


def _by(judged: _Judged) -> str:
    """Name the features that matter, with what the AUC loses without each."""
    told = [f"{name} ({fall:.2f})" for name, fall in judged.driving if fall >= 0.01]
    return f", by {listed(told)}" if told else ""


def _summary(
    subject: Subject,
    rule: AdversarialValidationRule,
    table: AdversaryTable,
    judged: list[_Judged],
    bad: list[_Judged],
    small: list[tuple[int, int]],
) -> str:
    worst = judged[0]
    where = fold_place(subject, worst.repeat, worst.fold)
    if bad:
        text = (
            f"{where} is told from the rest with AUC {worst.score.auc:.2f}{_by(worst)} "
            f"(policy allows {rule.max_auc:g}; {len(bad):,} of {counted(len(judged), 'fold')} "
            f"{'is' if len(bad) == 1 else 'are'} above)"
        )
        if subject.scheme == "forward":
            text += "; blocks of time differ by nature: what an early block scores may not last"
    else:
        text = f"no fold can be told from the rest: highest AUC {worst.score.auc:.2f}, {where}"
        if worst.score.auc > rule.max_auc:
            text += f", which so few rows reach by chance (adjusted p {worst.adjusted:.2g})"
    text += left_out_said(subject, "compared")
    used = table.folds.shape[1]
    if used < table.n_all:
        text += f"; a sample of {used:,} of {table.n_all:,} rows, by hash of the id"
    if small:
        text += f"; too small to test: {listed([fold_place(subject, *each) for each in small])}"
    if table.unreadable:
        text += f"; not used: {listed(table.unreadable)}"
    return text


CHECK = Check(
    code="FG402",
    name="adversarial_validation",
    rule=AdversarialValidationRule,
    run=run,
    explanation=Explanation(
        meaning=(
            "Folds may differ in how features go together although each feature alone looks the "
            "same. A classifier is trained to tell in which fold a row lies; on rows that it has "
            "not seen it should do no better than chance, an AUC of 0.5. The features whose "
            "permutation costs it most say where the folds differ. Groups are held out whole, or "
            "it would merely recognise them; with groups that nobody named it may."
        ),
        example="Fold 2 is told from the rest with AUC 0.83, by clinic (0.21) and age (0.09).",
        fix=(
            "Look at the driving features first: an id or a counter among them is no feature. "
            "Then deal rows or groups at random (strategy stratified_group), or, when folds are "
            "meant to differ (sites, periods), raise max_auc and report the score of each fold."
        ),
        references=(
            "J. Pan, V. Pham, M. Dorairaj, H. Chen and J.-Y. Lee, Adversarial Validation Approach "
            "to Concept Drift Problem in User Targeting Automation Systems at Uber, "
            "arXiv:2004.03045, 2020",
            "D. Lopez-Paz and M. Oquab, Revisiting Classifier Two-Sample Tests, ICLR 2017",
            "N. A. Obuchowski, Nonparametric Analysis of Clustered ROC Curve Data, Biometrics 53, "
            "1997",
        ),
        measured={
            "auc": "Of the fold that is told best; 0.5 is chance.",
            "worst_fold": "That fold; in repeat 1 fold 2 is 1/2.",
            "driving_features": "By how much its AUC falls when a feature is permuted; the five "
            "that cost it most.",
            "folds": "The same of each fold, with the standard error that the AUC would have if "
            "there were no drift, the adjusted p-value, and rows; at most 50, the worst.",
            "folds_tested": "Folds with min_rows rows (units), as their rest has.",
            "folds_shown": "Folds listed under folds.",
            "folds_given_away": "Folds above max_auc with an adjusted p-value below alpha.",
            "folds_too_small": "Folds that were not scored.",
            "features_used": "Features that the classifier was given.",
            "not_used": "Features that it was not, at most 50: a type without order, or one value.",
            "rows": "Rows that take part.",
            "sampled_rows": "Rows that the classifier was given.",
            "sampling": "How they were chosen, where they are not all.",
            "method": "The classifier and its scores.",
            "adjustment": "How p-values were adjusted.",
        },
    ),
    lacks=lacks_folds_to_compare,
    opt_in=True,
    totals=("folds_given_away",),
)

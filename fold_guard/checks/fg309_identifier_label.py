"""FG309: ids, the order of rows and groups do not tell the label."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
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
from fold_guard.checks.prediction.feature_bins import MOST_VALUES, Bins, binned, bins_of_codes
from fold_guard.checks.prediction.held_out_score import PARTS, Parts
from fold_guard.checks.prediction.predicted_label import (
    MOST_ROWS,
    NOT_SCORABLE,
    Label,
    LabelScore,
    predicted_label,
)
from fold_guard.checks.rule import Rule
from fold_guard.checks.subjects.subject import Rows, Subject
from fold_guard.checks.wording import listed, quoted
from fold_guard.dataset.labels import codes_of
from fold_guard.dataset.ordering import ascending
from fold_guard.partition.rounds import EXCLUDED

IntArray = npt.NDArray[np.int64]
_WORST = 5
_ORDER = "row_order"
# Blocks of neighbouring rows, every fifth of them held out.
_BLOCKS = 50


class IdentifierLabelRule(Rule):
    """Thresholds of FG309.

    Attributes
    ----------
    max_auc : float
        Area under the ROC curve that an id or the order of rows may reach on held-out rows; with
        several classes or labels that of each.
    max_auc_group : float
        The same for a group key or the size of a group, which may lawfully tell more: who is ill
        is seen more often.
    max_r2, max_r2_group : float
        The same for a continuous label: R² of its ranks.
    """

    severity: Severity = Severity.WARNING
    max_auc: float = Field(0.65, ge=0.5, le=1)
    max_auc_group: float = Field(0.75, ge=0.5, le=1)
    max_r2: float = Field(0.1, ge=0, le=1)
    max_r2_group: float = Field(0.25, ge=0, le=1)


@dataclass(frozen=True, slots=True)
class _Association:
    """How well something that is no feature tells the label."""

    name: str
    found: LabelScore
    by: str
    held_out: str = "folds"
    same_as: str = ""

    def flagged(self, label: Label, rule: IdentifierLabelRule) -> bool:
        """Whether it tells more than chance and the rule explain."""
        return self.found.lower_of_class > self.allowed(label, rule)

    def allowed(self, label: Label, rule: IdentifierLabelRule) -> float:
        """Return the threshold that it is held against."""
        group = self.name.startswith("group")
        if label.metric == "r2_of_ranks":
            return rule.max_r2_group if group else rule.max_r2
        return rule.max_auc_group if group else rule.max_auc


@dataclass(frozen=True, slots=True)
class _NotScored:
    name: str
    reason: str


def run(subject: Subject, rule: IdentifierLabelRule) -> Iterator[Outcome]:
    """Yield one outcome over ids, order of rows and groups."""
    roles = subject.roles
    columns = (*subject.roles.label_columns, *roles.id, *subject.taken_for_ids, *roles.groups)
    rows = subject.rows(columns, at_most=MOST_ROWS)
    parts = Parts.of_folds(rows.folds[0], forward=subject.scheme == "forward")
    label = predicted_label(subject, rows, parts)
    if isinstance(label, str):
        yield CHECK.without(Status.NOT_APPLICABLE, label, rule.severity)
        return
    found: list[_Association] = []
    not_scored: dict[str, str] = {}
    for each in _associations(subject, rows, parts, label):
        if isinstance(each, _Association):
            found.append(each)
        else:
            not_scored[each.name] = each.reason
    yield on_sample(_outcome(subject, rule, label, found, not_scored), rows.sampled)


def _associations(
    subject: Subject, rows: Rows, parts: Parts, label: Label
) -> Iterator[_Association | _NotScored]:
    rising = False
    if subject.has_ids:
        # Ids that rise from row to row are the order of rows.
        rising = not rows.row_ids.null_count() and rows.row_ids.is_sorted()
    if subject.ordered:
        order = list(_of_order(subject, rows, parts, label))
        if rising:
            yield from (replace(each, name="id") for each in order)
            order = [
                replace(each, same_as="id") if isinstance(each, _Association) else each
                for each in order
            ]
        yield from order
    else:
        yield _NotScored(_ORDER, "the frame has no order of rows")
        rising = False
    if subject.has_ids and not rising:
        yield _scored("id", _of_ids(rows.row_ids), label)
    for name in subject.taken_for_ids:
        yield _scored(f"id:{name}", _of_ids(rows.frame[name]), label)
    for key in subject.roles.groups:
        codes, _ = codes_of(rows.frame[key])
        sizes = np.bincount(codes + 1)[codes + 1]
        size = binned(_spread(sizes[codes >= 0], codes >= 0))[0]
        yield _scored(f"group_size:{key}", [("size", size)], label)
        if _span_folds(codes, rows.folds[0]):
            bins = bins_of_codes(codes)
            if bins.joined:
                yield _NotScored(f"group:{key}", f"more than {MOST_VALUES:,} groups")
            else:
                yield _scored(f"group:{key}", [("key", bins)], label)
        else:
            yield _NotScored(f"group:{key}", "no group lies in several folds")


def _of_order(
    subject: Subject, rows: Rows, parts: Parts, label: Label
) -> Iterator[_Association | _NotScored]:
    """Score the order of rows; where folds were cut in that order, by blocks of neighbours.

    In such folds no row near a held-out row is in train, and a file sorted by label has one class
    in most of them: nothing could be told, and everything is wrong.
    """
    places = np.arange(len(parts.codes), dtype=np.int64)
    bins = binned(pl.Series(places))[0]
    switches = np.count_nonzero(parts.codes[1:] != parts.codes[:-1])
    if parts.forward or 2 * switches >= bins.n_bins:
        yield _scored(_ORDER, [("order", bins)], label)
        return
    block = places * _BLOCKS // len(places)
    apart = Parts(np.where(parts.codes > parts.n, PARTS + 1, block % PARTS), PARTS)
    other = predicted_label(subject, rows, apart)
    if isinstance(other, str):
        yield _NotScored(_ORDER, other)
        return
    found = _scored(_ORDER, [("order", bins)], other)
    yield replace(found, held_out="blocks") if isinstance(found, _Association) else found


def _span_folds(codes: IntArray, folds: IntArray) -> bool:
    """Whether some group has rows in two folds; rows that always train are a fold here."""
    used = (codes >= 0) & (folds != EXCLUDED)
    own = np.zeros(codes.max(initial=0) + 1, dtype=np.int64)
    own[codes[used]] = folds[used]
    return bool((own[codes[used]] != folds[used]).any())


def _scored(name: str, ways: Iterable[tuple[str, Bins]], label: Label) -> _Association | _NotScored:
    """Score a column, in the way that tells most."""
    scores = [(score, way) for way, bins in ways if (score := label.score(bins)) is not None]
    if not scores:
        return _NotScored(name, NOT_SCORABLE)
    found, way = max(scores, key=lambda each: each[0].lower_of_class)
    return _Association(name, found, way)


def _of_ids(series: pl.Series) -> Iterator[tuple[str, Bins]]:
    """Yield how ids may tell the label: by where they lie in order, and by a number in a text."""
    series = series.alias("value")
    if series.dtype in (pl.Categorical, pl.Enum):
        series = series.cast(pl.String)
    if series.dtype != pl.String:
        # Of several ways to cut numbers, ranges come first.
        yield "order", binned(series)[0]
        return
    present = series.is_not_null().to_numpy()
    order = ascending(series.drop_nulls())
    places = np.arange(present.sum(), dtype=np.int64)
    if order is not None:
        places[order] = np.arange(len(order))
    yield "order", binned(_spread(places, present))[0]
    numbers = series.str.extract(r"(\d{1,18})\D*$").cast(pl.Int64)
    if numbers.null_count() < len(numbers):
        yield "number", binned(numbers)[0]


def _spread(values: IntArray, present: npt.NDArray[np.bool_]) -> pl.Series:
    """Put values in the rows that have one, null in the others."""
    if present.all():
        return pl.Series(values)
    every = np.zeros(len(present), dtype=np.int64)
    every[present] = values
    return pl.select(pl.when(pl.Series(present)).then(pl.Series(every))).to_series()


def _outcome(
    subject: Subject,
    rule: IdentifierLabelRule,
    label: Label,
    found: list[_Association],
    not_scored: dict[str, str],
) -> Outcome:
    attainable = label.attainable()
    flagged = sorted(
        (each for each in found if each.flagged(label, rule)),
        key=lambda each: (-each.found.of_class, each.name),
    )
    # One order is one finding.
    names = {each.name for each in flagged}
    told = [each for each in flagged if each.same_as not in names]
    outcome = CHECK.outcome(
        rule,
        broken=bool(flagged),
        target=label_target(subject),
        summary=_summary(told, found, not_scored, label, subject),
        measured={
            "metric": _metric(label),
            "associations": {each.name: _numbers(each, label, rule) for each in found},
            "associations_flagged": len(told),
            "not_scored": not_scored,
            "labelled_rows": label.rows,
            "repeat": 0,
            "attainable": attainable,
        },
        findings=[_finding(each, label, rule) for each in told[:_WORST]],
    )
    if not found and not label.scorable:
        return replace(outcome, status=Status.NOT_APPLICABLE, summary=NOT_SCORABLE)
    if not found:
        return unjudged(outcome, f"nothing could be scored: {next(iter(not_scored.values()))}")
    return outcome


def _metric(label: Label) -> str:
    return "max_roc_auc" if label.metric == "macro_roc_auc" else label.metric


def _numbers(each: _Association, label: Label, rule: IdentifierLabelRule) -> dict[str, object]:
    numbers: dict[str, object] = {
        "score": each.found.of_class,
        "score_lower": each.found.lower_of_class,
        "flagged": each.flagged(label, rule),
        "by": each.by,
        "held_out": each.held_out,
    }
    if each.found.name:
        numbers["class"] = each.found.name
    if each.same_as:
        numbers["same_as"] = each.same_as
    return numbers


def _named(each: _Association) -> str:
    kind, _, column = each.name.partition(":")
    if kind == "group_size":
        return f"the size of a group of {column}"
    if kind == "group":
        return f"the group key {column}"
    return {"row_order": "the order of rows", "id": column or "the id"}[kind]


def _said(each: _Association, label: Label) -> str:
    metric = "R² of ranks" if label.metric == "r2_of_ranks" else "AUC"
    text = f"{metric} {each.found.of_class:.3f}"
    if each.found.name:
        noun = "label" if label.metric == "max_roc_auc" else "class"
        text += f" for {noun} {quoted(each.found.name)}"
    return f"{text} on held-out {'rows' if each.held_out == 'folds' else 'blocks of rows'}"


def _summary(
    told: list[_Association],
    found: list[_Association],
    not_scored: dict[str, str],
    label: Label,
    subject: Subject,
) -> str:
    parts = []
    if told:
        verb = "tells" if len(told) == 1 else "tell"
        who = listed([_named(each) for each in told])
        parts.append(f"{who} {verb} the label ({_said(told[0], label)})")
    elif found:
        most = max(found, key=lambda each: (each.found.of_class, each.name))
        parts.append(f"no id, order or group tells the label; most {_named(most)}")
        parts[-1] += f" ({_said(most, label)})"
    if not_scored:
        why = [f"{name} not scored: {reason}" for name, reason in not_scored.items()]
        parts.append(listed(why))
    if subject.n_repeats > 1:
        parts.append(f"scored on the first of {subject.n_repeats} repeats")
    return "; ".join(parts)


def _finding(each: _Association, label: Label, rule: IdentifierLabelRule) -> Finding:
    text = f"{_named(each)} tells the label: {_said(each, label)}"
    text += f", {each.allowed(label, rule):g} at most"
    if each.name == _ORDER or each.name.startswith("id"):
        text += (
            "; rows may be sorted by label, by a time in which it drifts, or by groups that the "
            "folds split"
        )
    elif each.name.startswith("group_size"):
        text += "; how many rows a group has may be known only after the label"
    else:
        text += "; its groups lie in several folds"
    return Finding(text, count=label.rows, key=each.name)


CHECK = Check(
    code="FG309",
    name="identifier_label",
    rule=IdentifierLabelRule,
    run=run,
    explanation=Explanation(
        meaning=(
            "An id, the place of a row in the file, or the size of its group means nothing for a "
            "new case. If it tells the label, the file was sorted or put together by label, ids "
            "were given after it, or it stands for time or for a source: a model that gets hold "
            "of it (an id left among the features, folds cut in the order of rows) scores what it "
            "cannot score in use. Each is cut into ranges whose class shares in the other folds "
            "predict each held-out fold (area under the ROC curve, R² of ranks); it is flagged "
            "from two standard errors above the threshold on. Group keys are scored where groups "
            "lie in several folds. More than five folds are joined to five parts; where folds were "
            "cut in the order of rows, it is scored on fifty blocks of neighbouring rows, of which "
            "every fifth is held out. Rows in "
            "order of time, with a label that drifts, are flagged as well: lawfully, but a split "
            "at random is then no test of the future."
        ),
        example="The order of rows tells the label: AUC 1.000. The file lists all cases first.",
        fix=(
            "Leave ids out of the features, and shuffle before folds are cut in the order of "
            "rows. Find out how the file was put together: if cases and controls come from two "
            "sources, other columns tell the source, too. Rows in order of time: name the time "
            "column and use strategy forward. A group key: keep groups together."
        ),
        references=(
            "Kaufman, Rosset, Perlich & Stitelman (2012), Leakage in data mining: formulation, "
            "detection, and avoidance, ACM TKDD 6(4), doi:10.1145/2382577.2382579",
        ),
        measured={
            "metric": "what the scores are, by the kind of label",
            "associations": "of ids, of the order of rows, and of each group key and the size of "
            "its groups: the score on what is held out and two standard errors below, whether it "
            "is flagged, how it was cut, what is held out, and the class that it tells best",
            "associations_flagged": "how many are flagged; ids that rise from row to row and "
            "the order of rows are one",
            "not_scored": "what could not be scored, and why",
            "labelled_rows": "rows with a label: the others are left out",
            "repeat": "the repeat whose folds were held out",
            "attainable": "what a perfect one would score, two standard errors below: with few "
            "rows even that proves nothing",
        },
    ),
    lacks=lambda subject: "" if subject.roles.label_columns else "there is no label column",
    totals=("associations_flagged",),
)

"""FG304: no row of test is almost a row of train."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from fold_guard.checks.check import Check, Explanation
from fold_guard.checks.leaks import Leaks
from fold_guard.checks.outcome import Outcome, Severity
from fold_guard.checks.rule import Rule
from fold_guard.checks.sets.copies import lacks_features, not_compared
from fold_guard.checks.sets.near_look import NearLook
from fold_guard.checks.subjects.subject import Subject
from fold_guard.checks.wording import counted, listed
from fold_guard.folds.near_search import Likeness

# Above this share of rows in clusters, the columns are too coarse to tell rows apart.
_COARSE = 0.2


class NearDuplicateRowsRule(Rule):
    """Thresholds of FG304; `fold_guard.near_duplicates` explains what is near.

    Attributes
    ----------
    max_test_rows_with_copy : int
        Test rows, summed over rounds, that may have a near duplicate in train.
    tolerance : float
        How far two numbers may be apart, in distances between the quartiles of their column.
    similarity : float
        The Jaccard similarity of the shingles of two long texts, at least.
    recall : float
        The probability, at least, with which MinHash is to find two texts of that similarity.
    text_length : float
        Texts are long when the distinct values of a column have so many characters in the mean.
    """

    severity: Severity = Severity.WARNING
    max_test_rows_with_copy: int = Field(0, ge=0)
    tolerance: float = Field(0.01, gt=0, le=1)
    similarity: float = Field(0.8, gt=0, le=1)
    recall: float = Field(0.99, gt=0, le=1)
    text_length: float = Field(20, gt=0)

    @property
    def likeness(self) -> Likeness:
        """What is near under this rule."""
        return Likeness(self.tolerance, self.similarity, self.recall, self.text_length)


def run(subject: Subject, rule: NearDuplicateRowsRule) -> Iterator[Outcome]:
    """Yield one outcome over the features."""
    look = NearLook.at(subject, rule.likeness)
    found, sizes, spanning = look.found, look.sizes, look.spanning()
    yield CHECK.outcome(
        rule,
        broken=look.leaking > rule.max_test_rows_with_copy,
        target=_target(subject),
        summary=_summary(subject, look, len(spanning.spanning)),
        measured={
            "method": found.method,
            "threshold": found.threshold,
            "expected_recall": found.expected_recall,
            "columns": found.columns,
            "columns_not_compared": len(found.left_out),
            "clusters": len(sizes),
            "clusters_of_equal_rows": look.of_equal_rows(),
            "largest_cluster": int(sizes.max(initial=0)),
            "largest_diameter": float(look.diameters.max(initial=0.0)),
            "near_pairs": len(found.left),
            "rows_in_clusters": int(sizes.sum()),
            "clusters_crossing": len(spanning.spanning),
            "rows_in_crossing_clusters": spanning.rows_in_spanning,
            "cross_fold_pairs": spanning.cross_fold_pairs,
            "rounds": {
                str(index): {"test_rows_with_copy_in_train": leaking}
                for index, leaking in zip(look.sides.indices, look.sides.leaking, strict=True)
            },
            "test_rows_with_copy_in_train_total": look.leaking,
        },
        findings=[look.finding(code) for code in look.worst(shown=5)],
    )


def leaks(subject: Subject, rule: NearDuplicateRowsRule) -> Iterator[Leaks]:
    """Yield the test rows of each round that are near a train row."""
    yield from NearLook.at(subject, rule.likeness).leaks(_target(subject))


def _target(subject: Subject) -> str:
    return counted(len(subject.features), "feature")


def _summary(subject: Subject, look: NearLook, crossing: int) -> str:
    clusters, inside = len(look.sizes), int(look.sizes.sum())
    several = " of a repeat" if subject.n_repeats > 1 else ""
    alike = f"{counted(inside, 'row')} in {counted(clusters, 'cluster')} of near duplicates"
    if look.leaking:
        have = "has" if look.leaking == 1 else "have"
        share = f"{100 * look.leaking / look.sides.tested:.1f}%"
        text = f"{counted(look.leaking, 'test row')} ({share}) {have} a near duplicate in train; "
        text += alike
    elif crossing:
        text = f"{alike}, {crossing:,} in several folds{several}, but no near pair on both sides "
        text += "of a round"
    elif clusters:
        text = f"{alike}, none in several folds{several}"
    else:
        text = "no two rows are near duplicates"
    return "; ".join([text, *_notes(subject, look)])


def _notes(subject: Subject, look: NearLook) -> Iterator[str]:
    equal, left_out = look.of_equal_rows(), look.found.left_out
    if equal:
        yield f"{equal:,} of the clusters {'is' if equal == 1 else 'are'} of equal rows"
    if look.sizes.sum() > _COARSE * len(look.codes):
        yield "the columns hardly tell rows apart, likeness may be lawful"
    if look.found.expected_recall < 1:
        # Cut, not rounded: the promise is "at least".
        percent = int(look.found.expected_recall * 1000) / 10
        yield f"at least {percent}% of such pairs are found (MinHash)"
    if left_out:
        verb = "is" if len(left_out) == 1 else "are"
        yield f"{listed(left_out)} {verb} of a type that is not compared"
    if taken := not_compared(subject):
        yield taken


CHECK = Check(
    code="FG304",
    name="near_duplicate_rows",
    rule=NearDuplicateRowsRule,
    run=run,
    explanation=Explanation(
        meaning=(
            "A test row that is almost a row of train (a second scan, a rounded export, a text "
            "with one word changed) tests memory as an exact copy does. Rows are near when every "
            "number differs by at most tolerance times the distance between the quartiles of "
            "its column (its standard deviation where they are equal), long "
            "texts share at least similarity of their three-character shingles, and everything "
            "else is equal but for case and spaces. Test rows are counted by pairs; a cluster is "
            "a chain of pairs, so its ends may lie further apart. Numbers are searched in full; "
            "where texts have to be searched by MinHash, expected_recall says what share of the "
            "pairs at the threshold is found."
        ),
        example=(
            "Rows 310 and 911 differ by less than a hundredth of the scale in each of 11 columns "
            "and lie in folds 1 and 3."
        ),
        fix=(
            "Number the clusters with fold_guard.near_duplicates(table, columns=...), add them as "
            "a column and name it as a further group key: folds then keep look-alikes together. "
            "With few or coarse features rows are alike by chance: lower tolerance, or raise "
            "max_test_rows_with_copy."
        ),
        references=(
            "A. Z. Broder, On the resemblance and containment of documents, Compression and "
            "Complexity of Sequences 1997, doi:10.1109/SEQUEN.1997.666900.",
            "J. Leskovec, A. Rajaraman and J. D. Ullman, Mining of Massive Datasets, Cambridge "
            "University Press, 3rd edition 2020, chapter 3.",
        ),
        measured={
            "method": "what was compared, and how near rows were searched",
            "threshold": "tolerance of numbers, similarity of texts: those that were applied",
            "expected_recall": "share of the pairs at the threshold that is found, at least",
            "columns": "columns that were compared",
            "columns_not_compared": "columns whose type cannot be compared: lists, structures",
            "clusters": "sets of rows that chains of near pairs connect",
            "clusters_of_equal_rows": "those whose rows are at distance 0",
            "largest_cluster": "rows of the largest one",
            "largest_diameter": (
                "how far rows of one cluster are apart at most in a number, in the scale of "
                "tolerance; above it, chains join rows that are not near"
            ),
            "near_pairs": "near pairs of distinct rows",
            "rows_in_clusters": "rows of the clusters",
            "clusters_crossing": "clusters with rows in several folds of a repeat",
            "rows_in_crossing_clusters": "rows of those",
            "cross_fold_pairs": "unordered pairs of rows of one cluster in different folds",
            "rounds.{j}.test_rows_with_copy_in_train": (
                "test rows of the round that are near a row of its train"
            ),
            "test_rows_with_copy_in_train_total": (
                "summed over the rounds: what the threshold is about"
            ),
        },
    ),
    lacks=lacks_features,
    opt_in=True,
    totals=("test_rows_with_copy_in_train_total",),
    leaks=leaks,
)

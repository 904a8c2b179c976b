"""Train on a round again and again, with other test rows each time, and see what notices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fold_guard.checks.training.artefacts import Leaf, Opaque, artefacts_of
from fold_guard.checks.training.comparing import Change, differences
from fold_guard.checks.training.perturb import KINDS, Parts, Sides, perturbed
from fold_guard.checks.training.training_function import SEED, TrainingFunction, repeatable
from fold_guard.errors import FoldGuardError

# What the same table gives after all others: training that remembers earlier rows shows here.
AGAIN = "again"
EVERY = (*KINDS, AGAIN)
_ASKED = ("predict_proba", "decision_function", "predict", "transform")
_DURATIONS = ("time", "times", "duration", "durations", "seconds")


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one round.

    Attributes
    ----------
    artefacts : frozenset of (place, name)
        Everything that was compared.
    changes : mapping of perturbation to changes
        Of those that were tried; empty where nothing changed.
    unchanged_table : tuple of str
        Perturbations that leave this table as it is.
    unsteady : frozenset of str
        Artefacts that differ between two trainings on the same table.
    opaque : frozenset of str
        Artefacts that nobody can look into.
    errors : mapping of perturbation to what the training raised
    predictions : str
        Empty when the predictions for the train rows were compared; else why not.
    """

    artefacts: frozenset[tuple[str, str]]
    changes: Mapping[str, tuple[Change, ...]]
    unchanged_table: tuple[str, ...]
    unsteady: frozenset[str]
    opaque: frozenset[str]
    errors: Mapping[str, str]
    predictions: str


def is_duration(artefact: str) -> bool:
    """Return whether an artefact says by its name that it is a time that something took.

    >>> is_duration("GridSearchCV.refit_time_"), is_duration("cv_results_[mean_fit_time]")
    (True, True)
    """
    return artefact.rstrip("_])").replace("[", "_").rsplit("_", 1)[-1] in _DURATIONS


def try_round(
    train: TrainingFunction, sides: Sides, parts: Parts, *, tolerance: float, where: str
) -> Trial:
    """Train twice on the table as it is, once on each perturbation, and once more as it is.

    What differs between the first two is not deterministic and is judged by nothing, nor are
    times that something took. Where anything differs, be it by rounding, a change has to come out
    the same when its perturbation is tried again: chance would not.

    Parameters
    ----------
    train : callable
    sides : Sides
    parts : Parts
    tolerance : float
        As for `differences`.
    where : str
        The round, for errors.

    Raises
    ------
    FoldGuardError
        The training fails on the table as it is, or returns nothing that can be compared.
    """
    runs = _Runs(train, sides, where)
    base, told = runs.train(sides)
    if not any(_says_something(path, leaf) for path, leaf in base.items()):
        raise FoldGuardError(
            "the training returned nothing that can be compared",
            where=where,
            remedy="Return the fitted estimator, predictions for the train rows, or a dict of "
            "what was fitted.",
        )
    second = runs.train(sides)[0]
    unsteady = differences(base, second, tolerance)
    names = {change.leaf.artefact for change in unsteady.values()}
    names |= {leaf.artefact for leaf in base.values() if is_duration(leaf.artefact)}
    noisy = bool(names or differences(base, second, 0.0))
    changes: dict[str, tuple[Change, ...]] = {}
    unchanged: list[str] = []
    errors: dict[str, str] = {}
    for kind, other in [*perturbed(sides, parts, SEED), (AGAIN, sides)]:
        if other is None:
            unchanged.append(kind)
            continue
        try:
            found = _apart(base, runs.train(other)[0], names, tolerance)
            if found and noisy:
                again = _apart(base, runs.train(other)[0], names, tolerance)
                found = {
                    path: each
                    for path, each in found.items()
                    if path in again and again[path].how == each.how
                }
        except FoldGuardError as error:
            errors[kind] = error.what
            continue
        changes[kind] = tuple(found.values())
    return Trial(
        artefacts=frozenset((leaf.place, leaf.artefact) for leaf in base.values()),
        changes=changes,
        unchanged_table=tuple(unchanged),
        unsteady=frozenset(names),
        opaque=frozenset(leaf.artefact for leaf in base.values() if isinstance(leaf.value, Opaque)),
        errors=errors,
        predictions=told,
    )


def _apart(
    base: Mapping[str, Leaf], other: Mapping[str, Leaf], unsteady: set[str], tolerance: float
) -> dict[str, Change]:
    found = differences(base, other, tolerance)
    return {path: each for path, each in found.items() if each.leaf.artefact not in unsteady}


@dataclass(frozen=True, slots=True)
class _Runs:
    """One training after the other; the train rows that are predicted stay those of the table."""

    train_function: TrainingFunction
    original: Sides
    where: str

    def train(self, sides: Sides) -> tuple[dict[str, Leaf], str]:
        """Return the artefacts of one training, and why its predictions are not among them."""
        given = sides.copy()
        with repeatable(self.where):
            fitted = self.train_function(given.frame, given.train, given.test)
            found = artefacts_of(fitted, "predictions on train rows" if _plain(fitted) else "")
            told = self._predictions(fitted, found)
        return found, told

    def _predictions(self, fitted: object, found: dict[str, Leaf]) -> str:
        """Add what a fitted estimator says of the train rows, if it takes the table's columns."""
        names = getattr(fitted, "feature_names_in_", None)
        ask = next((each for each in _ASKED if callable(getattr(fitted, each, None))), None)
        if ask is None:
            return "what was returned predicts nothing"
        rows = self.original.frame.iloc[self.original.train]
        if names is None or not set(map(str, names)) <= set(map(str, rows.columns)):
            return "what was returned is not fitted on columns of the table"
        try:
            said = getattr(fitted, ask)(rows[list(names)].copy())
        except Exception as error:
            return f"{ask} on train rows raised {type(error).__name__}"
        found |= {
            f"{ask}(train){path}": leaf
            for path, leaf in artefacts_of(said, "predictions on train rows").items()
        }
        return ""


def _says_something(path: str, leaf: Leaf) -> bool:
    """Return whether a leaf is more than the length or the kind of what holds it."""
    structure = path.endswith(("[]", "<>"))
    return not structure and leaf.value is not None and not isinstance(leaf.value, Opaque)


def _plain(fitted: object) -> bool:
    """Return whether a training returned bare values: they can only be predictions."""
    return hasattr(fitted, "__array__") or isinstance(fitted, list | tuple | int | float | str)

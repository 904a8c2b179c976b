"""The estimators inside an estimator, and which of them are handed the train rows as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# By name: user classes may derive from them, and scikit-learn takes seconds to import.
_WHOLE = frozenset(
    {
        "Pipeline",
        "ColumnTransformer",
        "FeatureUnion",
        "TransformedTargetRegressor",
        "VotingClassifier",
        "VotingRegressor",
        "OneVsRestClassifier",
        "MultiOutputClassifier",
        "MultiOutputRegressor",
        "SelectFromModel",
        "RFE",
        "FixedThresholdClassifier",
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """An estimator at its place inside another.

    Attributes
    ----------
    path : str
        As scikit-learn names it (``model__search``); empty for the whole.
    model : object
    within : tuple of (str, object)
        What it lies in, with paths, the whole first.
    """

    path: str
    model: Any
    within: tuple[tuple[str, Any], ...]

    @property
    def kind(self) -> str:
        """The name of its class."""
        return type(self.model).__name__

    @property
    def where(self) -> str:
        """Its place as it stands in a message."""
        return f"estimator, {self.path}" if self.path else "estimator"

    def parameter(self, name: str) -> str:
        """Return the path of one of its parameters: ``model__search__cv``."""
        return f"{self.path}__{name}" if self.path else name


def parts_of(estimator: Any) -> tuple[Part, ...]:
    """Return an estimator and every estimator among its parameters, the whole first.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.linear_model import Ridge
    >>> [each.path for each in parts_of(make_pipeline(Ridge()))]
    ['', 'ridge']
    """
    found = {"": estimator}
    found |= {
        name: value
        for name, value in sorted(estimator.get_params(deep=True).items())
        if hasattr(value, "get_params") and not isinstance(value, type)
    }
    return tuple(
        Part(
            path,
            model,
            tuple(
                (outer, owner)
                for outer, owner in found.items()
                if outer != path and (not outer or path.startswith(f"{outer}__"))
            ),
        )
        for path, model in found.items()
    )


def is_kind(model: object, names: frozenset[str]) -> bool:
    """Return whether a class of one of these names is among the bases of an object."""
    return any(each.__name__ in names for each in type(model).__mro__)


def is_sampler(model: object) -> bool:
    """Return whether something changes the rows that are trained on, as imbalanced-learn does."""
    # A Pipeline that ends in a sampler can resample, too; what is wrong with it is its last step.
    plain = not isinstance(model, type) and not is_kind(model, frozenset({"Pipeline"}))
    return plain and hasattr(model, "fit_resample")


def handed_by(part: Part) -> object | None:
    """Return what hands a part other rows than the train rows; None where nothing does.

    Examples
    --------
    >>> from sklearn.ensemble import BaggingClassifier
    >>> from sklearn.linear_model import LogisticRegression
    >>> type(handed_by(parts_of(BaggingClassifier(LogisticRegression()))[1])).__name__
    'BaggingClassifier'
    """
    for path, owner in part.within:
        found: object = owner
        if not is_kind(owner, _WHOLE):
            return found
        if is_kind(owner, frozenset({"Pipeline"})):
            step = part.path[len(path) :].lstrip("_").split("__")[0]
            names = [name for name, _ in owner.steps]
            for _, found in owner.steps[: names.index(step)] if step in names else ():
                if is_sampler(found):
                    return found
    return None

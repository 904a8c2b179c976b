"""Whether a scorer can score the labels as they are: as text."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fold_guard.suggest import did_you_mean


def unscorable(scoring: Any, classes: Sequence[str]) -> tuple[str, str]:
    """Try scorers on labels of some classes, with a classifier that knows their shares alone.

    A search whose scorer fails writes NaN for every candidate and takes the first one. Functions
    of the user are not tried: nobody knows what they need.

    Parameters
    ----------
    scoring : str, scorer, or several of them
        As of `sklearn.model_selection.GridSearchCV`.
    classes : sequence of str

    Returns
    -------
    tuple of (str, str)
        What is wrong, and what to do; both empty when nothing is.

    Examples
    --------
    >>> unscorable("f1_macro", ["no", "yes"])
    ('', '')
    >>> unscorable("f1", ["no", "yes"])[0]
    "scorer 'f1' cannot score the labels 'no', 'yes': pos_label=1 is not a valid label: ..."
    """
    for name, scorer in _each(scoring):
        what, remedy = _tried(name, scorer, classes)
        if what:
            return what, remedy
    return "", ""


def _each(scoring: Any) -> Iterable[tuple[str, Any]]:
    if scoring is None or scoring == "warn":
        # Whatever the estimator's default is; "warn" announces another one.
        return []
    if isinstance(scoring, str):
        return [(scoring, scoring)]
    if isinstance(scoring, Mapping):
        return [(str(name), scorer) for name, scorer in scoring.items()]
    if isinstance(scoring, list | tuple | set):
        return [(str(each), each) for each in scoring]
    return [(str(scoring), scoring)]


def _tried(name: str, scorer: Any, classes: Sequence[str]) -> tuple[str, str]:
    import numpy as np
    from sklearn.dummy import DummyClassifier
    from sklearn.metrics import get_scorer, get_scorer_names

    if isinstance(scorer, str):
        if scorer not in get_scorer_names():
            return f"there is no scorer {scorer!r}", did_you_mean(scorer, get_scorer_names())
        scorer = get_scorer(scorer)
    elif not hasattr(scorer, "_score_func"):
        return "", ""
    labels = np.array([*classes] * 3, dtype=object)
    rows = np.zeros((len(labels), 1))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            scorer(DummyClassifier(strategy="prior").fit(rows, labels), rows, labels)
    except (ValueError, TypeError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        shown = ", ".join(map(repr, classes[:5])) + (", ..." if len(classes) > 5 else "")
        way = "Labels are text: use a scorer for all classes (f1_macro, roc_auc_ovr)"
        if len(classes) == 2:
            way += f", or name the class: make_scorer(f1_score, pos_label={classes[-1]!r})"
        return f"scorer {name!r} cannot score the labels {shown}: {first}", f"{way}."
    return "", ""

"""What can be known before training of what is asked for after it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from fold_guard.crossval.result import Task
from fold_guard.errors import MissingExtra, UsageError
from fold_guard.integrations.explaining import ExplainSettings
from fold_guard.integrations.tracking import TrackSettings, prometheus_file


def require_extras(explain: ExplainSettings, track: TrackSettings) -> None:
    """Refuse what needs a package that is not installed; none is imported.

    Raises
    ------
    MissingExtra
        With the command that installs it.

    Examples
    --------
    >>> require_extras(ExplainSettings(), TrackSettings())
    """
    wanted = (
        (explain.relabel, "cleanlab", "cleanlab"),
        (explain.shap > 0, "shap", "shap"),
        (track.mlflow is not None, "mlflow", "mlflow"),
        (track.prometheus is not None, "prometheus_client", "prometheus"),
    )
    for asked, module, extra in wanted:
        if asked and importlib.util.find_spec(module) is None:
            raise MissingExtra(module, extra)


def require_explainable(settings: ExplainSettings, estimator: Any, task: Task) -> None:
    """Refuse a relabelling queue where nothing predicts probabilities.

    Raises
    ------
    UsageError
    """
    if not settings.relabel or (task == "classification" and hasattr(estimator, "predict_proba")):
        return
    what = "numbers are no labels" if task == "regression" else "the estimator has no predict_proba"
    raise UsageError(
        f"there is nothing to doubt labels by: {what}",
        where="cv.explain.relabel",
        remedy="Set it to false, or take an estimator with probabilities.",
    )


def withdraw(track: TrackSettings, plan: str, root: Path) -> None:
    """Remove what an earlier run published for a scraper: until this one ends, nothing passed."""
    file = prometheus_file(track, plan, root)
    if file is not None:
        file.unlink(missing_ok=True)

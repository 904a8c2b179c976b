"""Six leaks that a training function can have, and the same six done right."""

from __future__ import annotations

from typing import Any

import numpy as np

NUMBERS = ["x0", "x1", "x2", "x3"]
LABEL = "y"


def scaler_before_the_split(frame: Any, train: Any, test: Any) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(frame[NUMBERS])
    scaled = scaler.transform(frame[NUMBERS])
    model = LogisticRegression().fit(scaled[train], frame[LABEL].iloc[train])
    return {"scaler": scaler, "model": model}


def scaler_in_a_pipeline(frame: Any, train: Any, test: Any) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression())
    return model.fit(frame[NUMBERS].iloc[train], frame[LABEL].iloc[train])


def selection_on_all_data(frame: Any, train: Any, test: Any) -> Any:
    from sklearn.feature_selection import SelectKBest
    from sklearn.linear_model import LogisticRegression

    chosen = SelectKBest(k=2).fit_transform(frame[NUMBERS], frame[LABEL])
    # The selector is thrown away: the model alone has to give it away.
    return LogisticRegression().fit(chosen[train], frame[LABEL].iloc[train])


def selection_in_a_pipeline(frame: Any, train: Any, test: Any) -> Any:
    from sklearn.feature_selection import SelectKBest
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(SelectKBest(k=2), LogisticRegression())
    return model.fit(frame[NUMBERS].iloc[train], frame[LABEL].iloc[train])


def target_encoding_on_all_data(frame: Any, train: Any, test: Any) -> Any:
    from sklearn.tree import DecisionTreeClassifier

    rate = (frame[LABEL] == "ill").groupby(frame["ward"]).mean()
    encoded = frame["ward"].map(rate).to_frame()
    return DecisionTreeClassifier(max_depth=3, random_state=0).fit(
        encoded.iloc[train], frame[LABEL].iloc[train]
    )


def target_encoding_in_a_pipeline(frame: Any, train: Any, test: Any) -> Any:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import TargetEncoder
    from sklearn.tree import DecisionTreeClassifier

    encoder = TargetEncoder(target_type="binary", random_state=0, cv=3)
    model = make_pipeline(encoder, DecisionTreeClassifier(max_depth=3, random_state=0))
    return model.fit(frame[["ward"]].iloc[train], frame[LABEL].iloc[train])


def oversampling_before_the_split(frame: Any, train: Any, test: Any) -> Any:
    from sklearn.neighbors import KNeighborsClassifier

    rare = np.flatnonzero(frame[LABEL] == "ill")
    copies = np.random.default_rng(0).choice(rare, 2 * len(rare))
    # The copies count as train rows, wherever they were taken from.
    rows = np.concatenate([train, copies])
    return KNeighborsClassifier(3).fit(frame[NUMBERS].iloc[rows], frame[LABEL].iloc[rows])


def oversampling_within_train(frame: Any, train: Any, test: Any) -> Any:
    from sklearn.neighbors import KNeighborsClassifier

    rare = train[(frame[LABEL] == "ill").to_numpy()[train]]
    copies = np.random.default_rng(0).choice(rare, 2 * len(rare))
    rows = np.concatenate([train, copies])
    return KNeighborsClassifier(3).fit(frame[NUMBERS].iloc[rows], frame[LABEL].iloc[rows])


def _stopped_early(frame: Any, fit: Any, watch: Any) -> Any:
    """Take steps as long as the loss on the watched rows falls; keep the best."""
    x = frame[NUMBERS].fillna(0).to_numpy()
    y = (frame[LABEL] == "ill").to_numpy(dtype=float)
    weights, best, least = np.zeros(x.shape[1]), np.zeros(x.shape[1]), np.inf
    for _ in range(50):
        chance = 1 / (1 + np.exp(-x[fit] @ weights))
        weights = weights - 0.5 * x[fit].T @ (chance - y[fit]) / len(fit)
        watched = 1 / (1 + np.exp(-np.clip(x[watch] @ weights, -30, 30)))
        loss = -np.mean(np.log(np.where(y[watch] == 1, watched, 1 - watched)))
        if loss >= least:
            break
        best, least = weights, loss
    return best


def early_stopping_on_the_test_fold(frame: Any, train: Any, test: Any) -> Any:
    return {"weights": _stopped_early(frame, train, test)}


def early_stopping_within_train(frame: Any, train: Any, test: Any) -> Any:
    return {"weights": _stopped_early(frame, train[::2], train[1::2])}


def imputation_on_all_data(frame: Any, train: Any, test: Any) -> Any:
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression

    filled = SimpleImputer().fit_transform(frame[NUMBERS])
    return (
        LogisticRegression()
        .fit(filled[train], frame[LABEL].iloc[train])
        .predict_proba(filled[train])
    )


def imputation_in_a_pipeline(frame: Any, train: Any, test: Any) -> Any:
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(SimpleImputer(), LogisticRegression())
    return model.fit(frame[NUMBERS].iloc[train], frame[LABEL].iloc[train])


LEAKY = (
    scaler_before_the_split,
    selection_on_all_data,
    target_encoding_on_all_data,
    oversampling_before_the_split,
    early_stopping_on_the_test_fold,
    imputation_on_all_data,
)
CLEAN = (
    scaler_in_a_pipeline,
    selection_in_a_pipeline,
    target_encoding_in_a_pipeline,
    oversampling_within_train,
    early_stopping_within_train,
    imputation_in_a_pipeline,
)

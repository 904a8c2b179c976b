"""A cross-validation in MLflow's terms: metrics, parameters and tags, within MLflow's limits."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from fold_guard.identity.hashing import json_digest
from fold_guard.integrations.tracked import Tracked, split_metric

LONGEST_NAME, LONGEST_PARAM, LONGEST_TAG = 250, 6000, 8000
# A run of 20,000 metrics takes some seconds; beyond, those of single rounds are thinned out.
MOST_METRICS = 20_000
PREFIX = "fold_guard."
# The longest prefix of a metric and the number that tells two names apart.
_SPARE = 20
_FORBIDDEN = re.compile(r"[^\w\-. ]")
_WORDS = {None: "null", True: "true", False: "false"}


@dataclass(frozen=True, slots=True)
class Measured:
    """One number.

    Attributes
    ----------
    name : str
    value : float
    step : int
        The fold or round; 0 for the whole.
    """

    name: str
    value: float
    step: int = 0


@dataclass(frozen=True, slots=True)
class Content:
    """What goes to a run.

    Attributes
    ----------
    metrics : tuple of Measured
    params, tags : mapping of str to str
    names : mapping of str to str
        Metrics of a class: our name to the one that MLflow takes.
    """

    metrics: tuple[Measured, ...]
    params: Mapping[str, str]
    tags: Mapping[str, str]
    names: Mapping[str, str]


def content_of(tracked: Tracked) -> Content:
    """Lay a cross-validation out for one run; no row id is in it.

    The whole is ``estimate/accuracy``, ``low/``, ``high/``, ``sd/`` and ``gap/accuracy``; rounds
    are steps of ``test/accuracy``, ``train/accuracy`` and ``cost/fit_seconds``. A metric of a
    class is ``recall/positive``. What is undefined is absent.
    """
    names = metric_names(tracked.result.summary)
    by_round, left_out = _by_round(tracked, names)
    tags = {**digests(tracked), **_outcome(tracked)}
    if left_out:
        tags[f"{PREFIX}metrics_left_out"] = left_out
    return Content(
        metrics=(*_whole(tracked, names), *by_round),
        params=flattened(tracked.params),
        tags={name: _cut(value, LONGEST_TAG) for name, value in tags.items()},
        names={ours: theirs for ours, theirs in names.items() if "[" in ours},
    )


def digests(tracked: Tracked) -> dict[str, str]:
    """Return what a run, or a model, rests on, as tags."""
    bindings = tracked.verdict.bindings
    return {
        f"{PREFIX}plan": tracked.plan,
        f"{PREFIX}dataset_digest": bindings.dataset,
        f"{PREFIX}fold_map_digest": bindings.fold_map,
        f"{PREFIX}policy_digest": bindings.policy,
        f"{PREFIX}report_digest": bindings.report,
        f"{PREFIX}features_digest": bindings.features,
        f"{PREFIX}verdict_digest": tracked.verdict.digest,
    }


def flattened(params: Mapping[str, object]) -> dict[str, str]:
    """Flatten nested parameters to dotted names; what is too long is cut and keeps its digest.

    >>> flattened({"fold": {"n_splits": 5, "groups": ["a"]}, "seed": None})
    {'fold.n_splits': '5', 'fold.groups.0': 'a', 'seed': 'null'}
    """
    flat: dict[str, str] = {}
    taken: set[str] = set()
    for path, value in _leaves(params, ()):
        name = ".".join(map(_part, path))[: LONGEST_NAME - _SPARE]
        flat[_unused(name, taken)] = _cut(value, LONGEST_PARAM)
    return flat


def metric_names(metrics: Collection[str]) -> dict[str, str]:
    """Return the name that MLflow can take for each metric; no two share one.

    >>> metric_names(["accuracy", "recall[a/b]", "recall[a:b]"])
    {'accuracy': 'accuracy', 'recall[a/b]': 'recall/a_b', 'recall[a:b]': 'recall/a_b_2'}
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for ours in metrics:
        metric, label = split_metric(ours)
        theirs = _part(metric)
        if label is not None:
            theirs += f"/{_part(label)}"
        names[ours] = _unused(theirs[: LONGEST_NAME - _SPARE], taken)
    return names


def _leaves(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, Mapping) and value:
        for key, part in value.items():
            yield from _leaves(part, (*path, str(key)))
    elif isinstance(value, list | tuple) and value:
        for place, part in enumerate(value):
            yield from _leaves(part, (*path, str(place)))
    else:
        yield path, _WORDS[value] if value is None or isinstance(value, bool) else str(value)


def _unused(name: str, taken: set[str]) -> str:
    number, found = 1, name
    # Some databases tell no upper from lower case.
    while found.casefold() in taken:
        number += 1
        found = f"{name}_{number}"
    taken.add(found.casefold())
    return found


def _part(text: str) -> str:
    part = _FORBIDDEN.sub("_", text)
    # A part of dots would be a path that leads elsewhere.
    return part if part.strip(".") else "_" * max(len(part), 1)


def _cut(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    mark = f" ... cut; sha256 of its JSON {json_digest(text)}"
    return text[: longest - len(mark)] + mark


def _whole(tracked: Tracked, names: Mapping[str, str]) -> Iterator[Measured]:
    result, facts = tracked.result, tracked.facts
    for ours, theirs in names.items():
        each = result.summary[ours]
        sd = None if each.over_rounds is None else each.over_rounds.sd
        for prefix, value in (
            ("estimate", each.estimate),
            ("low", each.low),
            ("high", each.high),
            ("sd", sd),
            ("gap", each.gap),
        ):
            if value is not None:
                yield Measured(f"{prefix}/{theirs}", value)
    yield Measured("requirements/met", tracked.met)
    yield Measured("requirements/missed", len(tracked.requirements) - tracked.met)
    yield Measured("rounds/planned", result.n_rounds)
    yield Measured("rounds/failed", len(result.failures))
    yield Measured("rounds/failure_rate", result.failure_rate)
    yield Measured("cost/run_seconds", facts.wall_seconds)
    if facts.rounds:
        yield Measured("cost/all_cpu_seconds", sum(each.cpu_seconds for each in facts.rounds))
        yield Measured("cost/most_memory", max(each.peak_memory for each in facts.rounds))


def _by_round(tracked: Tracked, names: Mapping[str, str]) -> tuple[tuple[Measured, ...], str]:
    """Return the numbers of the rounds, as many as may be, and what was left out."""
    every = tuple(_scores(tracked, names)) + tuple(_costs(tracked))
    if len(every) <= MOST_METRICS:
        return every, ""
    # A metric of a class has a slash more than its prefix.
    few = tuple(each for each in every if each.name.count("/") == 1)
    if len(few) <= MOST_METRICS:
        return few, "of single classes, by round"
    return (), "of rounds"


def _scores(tracked: Tracked, names: Mapping[str, str]) -> Iterator[Measured]:
    for each in tracked.result.rounds:
        for prefix, side in (("test", each.test), ("train", each.train)):
            for ours, value in ({} if side is None else side.values).items():
                if value is not None and ours in names:
                    yield Measured(f"{prefix}/{names[ours]}", value, each.index)


def _costs(tracked: Tracked) -> Iterator[Measured]:
    for each in tracked.facts.rounds:
        for name in ("fit_seconds", "predict_seconds", "wall_seconds", "cpu_seconds"):
            yield Measured(f"cost/{name}", getattr(each, name), each.index)
        yield Measured("cost/peak_memory", each.peak_memory, each.index)


def _outcome(tracked: Tracked) -> dict[str, str]:
    result = tracked.result
    tags = {
        "passed": _WORDS[tracked.passed],
        "verdict": "passed" if tracked.verdict.passed else "refused",
        "requirements": f"{tracked.met} of {len(tracked.requirements)} met",
        "task": result.task,
        "rounds": str(result.n_rounds),
        "path": result.path,
        "interval": f"{result.confidence:.0%}: {result.interval}",
        "concerns": ", ".join(each.name for each in result.concerns),
    }
    return {f"{PREFIX}{name}": value for name, value in tags.items() if value}

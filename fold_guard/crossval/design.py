"""How the rounds of a fold map hang together: what may be counted, and what may be inferred."""

from __future__ import annotations

from dataclasses import dataclass

from fold_guard.folds.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Design:
    """What a cross-validation must know of its rounds beyond their rows.

    Attributes
    ----------
    retested : bool
        Whether a row may be tested in several rounds: there are more predictions than rows then.
    parts : int or None
        Where rounds test choices of so many folds together: no more values than these are taken
        as independent. None: every round is a value of its own.
    no_interval : str
        Why the scores of the rounds give no interval, or empty.
    wording : str
        Which rounds there are, where it is not one a fold; or empty.
    single_rows : bool
        Whether rounds test one row each, all or some: they have no scores of their own, and every
        metric is that of the pooled predictions.
    rounds_a_repeat : int or None
        So many rounds in a row test no row twice. None where rows are tested unequally often:
        their predictions cannot be pooled.
    """

    retested: bool = False
    parts: int | None = None
    no_interval: str = ""
    wording: str = ""
    single_rows: bool = False
    rounds_a_repeat: int | None = None


def design_of(manifest: Manifest) -> Design:
    """Return the design of a fold map's rounds.

    Repeats and shuffle splits, whose rounds are draws from one distribution, have the corrected
    interval over all their rounds. Leave-p-groups-out tests every choice of groups: however many
    rounds there are, they hold no more than k groups, whose number gives the degrees of freedom.
    In simulations of 95% intervals (6 to 20 groups, p = 2 and 3) 2.5% to 5% miss so where the
    rule is stable, and up to 10% where it learns next to nothing; with one degree less than there
    are rounds it is 4.5% to 6%, and up to 14%. Choices of blocks in time are no draws from one
    distribution, and how much of the train side is purged depends on which blocks they are: they
    have no interval.

    Parameters
    ----------
    manifest : Manifest

    Examples
    --------
    >>> import pandas as pd
    >>> from fold_guard import FoldPlan, make_folds
    >>> table = pd.DataFrame({"row": range(60)})
    >>> plan = FoldPlan("kfold", n_splits=3, n_repeats=4)
    >>> design_of(make_folds(table, plan, id="row").manifest).wording
    '12 rounds: 4 repeats of 3 folds'
    """
    plan, traits, k = manifest.plan, manifest.plan.traits, manifest.n_folds
    rounds, p = manifest.n_rounds, plan.n_test_folds
    if traits.chosen and p > 1:
        what = "blocks" if traits.layout == "blocks" else "groups"
        wording = f"{rounds:,} rounds: every choice of {p} of {k:,} {what}"
        if traits.purged:
            why = "choices of blocks in time are no draws from one distribution"
            return Design(retested=True, no_interval=why, wording=wording)
        return Design(retested=True, parts=k, wording=f"{wording}, {k - 1:,} degrees of freedom")
    if traits.layout == "sampled":
        if plan.n_repeats == 1:
            once = "one test set was drawn"
            return Design(no_interval=once, wording="1 round", rounds_a_repeat=1)
        return Design(retested=True, wording=f"{rounds:,} rounds: test sets drawn anew")
    if plan.n_repeats > 1:
        wording = f"{rounds:,} rounds: {plan.n_repeats:,} repeats of {k:,} folds"
        return Design(retested=True, wording=wording, rounds_a_repeat=k)
    if traits.layout == "each":
        each = "group" if traits.groups else "row"
        wording = f"{rounds:,} rounds, one a {each}"
        return Design(wording=wording, single_rows=not traits.groups, rounds_a_repeat=rounds)
    if plan.leave_out:
        wording = f"{rounds:,} rounds: {plan.n_splits:,} folds, and one a unit of the subgroup"
        return Design(wording=wording, single_rows=True, rounds_a_repeat=rounds)
    return Design(rounds_a_repeat=rounds)

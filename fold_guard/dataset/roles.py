"""Roles: what each column of a table is for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import cast

from fold_guard.errors import UsageError
from fold_guard.suggest import did_you_mean


@dataclass(frozen=True, slots=True)
class Roles:
    """Column names by role.

    Attributes
    ----------
    id : tuple of str
        One or more columns that together name a row; empty only in ``audit``.
    label : str or None
        The class to be predicted, or a continuous label.
    labels : tuple of str
        Instead of ``label``, where a row may have several: one indicator column a label.
    groups : tuple of str
        Keys whose rows may never be separated; a null key links nothing.
    time : str or None
        An instant: number, date or datetime; the prediction time, where there is an evaluation
        time, too.
    evaluation_time : str or None
        When the label is known: it ends the row's interval in time.
    features : tuple of str or None
        None stands for every column without another role.
    segments : tuple of str
        Columns of subgroups that are scored by themselves. One may be a group key, too, or a
        feature where features are named; folds do not depend on it.
    """

    id: tuple[str, ...] = ()
    label: str | None = None
    groups: tuple[str, ...] = ()
    time: str | None = None
    features: tuple[str, ...] | None = None
    labels: tuple[str, ...] = ()
    evaluation_time: str | None = None
    segments: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        id: str | Iterable[str] = (),
        label: str | Iterable[str] | None = None,
        groups: str | Iterable[str] = (),
        time: str | None = None,
        evaluation_time: str | None = None,
        features: str | Iterable[str] | None = None,
        segments: str | Iterable[str] = (),
    ) -> Roles:
        """Return roles as a user states them: a name where there is one, or several.

        Several columns under ``label`` are several labels a row.

        >>> Roles.of("row", ["red", "round"], "patient").labels
        ('red', 'round')
        """
        several = label is not None and not isinstance(label, str)
        return cls(
            id=_names(id),
            label=None if several else cast("str | None", label),
            groups=_names(groups),
            time=time,
            features=None if features is None else _names(features),
            labels=_names(label or ()) if several else (),
            evaluation_time=evaluation_time,
            segments=_names(segments),
        )

    @property
    def label_columns(self) -> tuple[str, ...]:
        """The label, or the several ones; empty without a label."""
        return self.labels if self.label is None else (self.label,)

    def named(self) -> tuple[str, ...]:
        """Return every column with a role that no feature may have, each once."""
        single = (self.label, self.time, self.evaluation_time)
        named = tuple(name for name in single if name is not None)
        return tuple(dict.fromkeys((*self.id, *named, *self.labels, *self.groups)))

    def facts(self) -> dict[str, object]:
        """Return the roles that a fold map rests on, as they stand under its digest.

        Roles that came later than the first format are left out where there are none.

        >>> Roles(id=("row",), label="y").facts()
        {'id': ('row',), 'label': 'y', 'groups': (), 'time': None}
        """
        stated: dict[str, object] = {
            "id": self.id,
            "label": self.label,
            "groups": self.groups,
            "time": self.time,
        }
        if self.labels:
            stated["labels"] = self.labels
        if self.evaluation_time is not None:
            stated["evaluation_time"] = self.evaluation_time
        return stated

    def differences(self, other: Roles) -> list[str]:
        """Say which roles are others there; features and segments are no part of it.

        >>> Roles.of("row", "y").differences(Roles.of("row", "z"))
        ["label 'y' -> 'z'"]
        """
        return [
            f"{name} {getattr(self, name)!r} -> {getattr(other, name)!r}"
            for name in ("id", "label", "labels", "groups", "time", "evaluation_time")
            if getattr(self, name) != getattr(other, name)
        ]

    def resolve(
        self, columns: Iterable[str], *, source: str, fold: str | Iterable[str] = ()
    ) -> Roles:
        """Check the names against a table and fill in the features.

        Parameters
        ----------
        columns : iterable of str
            The table's columns.
        source : str
            The file, for the message.
        fold : str or iterable of str
            Columns that hold folds; never features.

        Raises
        ------
        UsageError
            An unknown column (with the nearest name), a column named twice in one role, a feature
            that has another role, or a segment that is id, label, time or fold.
        """
        known = list(columns)
        for role, names in (
            ("id", self.id),
            ("groups", self.groups),
            ("labels", self.labels),
            ("features", self.features),
            ("segments", self.segments),
        ):
            twice = [name for name in dict.fromkeys(names or ()) if (names or ()).count(name) > 1]
            if twice:
                raise UsageError(
                    f"column {twice[0]!r} is named twice under {role}",
                    where=source,
                    remedy="Name each column once.",
                )
        folds = _names(fold)
        asked = (*self.named(), *folds, *(self.features or ()), *self.segments)
        for name in asked:
            if name not in known:
                raise UsageError(
                    f"there is no column {name!r}", where=source, remedy=did_you_mean(name, known)
                )
        taken = {*self.named(), *folds}
        if both := [name for name in folds if name in self.named()]:
            raise UsageError(
                f"column {both[0]!r} is the fold and has another role",
                where=source,
                remedy="Name another column for one of the two.",
            )
        barred = {*self.id, *self.label_columns, self.time, self.evaluation_time, *folds}
        if both := [name for name in self.segments if name in barred]:
            raise UsageError(
                f"column {both[0]!r} is a segment and has another role",
                where=source,
                remedy="A segment may also be a feature or a group key, but not id, label, time "
                "or fold.",
            )
        if self.features is None:
            taken |= {*self.segments}
            return replace(self, features=tuple(name for name in known if name not in taken))
        both = [name for name in self.features if name in taken]
        if both:
            raise UsageError(
                f"column {both[0]!r} is a feature and has another role",
                where=source,
                remedy="A feature may not also be id, label, group, time or fold.",
            )
        return self


def _names(given: str | Iterable[str] | None) -> tuple[str, ...]:
    if given is None:
        return ()
    names = (given,) if isinstance(given, str) or not isinstance(given, Iterable) else tuple(given)
    if other := [name for name in names if not isinstance(name, str)]:
        raise UsageError(
            f"{other[0]!r} is no name of a column: names are text",
            remedy="Give a column another name, for instance with "
            "frame.rename(columns=str) in pandas.",
        )
    return names

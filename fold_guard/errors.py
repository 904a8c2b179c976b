"""Every error that fold_guard raises on purpose: what is wrong, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence


class FoldGuardError(Exception):
    """Root of the tree; the command line turns it into one message and ``exit_code``.

    Parameters
    ----------
    what : str
        What is wrong, one sentence without a full stop.
    where : str, optional
        File, column, row id or dotted params path.
    remedy : str, optional
        What to do next.
    """

    exit_code = 3

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(str(self))

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}. {self.remedy}" if self.remedy else text

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process boundaries; the default protocol loses keyword-only arguments.
        return (_rebuild, (type(self), self.what, self.where, self.remedy))


def _rebuild(kind: type[FoldGuardError], what: str, where: str, remedy: str) -> FoldGuardError:
    error = kind.__new__(kind)
    FoldGuardError.__init__(error, what, where=where, remedy=remedy)
    return error


class UsageError(FoldGuardError, ValueError):
    """The request makes no sense: an unknown column, an option out of range."""

    exit_code = 2


class ConfigError(UsageError):
    """params.yaml is wrong; carries every problem at once, each with its dotted path.

    Parameters
    ----------
    problems : sequence of (path, message)
        For instance ``("plans.forward.fold.n_splits", "must be a whole number, got 'six'")``.
    source : str
        The file the problems were found in.
    """

    def __init__(self, problems: Sequence[tuple[str, str]], *, source: str = "params.yaml") -> None:
        self.problems = tuple(problems)
        lines = "".join(f"\n  {path}: {message}" for path, message in self.problems)
        count = len(self.problems)
        super().__init__(f"{count} problem{'s' if count != 1 else ''}{lines}", where=source)

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild_config, (type(self), self.problems, self.where))


def _rebuild_config(
    kind: type[ConfigError], problems: Sequence[tuple[str, str]], source: str
) -> ConfigError:
    return kind(problems, source=source)


class DataError(FoldGuardError, ValueError):
    """The data cannot be read, or cannot carry the request (duplicate ids, one class only)."""


class RepeatedIdsError(DataError):
    """Rows share an id, so that nobody could say which of them is meant.

    Parameters
    ----------
    count : int
        Of the rows.
    examples : sequence of int or str
        The first few ids.
    where : str
    """

    def __init__(self, count: int, examples: Sequence[int | str], *, where: str) -> None:
        self.count = count
        self.examples = tuple(examples)
        super().__init__(
            f"{count:,} rows repeat an id, for instance {', '.join(map(repr, examples))}",
            where=where,
            remedy="Ids must be unique: drop the copies or name further id columns.",
        )

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild_repeated, (self.count, self.examples, self.where))


def _rebuild_repeated(count: int, examples: Sequence[int | str], where: str) -> RepeatedIdsError:
    return RepeatedIdsError(count, examples, where=where)


class InfeasibleError(DataError):
    """No assignment satisfies the plan (k above the number of units, a class rarer than k)."""


class ArtifactError(FoldGuardError):
    """A fold map, report or verdict on disk is missing, damaged, or of another version."""


class Refused(FoldGuardError):
    """A rule failed: the gate is shut, or a verdict does not fit what is on disk."""

    exit_code = 1


class Incomplete(Refused):
    """A run stopped before its end; what it has is kept, and the next call goes on from there."""


class MissingExtra(FoldGuardError):
    """An optional package is needed for what was asked."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"{package} is not installed",
            remedy=f"Install it with: pip install 'fold-integrity[{extra}]'",
        )
        self.package = package
        self.extra = extra

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.package, self.extra))

"""What ``fold-guard audit`` reads: one table or several, and the split that one option names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fold_guard.dataset.declared import Dtype


@dataclass(frozen=True, slots=True)
class Way:
    """The options that name the split; what was not given is None."""

    fold: str | None = None
    fold_map: Path | None = None
    splits: Path | None = None
    test: Path | None = None
    validation: Path | None = None

    @property
    def inputs(self) -> tuple[Path, ...]:
        """The files and folders that are read besides the table."""
        named = (self.fold_map, self.splits, self.test, self.validation)
        return tuple(each for each in named if each is not None)


@dataclass(frozen=True, slots=True)
class AuditInput:
    """What was read.

    Attributes
    ----------
    frame : table
        All rows; with a test file, those of train.
    split : mapping
        The arguments of `fold_guard.audit` that name the split.
    source : str
        What the report says of where the folds come from; it repeats the option.
    digest : callable () -> str
        Returns that of the file; of several files, over their digests.
    held : str or None
        A column that holds the folds.
    """

    frame: Any
    split: Mapping[str, Any]
    source: str
    digest: Callable[[], str]
    held: str | None = None


def require_usable(
    way: Way, *, scheme: str | None, repair: Path | None, outputs: Sequence[Path | None]
) -> None:
    """Refuse before any work what cannot be audited.

    Raises
    ------
    UsageError
        The split is named in no way or in several; a scheme, or a repair, of what is no fold
        column; an output in the place of an input.
    """
    from fold_guard.cli.terminal import refuse_overwrite
    from fold_guard.errors import UsageError
    from fold_guard.evidence.audited import require_one_way

    require_one_way(
        fold=way.fold,
        fold_map=way.fold_map,
        splits=way.splits,
        test=way.test,
        validation=way.validation,
        scheme=scheme,
    )
    if repair is not None and way.fold is None:
        raise UsageError(
            "only a fold column can be repaired",
            where="--repair",
            remedy="Write the folds into a column, and name it: --fold COL.",
        )
    for output in outputs:
        refuse_overwrite(output, *way.inputs)
        for each in way.inputs:
            inside = output is not None and output.resolve().is_relative_to(each.resolve())
            if inside and each.is_dir():
                raise UsageError(
                    "lies in a folder that is read", where=str(output), remedy="Name another file."
                )


def read_input(
    file: Path, way: Way, *, dtypes: Mapping[str, Dtype], labels: Sequence[str], whole: bool
) -> AuditInput:
    """Read the table, or tables, and the split.

    Parameters
    ----------
    file : Path
    way : Way
        Exactly one, see `require_usable`.
    dtypes : mapping of column to dtype
    labels : sequence of str
        Columns that a test file may lack.
    whole : bool
        Whether every column will be read, so that the file's digest is wanted for certain.

    Raises
    ------
    UsageError, DataError, ArtifactError
        As `fold_guard.dataset.reading.read_table`, `FoldMap.load` and
        `fold_guard.folds.index_files.read_splits`.
    """
    from fold_guard.identity.hashing import file_digest, json_digest

    if way.test is not None:
        named = {"train": file, "validation": way.validation, "test": way.test}
        paths = {part: path for part, path in named.items() if path is not None}
        tables = {
            part: _table(path, _declared_in(path, dtypes, () if part == "train" else labels))
            for part, path in paths.items()
        }
        return AuditInput(
            frame=tables["train"],
            split={"test": tables["test"], "validation": tables.get("validation")},
            source=", ".join(
                f"{part} file {_shown(path)}" for part, path in paths.items() if part != "train"
            ),
            digest=lambda: json_digest({p: file_digest(path) for p, path in paths.items()}),
        )
    split: dict[str, Any]
    if way.fold_map is not None:
        from fold_guard.folds.fold_map import FoldMap

        fold_map = FoldMap.load(way.fold_map)
        split, source = {"fold": fold_map}, f"fold map in {_shown(way.fold_map)}"
        held = fold_map.manifest.plan.column or None
    elif way.splits is not None:
        from fold_guard.folds.index_files import read_splits

        split, source = {"splits": read_splits(way.splits)}, f"index pairs in {_shown(way.splits)}"
        held = None
    else:
        split, source, held = {"fold": way.fold}, f"column {way.fold}", way.fold
    digest = _meanwhile(lambda: file_digest(file)) if whole else lambda: file_digest(file)
    return AuditInput(_opened(file, dtypes), split, source, digest, held)


def _meanwhile(work: Callable[[], str]) -> Callable[[], str]:
    """Start work beside whatever comes next; what is returned waits for its end."""
    pool = ThreadPoolExecutor(1)
    found = pool.submit(work)
    pool.shutdown(wait=False)
    return found.result


def _shown(path: Path) -> str:
    """Return a path as it was given; one that leads out of this folder goes by its name."""
    return path.name if path.is_absolute() or ".." in path.parts else path.as_posix()


def _opened(path: Path, dtypes: Mapping[str, Dtype]) -> Any:
    from fold_guard.dataset.reading import open_table

    return open_table(path, dtypes=dtypes)


def _table(path: Path, dtypes: Mapping[str, Dtype]) -> Any:
    from fold_guard.dataset.reading import read_table

    return read_table(path, dtypes=dtypes)


def _declared_in(
    path: Path, dtypes: Mapping[str, Dtype], may_lack: Sequence[str]
) -> Mapping[str, Dtype]:
    """Leave out the dtypes of columns that the file may lack, and does."""
    if not set(dtypes) & set(may_lack):
        return dtypes
    from fold_guard.dataset.reading import scan_table

    known = scan_table(path).collect_schema().names()
    return {name: each for name, each in dtypes.items() if name in known or name not in may_lack}


def declared_dtypes(given: Sequence[str]) -> dict[str, Dtype]:
    """Read ``COL=TYPE`` options.

    Raises
    ------
    UsageError
        No ``COL=TYPE``, no such type, a column twice.

    Examples
    --------
    >>> declared_dtypes(["day=date:%d.%m.%Y", "id=string"])
    {'day': 'date:%d.%m.%Y', 'id': 'string'}
    """
    from fold_guard.dataset.declared import DTYPES, is_dtype
    from fold_guard.errors import UsageError
    from fold_guard.suggest import did_you_mean

    found: dict[str, Dtype] = {}
    for each in given:
        column, _, name = each.rpartition("=")
        if not column:
            raise UsageError(
                f"{each!r} is not COL=TYPE",
                where="--dtype",
                remedy="Write for instance --dtype patient=string.",
            )
        if not is_dtype(name):
            raise UsageError(
                f"there is no type {name!r}",
                where="--dtype",
                remedy=did_you_mean(name, (*DTYPES, "date:%d.%m.%Y", "datetime:%d.%m.%Y %H:%M")),
            )
        if column in found:
            raise UsageError(
                f"column {column!r} is given twice", where="--dtype", remedy="Name it once."
            )
        found[column] = name
    return found

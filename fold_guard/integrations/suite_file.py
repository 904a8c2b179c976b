"""Suite files: read once, digested, and run as code from exactly the bytes that were digested."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

from fold_guard.errors import FoldGuardError


class SuiteError(FoldGuardError):
    """A suite did not run properly; whatever it would have said, it has not said it."""


def read_suite(path: Path) -> bytes:
    """Read a suite file.

    Raises
    ------
    SuiteError
        The file is missing or cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SuiteError(
            f"the suite file cannot be read ({reason})",
            where=path.name,
            remedy="Name an existing file in params.yaml; paths start at its folder.",
        ) from error


def digest(content: bytes) -> str:
    """SHA-256 of a suite file, so that the evidence names the rules that were applied.

    >>> digest(b"")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(content).hexdigest()


class _BytesLoader(SourceFileLoader):
    """Runs the bytes that were digested; a cached ``.pyc`` could hold other ones."""

    def __init__(self, name: str, path: Path, content: bytes) -> None:
        super().__init__(name, str(path))
        self._content = content

    def get_data(self, path: str) -> bytes:
        return self._content

    def path_stats(self, path: str) -> dict[str, float]:
        raise OSError("no modification time, hence no bytecode cache")


def load_module(path: Path) -> tuple[ModuleType, str]:
    """Run a Python suite file under a private module name.

    The file is code: params name it, and whoever may edit params may run code. It is found by its
    path, never by a package name, so that an installed package cannot take its place.

    Returns
    -------
    module : ModuleType
    digest : str
        SHA-256 of the source that was run.

    Raises
    ------
    SuiteError
        The file is missing, or raised while it was run.
    """
    content = read_suite(path)
    seal = digest(content)
    name = f"_fold_guard_suite_{path.stem}_{digest(str(path.resolve()).encode())[:8]}"
    loader = _BytesLoader(name, path, content)
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    if spec is None:
        raise SuiteError("not a Python file", where=path.name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # pydantic and pickle look classes up by their module's name
    try:
        loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise SuiteError(
            f"running the file raised {type(error).__name__}: {error}",
            where=path.name,
            remedy="Run it with Python by itself to see where.",
        ) from error
    return module, seal

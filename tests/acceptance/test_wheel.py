"""What is installed: the wheel holds the package alone, and works without the repository."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built without isolation, hence without network; from a copy, for a build leaves files."""
    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(REPO / name, source)
    shutil.copytree(REPO / "fold_guard", source / "fold_guard", ignore=_built)
    build = [sys.executable, "setup.py", "-q", "bdist_wheel", "-d", str(folder)]
    ran = subprocess.run(
        build, cwd=source, capture_output=True, text=True, timeout=240, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (built,) = folder.glob("fold_integrity-*.whl")
    return built


def _built(_folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name == "__pycache__" or name.endswith((".so", ".c"))]


def test_it_holds_the_package_alone(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    roots = {name.partition("/")[0] for name in names}
    assert {root for root in roots if not root.endswith(".dist-info")} == {"fold_guard"}
    assert len(roots) == 2
    assert not [name for name in names if "__pycache__" in name]


def test_it_holds_everything_that_the_package_has(wheel: Path) -> None:
    shipped = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("fold_guard/")}
    source = {
        path.relative_to(REPO).as_posix()
        for path in (REPO / "fold_guard").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix not in (".so", ".c")
    }
    (compiled,) = shipped - source
    assert compiled.startswith("fold_guard/partition/kernel.")
    assert shipped == source | {compiled}
    assert "fold_guard/py.typed" in shipped
    assert {path for path in shipped if path.endswith(".jinja")}


def test_it_names_command_extras_and_licence(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (folder,) = {name.partition("/")[0] for name in archive.namelist()} - {"fold_guard"}
    metadata = archive.read(f"{folder}/METADATA").decode()
    assert "\nName: fold-integrity\n" in metadata
    assert "fold-guard = fold_guard.cli:main" in archive.read(f"{folder}/entry_points.txt").decode()
    for extra in ("dvc", "great-expectations", "pandera"):
        assert f"\nProvides-Extra: {extra}\n" in metadata
    assert f"{folder}/licenses/LICENSE" in archive.namelist()


def test_it_works_away_from_the_repository(wheel: Path, tmp_path: Path) -> None:
    """Templates and all: an audit as HTML, with the wheel's own files."""
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    (tmp_path / "t.csv").write_text("fold,y\n0,a\n1,a\n0,b\n1,b\n")
    code = (
        "import sys; sys.path.insert(0, 'site'); import fold_guard; "
        "assert 'site' in fold_guard.__file__, fold_guard.__file__; "
        "from fold_guard.cli import main; main()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, "audit", "t.csv", "--fold", "fold", "--format", "html"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode in (0, 1), ran.stderr
    assert ran.stdout.lower().startswith("<!doctype html>")

"""Where reports point: files as a viewer finds them from the folder that the command ran in."""

from __future__ import annotations

import os
from pathlib import Path

from fold_guard.cli.options import Format
from fold_guard.reports.place import Place

# Only these put their findings on lines of params.yaml.
_ON_LINES = ("github", "sarif")


def place_of(file: Path) -> Place:
    """Return the place of an audited file; one outside of the folder goes by its name alone."""
    return Place(_relative(file))


def place_of_plan(config: Path, plan: str, format: Format) -> Place:
    """Return the place of params.yaml, with the lines that declare the checks of a plan."""
    lines = _declared(config, plan) if format.value in _ON_LINES else {}
    return Place(_relative(config), lines)


def _relative(file: Path) -> str:
    path = Path(os.path.abspath(file))  # noqa: PTH100  a link is shown by its own name
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.name


def _declared(config: Path, plan: str) -> dict[str, int]:
    from ruamel.yaml import YAML

    # The round-trip loader keeps lines, and like the safe one it makes plain values only.
    declared = YAML(typ="rt").load(config)["plans"][plan]
    return {
        str(name): section.lc.key(name)[0] + 1
        for section in (declared.get("checks"), declared.get("suites"))
        for name in section or {}
        if name in section.lc.data
    }

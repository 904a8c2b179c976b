"""Write docs/benchmarks.md from the results of one run: ``report.py RUN.json OUT.md``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tests.benchmarks.record import Row, shown

PACKAGES = (
    "fold-integrity",
    "numpy",
    "scipy",
    "polars",
    "polars-hash",
    "scikit-learn",
    "iterative-stratification",
    "pytest-benchmark",
)
HEAD = """# Benchmarks

Made by `make bench`; every number below is of that one run. Ours and the peer run in turn in the
same process, so that whatever else the machine does hits both; times are medians. `ratio` is the
peer's number over ours: above 1 ours is better, in time, memory and deviation alike.
"""


def document(run: dict[str, Any]) -> str:
    """Return the Markdown of a run, as pytest-benchmark saves it."""
    rows = rows_of(run)
    topics = list(dict.fromkeys(row.topic for row in rows))
    marked = [row for row in rows if row.mark]
    met = sum(row.verdict == "yes" for row in marked)
    parts = [HEAD, *_surroundings(run["machine_info"])]
    parts.append(f"\n{met} of {len(marked)} marks are met.{_missed(marked)}\n")
    for topic in topics:
        parts.append(f"\n## {topic}\n\n" + _table([row for row in rows if row.topic == topic]))
    return "".join(parts)


def rows_of(run: dict[str, Any]) -> list[Row]:
    """Return the rows in the order in which they were measured."""
    return [Row(**row) for each in run["benchmarks"] for row in each["extra_info"].get("rows", ())]


def _surroundings(machine: dict[str, Any]) -> list[str]:
    cpu = machine["cpu"]
    python = f"{machine['python_implementation']} {machine['python_version']}"
    lines = [
        ("system", f"{machine['system']}, {machine['machine']}"),
        ("processor", f"{cpu.get('brand_raw', 'unknown')}, {cpu.get('count', '?')} cores"),
        ("Python", python),
        *((name, _version(name)) for name in PACKAGES),
    ]
    return ["\n| what | version |\n|---|---|\n", *(f"| {a} | {b} |\n" for a, b in lines)]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _missed(marked: Iterable[Row]) -> str:
    missed = [row for row in marked if row.verdict != "yes"]
    if not missed:
        return ""
    lines = [f"- {row.topic}: {row.work}, {row.measure} ({row.verdict})" for row in missed]
    return " Not met:\n\n" + "\n".join(lines)


def _table(rows: Sequence[Row]) -> str:
    bounded = any(row.bound is not None for row in rows)
    names = list(dict.fromkeys(row.peer_name for row in rows if row.peer_name))
    head = ["work", "measure", "ours", "peer", "ratio"]
    head += ["against"] if len(names) > 1 else []
    head += ["no assignment below"] if bounded else []
    head += ["mark", "met"] if any(row.mark for row in rows) else []
    lines = [head, ["---", "---", *["---:"] * (len(head) - 2)]]
    for row in rows:
        cells = [row.work, row.measure, shown(row.ours, row.unit), _peer(row)]
        cells.append("" if row.ratio is None else f"{row.ratio:.2f}")
        if len(names) > 1:
            cells.append(row.peer_name)
        if bounded:
            cells.append("" if row.bound is None else shown(row.bound, row.unit))
        if "mark" in head:
            cells += [row.mark, row.verdict]
        lines.append(cells)
    told = f"Peer: {names[0]}.\n\n" if len(names) == 1 else ""
    return told + "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _peer(row: Row) -> str:
    return "" if row.peer is None else shown(row.peer, row.unit)


def main(source: str, target: str) -> None:
    """Write the document and say how many marks are met."""
    text = document(json.loads(Path(source).read_text(encoding="utf-8")))
    Path(target).write_text(text, encoding="utf-8")
    print(next(line for line in text.splitlines() if "marks are met" in line))


if __name__ == "__main__":
    main(*sys.argv[1:])

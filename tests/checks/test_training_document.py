"""docs/training_function.md: the function in it runs, and is caught."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "training_function.md"


def test_the_function_of_the_page_is_caught(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    first, second = ran.stdout.splitlines()
    assert first.startswith("failed the test rows change StandardScaler.mean_ and ")
    assert first.endswith("more artefacts of train (2 of 5 rounds looked at)")
    assert re.match(r"StandardScaler.mean_ changed in column (age|load) by ", second)

"""Peers with pins of their own: each has an environment under .benchmarks."""

from __future__ import annotations

import os
import subprocess
import venv
from pathlib import Path

_HOME = Path(__file__).parents[2] / ".benchmarks"


def environment(name: str, module: str, *packages: str) -> str:
    """Return the interpreter of a peer's environment, made when it is not there.

    Parameters
    ----------
    name : str
        Of the folder.
    module : str
        What must be importable.
    packages : str
        What is installed otherwise.

    Returns
    -------
    str
        Empty when the peer cannot be had.
    """
    home = _HOME / name
    at = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    asks = [str(at), "-c", f"import {module}"]
    try:
        if not at.exists() or subprocess.run(asks, check=False, capture_output=True).returncode:
            venv.create(home, with_pip=True, clear=True)
            install = [str(at), "-m", "pip", "install", "--quiet", *packages]
            subprocess.run(install, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return str(at)

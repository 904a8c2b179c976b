"""The command line: parse, call the library, render, exit. One file a verb."""

from __future__ import annotations

from fold_guard.cli.main import main

__all__ = ["main"]

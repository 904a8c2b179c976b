"""What tells prose from a word that may be an id: white space."""

from __future__ import annotations

# The characters themselves: what \s stands for differs from one engine of tables to the next.
WHITE_SPACE = "[ \t\r\n]"

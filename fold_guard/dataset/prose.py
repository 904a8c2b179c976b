"""What tells prose from a text that may be an id: several words in most values."""

from __future__ import annotations

# A text of four words or more. The characters themselves: what \\s stands for differs from one
# engine of tables to the next.
FOUR_WORDS = "[^ \t\r\n]([ \t\r\n]+[^ \t\r\n]+){3}"
# The share of values that are prose in a column of prose.
MOST = 0.5

"""How sure a score is: one kind of interval a file."""

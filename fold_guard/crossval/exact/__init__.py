"""Leave-one-out without n fits: the same held-out predictions, one family of models a file."""

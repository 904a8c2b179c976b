"""Near duplicates: which rows differ so little that one could stand for the other."""

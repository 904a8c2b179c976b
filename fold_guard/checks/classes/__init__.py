"""Classes in folds and sides: counts and shares."""

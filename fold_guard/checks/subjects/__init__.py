"""Subjects: rows with their folds, in memory or where they are."""

"""Folds that are distributed differently: tests, and a classifier of folds."""

"""Assignment of units to folds: pure arrays in, arrays out."""

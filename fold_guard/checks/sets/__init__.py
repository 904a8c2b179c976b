"""Sets of rows (groups, components, copies, near copies) over folds and rounds."""

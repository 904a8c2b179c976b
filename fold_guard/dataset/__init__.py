"""Read tables, name what their columns are for, write files atomically."""

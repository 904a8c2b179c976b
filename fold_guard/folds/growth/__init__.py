"""Maps that grow: old rows keep their folds, and the lineage says how."""

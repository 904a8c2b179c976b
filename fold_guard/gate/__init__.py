"""Policy in, verdict out: whether training may start."""

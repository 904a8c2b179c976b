"""Replay a fold map behind the gate: fit, score, interval, requirement."""

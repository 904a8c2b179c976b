"""Renderers of the one report model."""

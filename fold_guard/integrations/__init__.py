"""Bridges to other tools; the core never imports them."""

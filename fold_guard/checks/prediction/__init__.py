"""How well a single column tells the label of held-out rows."""

"""What a prediction is worth: the registry of metrics, by round, pooled, and by segment."""

"""The estimator: named in params, searched, resampled; always inside the train side."""

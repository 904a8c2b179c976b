"""What a score must reach: read from params, held against a result, or found impossible before."""

"""Training the user's model: what it leaves behind, and what it scores."""

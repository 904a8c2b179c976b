"""What is kept for others to read and to verify."""

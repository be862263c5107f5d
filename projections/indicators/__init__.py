"""The indicators of supervision: counted acts, from a number back to what is behind it."""

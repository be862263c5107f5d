"""The alerts of the violation rules: what was found, and what became of it."""

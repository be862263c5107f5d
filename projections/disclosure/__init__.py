"""The public disclosure register, and the clerks' register behind it."""

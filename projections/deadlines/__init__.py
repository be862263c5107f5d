"""Deadlines of every stream: what is due, for whom, until when, and what became of it."""

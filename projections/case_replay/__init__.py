"""Replay of a matter: every entry of it, as it stood at any moment."""

"""Discretion: the advised range with the decisions behind it, and what stands out across cases."""

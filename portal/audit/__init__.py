"""Pages for auditors: the state of the logs, the keys, and how to verify without us."""

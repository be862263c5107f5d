"""The way out: committed and promised entries become records of the ledger topics."""

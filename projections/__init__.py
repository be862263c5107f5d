"""The read side: views that are rebuilt from the ledger alone."""

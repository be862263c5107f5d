"""Registers out of the control log: emitters, agencies, officers, items, the ledger itself."""

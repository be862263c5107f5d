"""The compiled inner loop of the ledger; each module has a Python twin that says the rules."""

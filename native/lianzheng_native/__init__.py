"""The compiled inner loop of the ledger; each module has a Python twin that says the rules."""

# Of the functions' arguments and results. One more wherever one of them changes: what was compiled
# for another interface is not used (``ledger/chain/compiled.py``).
INTERFACE = 2

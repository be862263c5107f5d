"""The HTTP API: one application, problem+json everywhere, nothing linear in the ledger's size."""

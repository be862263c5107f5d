"""The ledger: chain (pure), domain, rules, store and application."""

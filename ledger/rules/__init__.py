"""ledger.rules"""

"""ledger.domain"""

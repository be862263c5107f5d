"""ledger.chain"""

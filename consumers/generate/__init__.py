"""A simulated province: realistic acts of many agency systems, for demonstrations and benchmarks.

``history.generate`` writes them to a file, in time order, with the personal values that belong to
them and with a list of what was planted to be found. Nothing here talks to a ledger.

Read before: ``consumers/emitter/__init__.py``. Read next: ``consumers/generate/records.py``.
Trusts: nothing; everything is fictional.
"""

"""The event schemas and the tables of rules, calendar and catalogue that a ledger is born with.

Data first: one ``.avsc`` per event type and version, ``catalogue.yaml`` with one row a type, JSON
files for the default rule set, calendar and review catalogue; beside them a thin loader.

Read before: nothing, the path of an act starts with ``PenaltyDecisionMade.v1.avsc``.
Read next: ``schemas/loader.py``, then ``consumers/loop.py``.
Trusts: the files of this package as installed. What a running ledger goes by is what it published
of them in its control log, so whoever alters these files alters what a *new* entry says, never an
old one.
"""

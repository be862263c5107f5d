"""One penalty case, part by part, in the order of the law.

Read before: ``consumers/generate/simulation.py``. Read next: ``consumers/generate/case/plan.py``.
Trusts: nothing.
"""

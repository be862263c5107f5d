"""What rules read from the rule set: numbers and lists, each by its name.

Read before: schemas/rules/violations-procedure.json. Read next: ``credentials``.

A limit of days, an amount and a list of acts are law, and law changes: no rule has them in its
code. A rule set with rules in force has all that rules read, within bounds, or it is refused
before its entry is made (``ledger/domain/rule_values.py``); asking for another name is our fault.
"""

from __future__ import annotations

from functools import lru_cache

from ledger.domain.control_records import RuleSet
from ledger.errors import MalformedError


def number(rules: RuleSet, name: str) -> int:
    """Return a number of the rule set in force.

    Raises:
        MalformedError: The rule set lacks it.
    """
    held = rules.numbers.get(name)
    if held is None:
        raise MalformedError(f"rule set {rules.version} has no number {name}")
    return held


def listed(rules: RuleSet, name: str) -> frozenset[str]:
    """Return a list of the rule set in force, as a set.

    Raises:
        MalformedError: The rule set lacks it.
    """
    return _as_set(ordered(rules, name))


def ordered(rules: RuleSet, name: str) -> tuple[str, ...]:
    """Return a list of the rule set in force whose order counts.

    Raises:
        MalformedError: The rule set lacks it.
    """
    held = rules.lists.get(name)
    if held is None:
        raise MalformedError(f"rule set {rules.version} has no list {name}")
    return held


@lru_cache(maxsize=256)
def _as_set(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(names)

"""What rules read from the rule set: numbers and lists, each by its name.

Read before: schemas/rules/violations-procedure.json. Read next: ``credentials``.

A limit of days, an amount and a list of acts are law, and law changes: no rule has them in its
code. A rule set that says nothing of a name is one from before the name was needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from ledger.domain.control_records import RuleSet
from schemas.loader import file_json


def number(rules: RuleSet, name: str) -> int:
    """Return a number of the rule set in force.

    Raises:
        KeyError: nobody knows it: a fault of ours.
    """
    held = rules.numbers.get(name)
    return _default()[0][name] if held is None else held


def listed(_rules: RuleSet, name: str) -> frozenset[str]:
    """Return a list of the rule set in force, as a set.

    Raises:
        KeyError: nobody knows it: a fault of ours.
    """
    return _default()[1][name]


def ordered(_rules: RuleSet, name: str) -> tuple[str, ...]:
    """Return a list of the rule set in force whose order counts.

    Raises:
        KeyError: nobody knows it: a fault of ours.
    """
    return _default()[2][name]


@cache
def _default() -> tuple[
    Mapping[str, int], Mapping[str, frozenset[str]], Mapping[str, tuple[str, ...]]
]:
    # Joined to the published rule set by schemas/loader.py.
    numbers: dict[str, int] = dict(file_json("rules/rule-set-1.json")["numbers"])
    lists: dict[str, tuple[str, ...]] = {}
    folder = files("schemas").joinpath("rules")
    for name in sorted(item.name for item in folder.iterdir()):
        if name.startswith("violations-"):
            part: dict[str, Any] = file_json(f"rules/{name}")
            numbers |= part.get("numbers", {})
            lists |= {key: tuple(values) for key, values in part.get("lists", {}).items()}
    return numbers, {key: frozenset(values) for key, values in lists.items()}, lists

"""The numbers and lists that gates and violation rules read: complete, and within bounds.

Read before: schemas/rules/violations-procedure.json. Read next: ``published_texts``.

A rule computes with them whatever act arrives, so a missing name, a term that ends after all
calendars or a list that is none would stop the engine at that act for ever. What is published is
checked instead. Trusts nothing in a text.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, Final

from schemas.loader import rule_set_parts

# Gates compute with these; a rule set without one would refuse what it should judge.
GATE_NUMBERS: Final = (
    "permit_working_days",
    "retrieval_window_days_max",
    "emergency_access_hours",
)
# The first rule set with violation rules: a later program still applies what was published then.
_FIRST_WITH_RULES: Final = "rules/rule-set-2.json"
# Least and greatest by the unit that a name has in it, the first that fits.
_BOUNDS: Final = {
    "fen": (0, 10**15),
    "working": (1, 1_000),
    "days": (1, 36_500),
    "months": (1, 1_200),
    "years": (1, 100),
    "hours": (1, 10_000),
    "hour": (1, 24),
    "seconds": (1, 86_400),
    "ms": (1, 86_400_000),
    "percent": (1, 10_000),
    "times": (1, 10_000),
}
_ORDER_OF_KINDS: Final = "penalty_kinds_light_to_heavy"
_MEMBER_LENGTH_MAX: Final = 128  # Of an identifier; a step names several event types.
_STEP_LENGTH_MAX: Final = 512


def check_gate_numbers(numbers: Mapping[str, Any]) -> None:
    """Check the numbers that every rule set has.

    Raises:
        KeyError: One is missing.
        ValueError: One is no number, or out of its bounds.
    """
    for name in GATE_NUMBERS:
        _check_number(name, numbers[name])


def check_rule_values(
    violations: Collection[str], numbers: Mapping[str, Any], lists: Mapping[str, Any]
) -> None:
    """Check what violation rules read; more may be there than they do.

    Args:
        violations: Ids of the violation rules in force.
        numbers: By name.
        lists: By name.

    Raises:
        KeyError: One is missing.
        ValueError: One is no number or no list, or out of its bounds.
    """
    for part, added in _parts():
        # A rule set published before a part was installed is without it, and stays in force.
        is_needed = added is None or not added.isdisjoint(violations)
        for name in part["numbers"]:
            if is_needed or name in numbers:
                _check_number(name, numbers[name])
        for name, members in part["lists"].items():
            if is_needed or name in lists:
                has_steps = any(">" in member for member in members)
                _check_list(name, lists[name], has_steps=has_steps)
            if name == _ORDER_OF_KINDS and sorted(lists[name]) != sorted(members):
                raise ValueError("not every kind of penalty once")


@cache
def _parts() -> list[tuple[dict[str, Any], frozenset[str] | None]]:
    """Return the parts of the newest rule set, each with the rules that it added.

    Those of the first rule set with rules have None: each of them is in all that came later.
    """
    first = rule_set_parts(_FIRST_WITH_RULES)
    known = {rule_id for part in first for rule_id in part["rules"]}
    parts = [part for part in rule_set_parts() if part not in first]
    return [(part, None) for part in first] + [
        (part, frozenset(part["rules"].keys() - known)) for part in parts
    ]


def _check_number(name: str, value: Any) -> None:
    least, most = next(bounds for unit, bounds in _BOUNDS.items() if unit in name.split("_"))
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{name} is not from {least} to {most}")


def _check_list(name: str, value: Any, *, has_steps: bool) -> None:
    if not isinstance(value, list):
        raise ValueError(f"{name} is no list")  # noqa: TRY004 - one error for all that is wrong
    most = _STEP_LENGTH_MAX if has_steps else _MEMBER_LENGTH_MAX
    for member in value:
        if not isinstance(member, str) or not 0 < len(member) <= most or not member.isprintable():
            raise ValueError(f"{name} has a member that is no identifier")
        if has_steps and not all(member.partition(">")):
            raise ValueError(f"{name} has a step that leads nowhere")

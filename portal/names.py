"""Names for the ids in a payload: officials, agencies, items of the register, fields of a record.

Read before: ``portal/payloads.py``. Read next: ``portal/console/replay.py``.

An act names people and things by id, because a name may change; a reader wants the name. Where two
people of one page have the same name, the id stands beside it. An id that is in no register stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Final

from ledger.domain.public_record import parse_policy
from portal.public.decision import POLICY_FILES
from portal.resources import Resources
from schemas.loader import schema_text

PERSON_PREFIXES: Final = ("officer:", "person:")


def person_names(resources: Resources, ids: Iterable[str | None]) -> dict[str, str]:
    """Return the name of each official, with the id where the name alone would not tell."""
    names = resources.officer_names(ids)
    times = Counter(names.values())
    return {one: name if times[name] == 1 else f"{name}（{one}）" for one, name in names.items()}


def agency_names(resources: Resources) -> dict[str, str]:
    """Return the names of all agencies by credit code."""
    return {one: agency.name for one, agency in resources.control.state.agencies.items()}


def sender_names(resources: Resources) -> dict[str, str]:
    """Return the names of agencies, and a word for the operator where it is none of them."""
    ledger, names = resources.control.state.ledger, agency_names(resources)
    if ledger is not None:
        names.setdefault(ledger.operator, f"运营单位（{ledger.operator}）")
    return names


def item_names(resources: Resources, agency_id: str) -> dict[str, str]:
    """Return the enforcement items of an agency, by code."""
    with resources.registers() as reader:
        rows = reader.items()
    return {
        row.item_code: f"{row.name}（{row.item_code}）"
        for row in rows
        if row.agency_id == agency_id
    }


def is_person(text: str) -> bool:
    """Tell whether a value is the id of an official or of an account."""
    return text.startswith(PERSON_PREFIXES)


@cache
def field_names() -> dict[str, str]:
    """Return the Chinese names of a public record's fields, by pointer into the record."""
    policies = [parse_policy(schema_text(file)) for file in POLICY_FILES.values()]
    return {f"/fields/{rule.code}": rule.cn for policy in policies for rule in policy.fields}

"""What acts of one stream mean for the deadlines that run over all acts of an agency.

Read before: ``folding``, ``ledger/rules/day_close/agency_memory.py``. Read next: ``agencies``.

A row says of one act which part it plays; it depends on its own stream and on the control log, as
every row of a view does. What follows from the rows of an agency together is reckoned when somebody
asks (``agencies``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final, NamedTuple

from ledger.chain.ids import uuid_text
from ledger.domain.control import ControlState
from ledger.domain.control_records import RuleSet, day_of
from ledger.domain.deadline_rules import DeadlineRule, Ref
from ledger.domain.projection import ControlReader
from ledger.domain.stream import StreamAct
from ledger.rules.day_close.agency_memory import POWERS, REGISTERED, REVOKED, rows_of
from ledger.rules.deadline_facts import Key, Reading
from ledger.rules.deadline_start import term_by_act
from projections.deadlines.view import (
    AGENCY_ACTS,
    BASIS,
    CANCEL,
    ENDED,
    ENTERED,
    FULFIL,
    POWER,
    START,
    AgencyActRow,
)
from projections.rows import Rows
from projections.tables import StreamKey

OFFICER: Final = "OfficerRegistered"
_AGENCY: Final = "agency:"
_KEEPERS: Final = ("SUPERVISOR", "PLATFORM")
_STANDING: Final = {REGISTERED: ENTERED, REVOKED: ENDED, **dict.fromkeys(POWERS, POWER)}


class Told(NamedTuple):
    """An act of a stream as it counts from now on.

    Attributes:
        event_id: Its id.
        item: The act; None: it counts no more.
        officer_agency: Whose the officer is that the stream is about; None: it is about none.
    """

    event_id: bytes
    item: StreamAct | None
    officer_agency: str | None


class Role(NamedTuple):
    """A part that an act plays; with stream and act the key of its row."""

    deadline_id: str  # Empty where it is about the agency and no row.
    role: str
    part: int


class _Part(NamedTuple):
    """What a row says of one part."""

    version: str
    key: str  # JSON.
    day: int


class _Known(NamedTuple):
    """What the published rule sets say of agencies."""

    rule_sets: tuple[RuleSet, ...]
    rules: list[tuple[RuleSet, DeadlineRule]]  # The newest rule set comes last.
    roles: list[Role]
    types: frozenset[str]  # Of acts that play a part.


class AgencyActs:
    """Writes the rows; remembers nothing but what rule sets say."""

    def __init__(self) -> None:
        self._known: _Known | None = None

    def write(
        self,
        key: StreamKey,
        told: Told,
        leaf_index: int,
        facts: ControlReader,
        size: int,
        rows: Rows,
    ) -> None:
        """Write the rows of an act, in the place of what it meant before.

        Args:
            key: Log and stream.
            told: The act.
            leaf_index: Of the entry with which it came to count so.
            facts: The control log.
            size: How far it counts, that entry's ``controlSize``.
            rows: Of the view.
        """
        item, known = told.item, self._of(facts.judged_by(size).rule_sets)
        if item is not None and item.event_type not in known.types:
            return
        place = _forget(key, told, known, rows)
        agency_id = None if item is None else _agency_of(item, told, facts, size)
        if item is None or agency_id is None:
            return
        for role, part in _parts(item, known, facts.judged_by(size)):
            row = AgencyActRow(
                *(*key, uuid_text(told.event_id), *role),
                agency_id,
                item.event_type,
                *part,
                item.act.occurred_at,
                item.entry.received_at,
                leaf_index if place is None else place,
            )
            rows.put(AGENCY_ACTS, row)

    def _of(self, rule_sets: tuple[RuleSet, ...]) -> _Known:
        if self._known is None or self._known.rule_sets is not rule_sets:
            rules = [(one, rule) for one in rule_sets for rule in rows_of(one)]
            roles = list(dict.fromkeys(_roles([rule for _, rule in rules])))
            types = {name for _, rule in rules for ref in _refs(rule) for name in ref.types}
            self._known = _Known(rule_sets, rules, roles, frozenset(types | _STANDING.keys()))
        return self._known


def _forget(key: StreamKey, told: Told, known: _Known, rows: Rows) -> int | None:
    """Remove what an act meant before; return its place in its log, None if it meant nothing."""
    place: int | None = None
    for role in known.roles:
        found = rows.get(AGENCY_ACTS, (*key, uuid_text(told.event_id), *role))
        if found is not None:
            place = found.leaf_index
            rows.delete(AGENCY_ACTS, AGENCY_ACTS.key_of(found))
    return place


def _refs(rule: DeadlineRule) -> Iterator[Ref]:
    yield from (it.ref for it in rule.starts)
    yield from (it.ref for it in rule.fulfils)
    yield from rule.cancels


def agency_key(key: Key) -> str:
    """Return the values by which acts find their deadline, as a row has them."""
    return json.dumps(key, ensure_ascii=False, separators=(",", ":"))


def _roles(rules: list[DeadlineRule]) -> Iterator[Role]:
    yield from (Role("", role, 0) for role in (ENTERED, ENDED, POWER))
    for rule in rules:
        yield Role(rule.id, BASIS if rule.every else START, 0)
        yield Role(rule.id, CANCEL, 0)
        yield from (Role(rule.id, FULFIL, it.part) for it in rule.fulfils)


def _agency_of(item: StreamAct, told: Told, facts: ControlReader, size: int) -> str | None:
    """As ``ledger.rules.day_close.agency_memory.agency_of``, from the stream's own acts."""
    act = item.act
    if item.event_type == REGISTERED:
        return str(item.payload["uscc"])
    is_keepers = facts.judged_by(size).emitter_kind(act.emitter_id) in _KEEPERS
    found, named = act.agency_id, act.stream_key.removeprefix(_AGENCY)
    if is_keepers and named != act.stream_key and facts.agency_name(named, size) is not None:
        found = named
    if told.officer_agency is not None and (is_keepers or told.officer_agency == act.agency_id):
        found = told.officer_agency
    return None if facts.agency_name(found, size) is None else found


def _parts(item: StreamAct, known: _Known, state: ControlState) -> Iterator[tuple[Role, _Part]]:
    day = day_of(item.act.occurred_at)
    if item.event_type in _STANDING:
        yield Role("", _STANDING[item.event_type], 0), _Part("", "[]", day)
    in_force = state.rule_set_at(item.entry.received_at)
    reading = Reading(item, None, None, {})
    for rules, rule in known.rules:
        yield from _of_row(rule, rules.version, item, reading)
        if rules is in_force and rule.every is None:
            yield from _started(rule, rules.version, item, reading)


def _of_row(
    rule: DeadlineRule, version: str, item: StreamAct, reading: Reading
) -> Iterator[tuple[Role, _Part]]:
    day = day_of(item.act.occurred_at)
    if rule.every is not None and any(_is(it.ref, item, reading) for it in rule.starts):
        yield Role(rule.id, BASIS, 0), _Part(version, "[]", day)
    if any(_is(it, item, reading) for it in rule.cancels):
        yield Role(rule.id, CANCEL, 0), _Part(version, "[]", day)
    for one in rule.fulfils:
        if _is(one.ref, item, reading):
            key = agency_key(() if one.ref.is_for_all else reading.key(one.ref.key))
            yield Role(rule.id, FULFIL, one.part), _Part(version, key, day)


def _started(
    rule: DeadlineRule, version: str, item: StreamAct, reading: Reading
) -> Iterator[tuple[Role, _Part]]:
    start = next((it for it in rule.starts if _is(it.ref, item, reading)), None)
    term = None if start is None else term_by_act(rule, start, reading, {})
    if start is not None and term is not None:
        key = agency_key(reading.key(start.ref.key))
        yield Role(rule.id, START, 0), _Part(version, key, term.start_day)


def _is(ref: Ref, item: StreamAct, reading: Reading) -> bool:
    return item.event_type in ref.types and reading.fits(ref)

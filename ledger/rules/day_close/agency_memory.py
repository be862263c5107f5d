"""What is remembered of agencies between days, for the deadlines of theirs that run over all logs.

Read before: ``rule``, ``ledger/domain/deadline_rules.py``. Read next: ``agency_deadlines``.

One row an agency, a JSON object:

- ``powers``: 1 once an enforcement item or a power list of its own is on record;
- ``facts``: by event type and day, acts that may fulfil, cancel or begin something;
- ``open``: by row and place, what waits to be judged. The place of a recurring row is the last day
  of a period, with the version of the rule set of that day; of another the day from which it
  counts, with the acts that start it (version, then ``Ref``), the first received first;
- ``done``: by row and place, what was judged: null if it was missed, else what it was judged by;
- ``forgot``: the last day of which something was dropped, for the bounds below.

Beside it stand rows of ``agency_deadlines`` that say what of an agency waits, and what was judged
by which act, so that nobody has to look at all agencies to know.

Only what may matter is kept, and each part has a bound. What an act says is not kept: whoever
judges reads it in its stream, annulled or corrected by then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from ledger.domain.amendments import ANNULLED, CORRECTED
from ledger.domain.control import codec_of
from ledger.domain.control_records import RuleSet, day_of
from ledger.domain.deadline_rules import DeadlineRule, Ref, Start
from ledger.domain.stream import StreamAct
from ledger.errors import MalformedError
from ledger.rules.day_close.rule import DayAct, Row, Rows, about_agency
from ledger.rules.deadline_facts import Reading
from ledger.rules.deadline_start import term_by_act
from ledger.rules.deadlines import NOTHING

CHANGED: Final = "*changed"  # Key of the row that holds what the day annulled or corrected.
REGISTERED: Final = "AgencyRegistered"
REVOKED: Final = "AgencyQualificationRevoked"
POWERS: Final = frozenset({"EnforcementItemRegistered", "PowerListPublished"})
FACTS_A_DAY: Final = 4  # Of one type; more of them show nothing more unless all are annulled.
FACT_DAYS_MAX: Final = 64  # Of one type.
STARTS_A_DAY: Final = 4  # One deadline a day; the others stand in for one that is annulled.
OPEN_MAX: Final = 400  # Of one row.
DONE_MAX: Final = 64  # Of one row.
_KEEPERS: Final = ("SUPERVISOR", "PLATFORM")


class AgencyTypes(NamedTuple):
    """Acts that the rows of agencies speak of, in any published rule set."""

    facts: Mapping[str, tuple[Ref, ...]]  # By type: what fulfils, cancels, or begins for good.
    starts: frozenset[str]

    def speak_of(self, event_type: str) -> bool:
        """Tell whether acts of a type are looked at."""
        return event_type in self.facts or event_type in self.starts or event_type in POWERS


class AgencyMemory:
    """Takes acts into the rows of agencies; remembers nothing but what it parsed."""

    def __init__(self) -> None:
        self._known: tuple[tuple[RuleSet, ...], AgencyTypes] | None = None

    def take(self, act: DayAct, rows: Rows) -> None:
        """Take in the next act of the day."""
        kind = act.act.event_type
        types = self._types(act.control.rule_sets)
        if kind in (ANNULLED, CORRECTED):
            target = _payload(act).get("targetEventId")
            if isinstance(target, bytes):
                rows.open(CHANGED, list).append(target.hex())
        if kind == CORRECTED:
            self._take_corrected(act, types, rows)
        elif types.speak_of(kind):
            payload = _payload(act)
            agency_id = agency_of(act, kind, payload) if payload else None
            if agency_id is not None:
                _keep(act, kind, payload, types, rows.open(agency_id, new_row))

    def _take_corrected(self, act: DayAct, types: AgencyTypes, rows: Rows) -> None:
        """Keep a correction that makes an act one that may fulfil something."""
        payload = _payload(act)
        schema = act.control.schema_by_fingerprint.get(payload.get("payloadSchema", b""))
        if schema is None or schema.event_type not in types.facts:
            return
        try:
            said = codec_of(schema.text).decode(payload["payload"])
        except MalformedError:
            return
        agency_id = agency_of(act, schema.event_type, said)
        if agency_id is not None and _fits(act, said, types.facts[schema.event_type]):
            at = act.entry.received_at  # When the act happened that it corrects is not known here.
            _keep_fact(rows.open(agency_id, new_row), schema.event_type, at, [None, *act.ref()])

    def _types(self, rule_sets: tuple[RuleSet, ...]) -> AgencyTypes:
        if self._known is None or self._known[0] is not rule_sets:
            self._known = rule_sets, _types_of(rule_sets)
        return self._known[1]


def is_run(rule: DeadlineRule) -> bool:
    """Tell whether a row is run over all acts of an agency: a duty without pauses and the like."""
    is_plain = rule.kind == "DUTY" and not rule.is_backward and not rule.is_informational
    has_more = rule.extends or rule.pauses or rule.breaks or rule.after or rule.once
    is_whole = rule.every is not None or not rule.key  # The acts of a day are one deadline.
    is_by_act = all(it.deadline is None and not it.due_of for it in rule.starts)
    return rule.scope == "AGENCY" and is_plain and is_whole and not has_more and is_by_act


def rows_of(rules: RuleSet) -> Iterator[DeadlineRule]:
    """Yield the rows of a rule set that are run over all acts of an agency."""
    if rules.deadlines is not None:
        yield from (rule for rule in rules.deadlines.rules.values() if is_run(rule))


def new_row() -> Row:
    """Return the row of an agency of which nothing is known."""
    return {"powers": 0, "facts": {}, "open": {}, "done": {}, "forgot": None}


def agency_of(act: DayAct, kind: str, payload: Mapping[str, Any]) -> str | None:
    """Return the registered agency that an act is about; None if it is about none.

    Of a credential it is the officer's, if the agency itself or a keeper of the register says so.
    """
    if kind == REGISTERED:
        return str(payload["uscc"])
    officer, own = act.control.officers.get(act.act.aggregate_id), act.act.agency_id
    is_keepers = act.control.emitter_kind(act.act.emitter_id) in _KEEPERS
    found = about_agency(act)
    if officer is not None and (is_keepers or officer.agency_id == own):
        found = officer.agency_id
    return found if found in act.control.agencies else None


def bounded(held: dict[str, Any], places_max: int, row: Row) -> None:
    """Drop the earliest days beyond a bound, and note that something was dropped."""
    for place in sorted(held, key=int)[:-places_max]:
        del held[place]
        row["forgot"] = max(int(place), -(2**31) if row["forgot"] is None else row["forgot"])


def _types_of(rule_sets: tuple[RuleSet, ...]) -> AgencyTypes:
    facts: dict[str, list[Ref]] = {REGISTERED: [], REVOKED: []}
    starts: set[str] = set()
    for rule in (rule for rules in rule_sets for rule in rows_of(rules)):
        refs = [*(it.ref for it in rule.fulfils), *rule.cancels]
        if rule.every is not None:
            refs += [it.ref for it in rule.starts]
        else:
            starts.update(name for it in rule.starts for name in it.ref.types)
        for ref in refs:
            for name in ref.types:
                facts.setdefault(name, []).append(ref)
    return AgencyTypes({name: tuple(refs) for name, refs in facts.items()}, frozenset(starts))


def _payload(act: DayAct) -> Mapping[str, Any]:
    """Return what an act says; empty of the ledger's own, made before its schema was published."""
    kind = act.act.event_type, act.act.schema_version
    if act.payload or kind not in act.control.schemas:
        return act.payload
    said: Mapping[str, Any] = act.control.codec(*kind).decode(act.act.payload)
    return said


def _fits(act: DayAct, payload: Mapping[str, Any], refs: tuple[Ref, ...]) -> bool:
    reading = Reading(StreamAct(act.entry, act.act, payload), None, None, {})
    return not refs or any(reading.fits(ref) for ref in refs)


def _keep(act: DayAct, kind: str, payload: Mapping[str, Any], types: AgencyTypes, row: Row) -> None:
    if kind in POWERS:
        row["powers"] = 1
    if kind in types.facts and _fits(act, payload, types.facts[kind]):
        _keep_fact(row, kind, act.act.occurred_at, [act.act.occurred_at, *act.ref()])
    if kind in types.starts:
        _keep_start(act, payload, row)


def _keep_fact(row: Row, kind: str, at: int, fact: list[Any]) -> None:
    days = row["facts"].setdefault(kind, {})
    of_day = days.setdefault(str(day_of(at)), [])
    if len(of_day) < FACTS_A_DAY:
        of_day.append(fact)
        bounded(days, FACT_DAYS_MAX, row)


def _keep_start(act: DayAct, payload: Mapping[str, Any], row: Row) -> None:
    """Let the rows in force wait that an act starts; of one day each waits once."""
    rules = act.control.rule_set_at(act.entry.received_at)
    if rules is None or rules.deadlines is None:
        return
    reading = Reading(StreamAct(act.entry, act.act, payload), None, None, {})
    for use in rules.deadlines.by_type.get(act.act.event_type, NOTHING).starts:
        start = use.what
        assert isinstance(start, Start)
        if not is_run(use.rule) or use.rule.every is not None or not reading.fits(start.ref):
            continue
        term = term_by_act(use.rule, start, reading, {})
        if term is not None:
            _wait(row, use.rule.id, term.start_day, [rules.version, *act.ref()])


def _wait(row: Row, rule_id: str, day: int, start: list[Any]) -> None:
    place, waiting = str(day), row["open"].setdefault(rule_id, {})
    is_forgotten = row["forgot"] is not None and day <= row["forgot"]
    if is_forgotten or place in row["done"].get(rule_id, {}):
        return  # Judged with those of its day, or by acts that nobody remembers.
    if place not in waiting and len(waiting) >= OPEN_MAX:
        return
    of_day = waiting.setdefault(place, [])
    if len(of_day) < STARTS_A_DAY:
        of_day.append(start)

"""Whether an act must be published, as the platform itself says it: 公示义务判定.

Read before: ``ledger/domain/obligation.py``, docs/spec/derived.md.
Read next: ``consumers/supervise``.

行政处罚法 art. 48; 发改办财金〔2018〕424号: what is decided is public within working days of its
document's date, whether or not anybody begins to draft. Said once an act and channel, and once more
where a correction of the act makes the law say otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from ledger.chain.ids import alert_event_id, alert_id
from ledger.domain.amendments import ANNULLED, CORRECTED, Amendments
from ledger.domain.control import ControlState
from ledger.domain.control_records import CalendarYear, RuleSet, day_of
from ledger.domain.obligation import (
    PENALTY_DAYS,
    RESULTS,
    Channel,
    Obligation,
    PenaltyFacts,
    Result,
    assess_penalty,
    assess_result,
)
from ledger.domain.penalty_fields import penalties_of
from ledger.domain.stream import StreamAct, count_step
from ledger.rules.calendar import add_working_days, calendar_version
from ledger.rules.deadline_start import is_day
from ledger.rules.review_lapses import DERIVED_ACTS

ASSESSED: Final = "DisclosureObligationAssessed"
# Lists of a rule set: what the platform judges by itself, and for which channels.
ACTS_LIST: Final = "assessed_acts"
CHANNELS_LIST: Final = "assessed_channels"
PENALTIES: Final = frozenset({"PenaltyDecisionMade", "OnSitePenaltyDecided"})
_SUMMARY: Final = "OnSitePenaltyDecided"
_DRAWN: Final = "RandomDrawConducted"
_INSPECTED: Final = "InspectionRecordMade"
_LOOKED_AT: Final = PENALTIES | RESULTS.keys() | {_DRAWN, ASSESSED, ANNULLED, CORRECTED}

_Place = tuple[bytes, str]  # Event id of the act, and channel.


class Duty(NamedTuple):
    """What the law says of one act on one channel.

    Attributes:
        duty_id: 64 hex digits, made as the id of an alert.
        payload: Of ``DisclosureObligationAssessed``.
        trigger: The act with which it came to be known: the source itself, or its correction.
    """

    duty_id: str
    payload: Mapping[str, Any]
    trigger: StreamAct

    @property
    def event_id(self) -> bytes:
        """Of the act that says so: 16 bytes."""
        return alert_event_id(self.duty_id)

    @property
    def source_event_id(self) -> bytes:
        """The act that must be published, or must not."""
        found: bytes = self.payload["sourceEventId"]
        return found

    @property
    def channel(self) -> str:
        """Where."""
        return str(self.payload["channel"])

    @property
    def result(self) -> str:
        """MUST, MAY_WITHHOLD or MUST_NOT."""
        return str(self.payload["result"])


class DisclosureDuties:
    """What was said of the acts of one stream.

    Args:
        origin: Origin of its log.
    """

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._owner: str | None = None
        self._amendments = Amendments()
        self._said: dict[_Place, Mapping[str, Any]] = {}  # Payload of what was said last.
        self._draws: set[bytes] = set()  # Random draws (随机抽查) that count.

    def take_in(self, item: StreamAct, control: ControlState) -> list[Duty]:
        """Take in the next act; return what follows from it, by the rule set's channels.

        Args:
            item: The act.
            control: The control log at the entry's ``controlSize``; rule sets, calendar and
                emitters of it are asked for.
        """
        does_count, self._owner = count_step(item, self._owner, control, self._origin)
        if not does_count or item.event_type not in _LOOKED_AT:
            return []
        is_void = self._amendments.is_void(item)
        changed = self._amendments.take(item, control)
        if changed is not None and changed.item is None:
            self._draws.discard(changed.event_id)
        if item.event_type == _DRAWN and not is_void:
            self._draws.add(item.act.event_id)
        elif item.event_type == ASSESSED and not is_void:
            place = item.payload["sourceEventId"], item.payload["channel"]
            self._said.setdefault(place, item.payload)
        elif changed is not None and changed.item is not None:
            return list(self._new(changed.item, item, control))
        return [] if is_void else list(self._new(item, item, control))

    def _new(self, source: StreamAct, trigger: StreamAct, control: ControlState) -> Iterator[Duty]:
        rules = control.rule_set_at(trigger.entry.received_at)
        if rules is None or ASSESSED not in rules.lists.get(DERIVED_ACTS, ()):
            return
        is_by_draw = source.event_type != _INSPECTED or bool(self._draws)
        if source.event_type not in rules.lists.get(ACTS_LIST, ()) or not is_by_draw:
            return  # Of inspections, what is public is the result of a random one.
        for channel in rules.lists.get(CHANNELS_LIST, ()):
            payload = assessed_payload(source, channel, rules, control.calendar)
            place = source.act.event_id, channel
            if payload is None or not _is_news(self._said.get(place), payload):
                continue
            self._said[place] = payload
            leaf = f"{self._origin}#{trigger.entry.leaf_index}"
            duty_id = alert_id(ASSESSED, f"{place[0].hex()}:{channel}", leaf)
            yield Duty(duty_id, payload, trigger)


def _is_news(said: Mapping[str, Any] | None, payload: Mapping[str, Any]) -> bool:
    names = ("result", "creditClass", "dueDate")
    return said is None or any(said[name] != payload[name] for name in names)


def duties_of(
    acts: Iterable[StreamAct], origin: str, control_at: Callable[[int], ControlState]
) -> list[Duty]:
    """Return all that follows from the acts of a stream.

    Args:
        acts: All acts of the stream, in order.
        origin: Origin of its log.
        control_at: Gives the control log at a ``controlSize``.
    """
    fold = DisclosureDuties(origin)
    return [it for one in acts for it in fold.take_in(one, control_at(one.entry.control_size))]


def assessed_payload(
    source: StreamAct, channel: str, rules: RuleSet, calendar: Mapping[int, CalendarYear]
) -> dict[str, Any] | None:
    """Return the payload of the act that judges another for a channel; None: no row speaks of it.

    Args:
        source: What may have to be published.
        channel: One of ``Channel``; of another one nothing is said.
        rules: By which it is judged.
        calendar: Working days by year.
    """
    obligation = _obligation(source, channel) if channel in set(Channel) else None
    if obligation is None:
        return None
    row, due = RESULTS.get(source.event_type), None
    days = PENALTY_DAYS if row is None else row.days
    if obligation.result == Result.MUST and days is not None:
        due = add_working_days(_made_on(source), rules.numbers[days], calendar).day
    credit = obligation.credit_class
    return {
        "sourceEventId": source.act.event_id,
        "channel": channel,
        "result": str(obligation.result),
        "creditClass": None if credit is None else str(credit),
        "dueDate": due,
        "ruleIds": list(obligation.rule_ids),
        "ruleSetVersion": rules.version,
        "calendarVersion": None if due is None else calendar_version(due, calendar),
    }


def _obligation(source: StreamAct, channel: str) -> Obligation | None:
    if source.event_type in PENALTIES:
        return assess_penalty(penalty_facts(source), Channel(channel))
    row, payload = RESULTS.get(source.event_type), source.payload
    party = payload.get("party") or payload.get("object")
    return None if row is None else assess_result(row, Channel(channel), party)


def _made_on(source: StreamAct) -> int:
    """Return the day from which the limit runs, as in rows D-DIS-01 to D-DIS-03."""
    row = RESULTS.get(source.event_type)
    said = source.payload["doc" if row is None else row.made_at]
    day = said["docDate"] if isinstance(said, Mapping) else day_of(said)
    return day if is_day(day) else day_of(source.act.occurred_at)


def penalty_facts(decision: StreamAct) -> PenaltyFacts:
    """Return what the duty to disclose a penalty rests on."""
    party = decision.payload["party"]
    kinds = frozenset(str(item["kind"]) for item in penalties_of(decision.payload))
    is_summary = decision.event_type == _SUMMARY
    return PenaltyFacts(party["partyType"], party["ageBand"], kinds, is_summary)

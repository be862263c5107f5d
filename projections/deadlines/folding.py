"""The deadlines of streams in memory, and how those of one that is not there are made again.

Read before: ``ledger/rules/deadlines.py``, ``view``. Read next: ``projection``.

A stream in memory stands after some version. Where the rows stand elsewhere, because the process
was started anew, a batch was given up or the stream was dropped, its acts are read back and taken
in again. Only acts that a rule set speaks of are kept: what else comes lets time pass, which is
told by the newest entry, and by a line without an act where what is counted by changed after it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final, NamedTuple

from ledger.chain.act import decode_act
from ledger.chain.entry import Entry
from ledger.domain.amendments import ANNULLED, CORRECTED, Amended, Amendments
from ledger.domain.control import ControlState
from ledger.domain.control_records import RuleSet
from ledger.domain.deadline_rules import DeadlineRules
from ledger.domain.projection import CONTROL_LOG, ControlReader
from ledger.domain.stream import OWNER_TYPES, StreamAct, count_step
from ledger.rules.deadline_corrections import AmendableDeadlines
from ledger.rules.deadline_instance import Deadline
from ledger.rules.deadline_terms import terms_at
from ledger.rules.deadlines import Terms
from projections.deadlines.agency_acts import OFFICER, Told
from projections.tables import StreamKey

# Of the acts of all streams in memory; decoded they take ten times as much.
ACTS_SIZE_BYTES_MAX: Final = 8 * 1024 * 1024
STREAMS_MAX: Final = 20_000
# Who owns the stream from then on, which acts count and how, and whose an officer is.
_ALWAYS: Final = frozenset({*OWNER_TYPES, ANNULLED, CORRECTED, OFFICER})


class Moment(NamedTuple):
    """When an entry came, and what of the control log it was judged against."""

    received_at: int
    control_size: int


class KnownStream:
    """One stream after ``version`` entries, whose kept acts have ``size_bytes`` together.

    Args:
        log: Name of its log.
        agency_id: Whose its first act is.
    """

    def __init__(self, log: str, agency_id: str) -> None:
        self.version = 0
        self.size_bytes = 0
        self._log = log
        self._owner = agency_id
        self._amendments = Amendments()
        self._engine = AmendableDeadlines()
        self._officer_agency: str | None = None
        self._told: list[Told] = []

    def take(self, act: bytes, moment: Moment, facts: ControlReader) -> None:
        """Take in an act that a rule set speaks of; one that does not count lets time pass."""
        self.size_bytes += len(act)
        item = _opened(act, moment, facts)
        if (
            item is None
            or not self._does_count(item, facts)
            or self._amendments.is_without_effect(item)
        ):
            self.pass_time(moment, facts)
            return
        state = facts.judged_by(moment.control_size)
        changed = self._amendments.take(item, state)
        self._tell(item, changed)
        terms = terms_at(state, moment.received_at, item.act)
        if terms is not None:
            self._engine.apply(item, terms)
            self._engine.amend(changed, item, terms)

    def pass_time(self, moment: Moment, facts: ControlReader) -> None:
        """Let the ledger's time pass up to an entry."""
        terms = passing_terms(moment, facts)
        if terms is not None:
            self._engine.advance(moment.received_at, terms)

    def take_changed(self) -> list[Deadline]:
        """Return the deadlines that may stand otherwise than when this was last asked."""
        return self._engine.take_changed()

    def take_told(self) -> list[Told]:
        """Return the acts that count otherwise than when this was last asked."""
        told, self._told = self._told, []
        return told

    def _tell(self, item: StreamAct, changed: Amended | None) -> None:
        if item.event_type == OFFICER:
            self._officer_agency = item.payload["agencyId"]
        self._told.append(Told(item.act.event_id, item, self._officer_agency))
        if changed is not None:
            self._told.append(Told(changed.event_id, changed.item, self._officer_agency))

    def _does_count(self, item: StreamAct, facts: ControlReader) -> bool:
        state = facts.judged_by(item.entry.control_size)
        does_count, self._owner = count_step(item, self._owner, state, _origin(state, self._log))
        return does_count


class KnownStreams:
    """Streams by log and id, those least lately needed dropped first; not thread-safe.

    One that is too large to be among the others has a place of its own: to take in an entry, it has
    to be in memory anyway, and its next entry shall not make it again from its first.

    Args:
        size_bytes_max: Acts of all streams but that one; 0: nothing is remembered.
    """

    def __init__(self, size_bytes_max: int = ACTS_SIZE_BYTES_MAX) -> None:
        self._size_bytes_max = size_bytes_max
        self._size_bytes = 0
        self._streams: OrderedDict[StreamKey, KnownStream] = OrderedDict()
        self._large: dict[StreamKey, KnownStream] = {}  # One at most.

    def take_out(self, key: StreamKey, version: int) -> KnownStream | None:
        """Return a stream if it stands after ``version`` entries; it is forgotten here."""
        stream = self._large.pop(key, None)
        if stream is None and (stream := self._streams.pop(key, None)) is not None:
            self._size_bytes -= stream.size_bytes
        return stream if stream is not None and stream.version == version else None

    def keep(self, key: StreamKey, stream: KnownStream) -> None:
        """Remember a stream, and forget others if they become too many or too large."""
        if stream.size_bytes > self._size_bytes_max:
            self._large = {key: stream} if self._size_bytes_max else {}
            return
        self._streams[key] = stream
        self._size_bytes += stream.size_bytes
        while self._size_bytes > self._size_bytes_max or len(self._streams) > STREAMS_MAX:
            _, dropped = self._streams.popitem(last=False)
            self._size_bytes -= dropped.size_bytes


class Spoken:
    """Which event types published rule sets speak of in their deadlines."""

    def __init__(self) -> None:
        self._types: dict[int, tuple[DeadlineRules, frozenset[str]]] = {}

    def of(self, event_type: str, rule_sets: Iterable[RuleSet]) -> bool:
        """Tell whether an act of this type can mean anything to a deadline."""
        if event_type in _ALWAYS:
            return True
        found = (rules.deadlines for rules in rule_sets if rules.deadlines is not None)
        return any(event_type in self._of_rules(rules) for rules in found)

    def _of_rules(self, rules: DeadlineRules) -> frozenset[str]:
        # The rules are kept beside their types, so no other object can get their identity.
        if id(rules) not in self._types:
            named = frozenset() if rules.annulment is None else frozenset({rules.annulment[0]})
            types = named.union(rules.by_type, rules.sources, rules.refers, rules.kept)
            self._types[id(rules)] = rules, types
        return self._types[id(rules)][1]


def passing_terms(moment: Moment, facts: ControlReader) -> Terms | None:
    """Return what is counted by when time passes without an act of the stream."""
    return terms_at(facts.judged_by(moment.control_size), moment.received_at)


def is_same(one: Terms | None, other: Terms | None) -> bool:
    """Tell whether passing time means the same under both."""
    if one is None or other is None:
        return one is other
    is_calendar = one.calendar is other.calendar or one.calendar == other.calendar
    return is_calendar and one.version == other.version


def _opened(act: bytes, moment: Moment, facts: ControlReader) -> StreamAct | None:
    """Return an act decoded; None for the ledger's own, made before its schema was published."""
    value = decode_act(act)
    if not facts.is_published(value.event_type, value.schema_version, moment.control_size):
        return None
    payload = facts.codec(value.event_type, value.schema_version).decode(value.payload)
    # Of the entry the engine asks for its time only.
    entry = Entry(0, value.stream_key, 0, b"", *moment, 0, None, b"", act)
    return StreamAct(entry, value, payload)


def _origin(state: ControlState, log: str) -> str:
    """Return the origin of a log: the emitter of what the ledger itself made."""
    assert state.ledger is not None
    name = state.ledger.name
    return f"{name}/control" if log == CONTROL_LOG else f"{name}/log/{log}"

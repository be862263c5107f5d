"""What a day-close rule is: what it remembers of acts, and what it finds when a day is over.

Read before: ``ledger/rules/violations/rule.py``, docs/spec/derived.md. Read next: ``closing``, and
any module of rules beside it.

Such a rule sees the acts of all logs in one order, takes from each what it needs into its rows, and
is asked once a day. Its rows are JSON and small: by emitter, agency, officer or open duty, as each
module says. A day looks at rows by key and at those that wait for something, and at all of a rule
at the end of a month at the most: so it costs what came in it, and not what the ledger holds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

from ledger.chain.act import Act
from ledger.chain.digests import sha256_digest
from ledger.chain.entry import Entry
from ledger.domain.amendments import CORRECTED
from ledger.domain.control import ControlState, codec_of
from ledger.domain.control_records import RuleSet
from ledger.domain.stream import StreamAct
from ledger.errors import MalformedError
from ledger.rules.calendar import end_of_day

Row: TypeAlias = Any  # A JSON value; that of an act is made by ``ref_of``.
Place: TypeAlias = tuple[str, int]  # Log and leaf index of an act.
CAUSES_MAX: Final = 64
# An act may be received that much before it says it happened (R7, docs/spec/intake.md).
EARLY_MICROS: Final = 5 * 60 * 1_000_000
_KEY_SIZE: Final = 32  # Hex digits.
_AGENCY: Final = "agency:"
_KEEPERS: Final = ("SUPERVISOR", "PLATFORM")


class Ref(NamedTuple):
    """An act, as rows remember it."""

    log: str
    leaf_index: int
    event_id: str  # 32 hex digits.
    received_at: int
    stream_id: str
    agency_id: str
    case_id: str | None
    item_code: str | None

    @property
    def event(self) -> bytes:
        """The event id, 16 bytes."""
        return bytes.fromhex(self.event_id)


class Person(NamedTuple):
    """A party as a matter names it: the same person has another name in every matter."""

    log: str
    stream_id: str
    party_id: str


# Yields, for each person among the parties, all parties of any matter that are the same one; each
# to be read before the next.
SamePersons: TypeAlias = Callable[[Sequence[Person]], Iterable[Iterable[Person]]]


class DayAct(NamedTuple):
    """One act of any log."""

    log: str
    entry: Entry
    act: Act
    payload: Mapping[str, Any]  # Empty where no rule asked for acts of this type.
    control: ControlState  # At the entry's ``controlSize``.

    def ref(self) -> list[Any]:
        """Return what a row remembers of it; ``Ref(*row)`` is the act again."""
        act, entry = self.act, self.entry
        return [
            self.log,
            entry.leaf_index,
            act.event_id.hex(),
            entry.received_at,
            entry.stream_id,
            act.agency_id,
            act.case_id,
            act.item_code,
        ]


def told(act: DayAct, event_types: Collection[str]) -> Mapping[str, Any] | None:
    """Return what an act says if it is of these types, or corrects one to what it should say."""
    if act.act.event_type in event_types:
        return act.payload
    if act.act.event_type != CORRECTED:
        return None
    schema = act.control.schema_by_fingerprint.get(act.payload["payloadSchema"])
    if schema is None or schema.event_type not in event_types:
        return None
    codec = codec_of(schema.text)
    try:
        payload = codec.decode(act.payload["payload"])
    except MalformedError:
        return None
    return payload if codec.pattern_fault(payload) is None else None


def about_agency(act: DayAct) -> str:
    """Return the agency that an act is about: its own, or that in whose stream others may write.

    Whoever keeps the register speaks in the agency's stream and names itself as the act's agency.
    """
    stream_id, own = act.entry.stream_id, act.act.agency_id
    named = stream_id.removeprefix(_AGENCY)
    if stream_id == named or named not in act.control.agencies:
        return own  # What is no registered agency no alert can be about.
    return named if act.control.emitter_kind(act.act.emitter_id) in _KEEPERS else own


class DayFinding(NamedTuple):
    """What a rule found.

    Attributes:
        subject: What broke it, an identifier; with rule and trigger it makes the alert's id.
        trigger: The act at which it turned true, or on which the duty rests that nobody did.
        causes: Event ids of the acts that show it besides the trigger.
        severity: Where it depends on the facts; None: as the rule set says.
        stream_id: Where the alert lies; None: in the trigger's stream.
        agency_id: Whom it is about; None: the trigger's agency.
        at: Since when it is so, microseconds UTC; None: since the trigger was received.
        is_by_vault: Whether only the vault's index tells that persons in it are the same.
    """

    subject: str
    trigger: Ref
    causes: tuple[bytes, ...] = ()
    severity: str | None = None
    stream_id: str | None = None
    agency_id: str | None = None
    at: int | None = None
    is_by_vault: bool = False


def key_of(text: str) -> str:
    """Return the part of a row's key that stands for a text of an act, whatever is in it."""
    return sha256_digest(text.encode()).removeprefix("sha256:")[:_KEY_SIZE]


class RowBase(Protocol):
    """What one rule remembered at an earlier moment; a row that it gives is not to be changed."""

    def get(self, key: str, /) -> Row | None:
        """Return a row. Raises UnavailableError."""
        ...

    def items(self, start: str = "", /) -> Iterator[tuple[str, Row]]:
        """Yield the rows whose keys begin so, ascending by key. Raises UnavailableError."""
        ...


class Rows:
    """What one rule remembers; changes are kept apart until they are taken over.

    Args:
        base: Rows as they were; not changed.
    """

    def __init__(self, base: RowBase) -> None:
        self._base = base
        self.changes: dict[str, Row | None] = {}  # None: gone.

    def get(self, key: str) -> Row | None:
        """Return a row to look at."""
        return self.changes[key] if key in self.changes else self._base.get(key)

    def open(self, key: str, make: Callable[[], Row]) -> Row:
        """Return a row to change; ``make`` makes one that is not there."""
        if self.changes.get(key) is None:
            held = None if key in self.changes else self._base.get(key)
            self.changes[key] = make() if held is None else deepcopy(held)
        return self.changes[key]

    def put(self, key: str, row: Row) -> None:
        """Put a row in the place of whatever was there."""
        self.changes[key] = row

    def drop(self, key: str) -> None:
        """Forget a row."""
        self.changes[key] = None

    def touched(self) -> Iterator[tuple[str, Row]]:
        """Yield the rows that were changed this day, ascending by key; as ``items``."""
        for key in sorted(self.changes):
            row = self.changes[key]
            if row is not None:
                yield key, row

    def items(self, start: str = "") -> Iterator[tuple[str, Row]]:
        """Yield keys and rows, ascending by key; rows may be changed and dropped meanwhile.

        Args:
            start: How the keys begin.
        """
        own = ((key, None) for key in sorted(self.changes) if key.startswith(start))
        merged = merge(self._base.items(start), own, key=itemgetter(0))
        for key, same in groupby(merged, key=itemgetter(0)):
            row = next(same)[1]
            current = self.changes.get(key, row)
            if current is not None:
                yield key, current


class Day(NamedTuple):
    """A day that is over in every log.

    Attributes:
        number: Days since 1970-01-01 in Shanghai.
        control: The control log as it stood at the end of the day.
        rules: The rule set in force on that day.
        stream: Returns the acts of the stream of an act that count by the end of the day: its
            agency's, not annulled (docs/spec/gates.md). Reads it; for what looks wrong only.
        acts: Returns acts by log and leaf index, without payloads. Reads each; for what was
            learnt late.
        same_persons: Asks the vault's index; of parties whose numbers it has by the end of the day.
    """

    number: int
    control: ControlState
    rules: RuleSet
    stream: Callable[[Ref], Sequence[StreamAct]]
    acts: Callable[[Iterable[Place]], Iterator[DayAct]]
    same_persons: SamePersons

    @property
    def start(self) -> int:
        """Its first instant, microseconds UTC."""
        return end_of_day(self.number - 1)

    @property
    def cut(self) -> int:
        """The first instant after it, microseconds UTC."""
        return end_of_day(self.number)

    def current(self, ref: Ref) -> StreamAct | None:
        """Return an act as it reads by the end of the day, None if it does not count.

        Of a correction: the act that it corrects (docs/spec/corrections.md).
        """
        acts = {item.act.event_id: item for item in self.stream(ref)}
        found = acts.get(ref.event)
        if found is not None and found.event_type == CORRECTED:
            return acts.get(found.payload["targetEventId"])
        return found

    def counts(self, ref: Ref) -> bool:
        """Tell whether an act counts in its stream by the end of the day."""
        return any(item.act.event_id == ref.event for item in self.stream(ref))


class DayRule(Protocol):
    """One rule; keeps nothing of its own."""

    @property
    def rule_id(self) -> str:
        """Id of the rule."""
        ...

    @property
    def event_types(self) -> frozenset[str] | None:
        """Types of the acts that it takes in; None: all, without their payloads."""
        ...

    def take(self, act: DayAct, rows: Rows) -> None:
        """Take in the next act of the day."""
        ...

    def close(self, day: Day, rows: Rows) -> Iterable[DayFinding]:
        """Return what is found at the end of a day, and forget what is not needed any more."""
        ...

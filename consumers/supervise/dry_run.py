"""Derive everything again from nothing, and compare it with what the ledger holds.

Read before: ``judging``. Read next: ``portal/programs/alerts.py``.

The derived acts of a ledger follow from its entries, so whoever has the entries can say which must
be there and that there is no other. Such an act comes after the entry that it follows from, so what
is kept in memory is what has not come yet, and when to look at which stream. Only alerts of the
rules that are judged here are compared; nothing is sent and nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from consumers.supervise.derived import ALERT_RAISED, deadline_of, is_by_engine, raised_alert
from consumers.supervise.judging import Derived, Expiry, Judging
from ledger.chain.act import EVENT_ID, decode_act
from ledger.chain.entry import Entry, decode_entry
from ledger.chain.ids import uuid_text
from ledger.domain.disclosure import EXPIRED
from ledger.domain.projection import CONTROL_LOG, EntrySource, act_type
from ledger.domain.review import INVALIDATED
from ledger.rules.deadline_missed import MISSED_TYPE
from ledger.rules.disclosure_duties import ASSESSED, Duty
from ledger.rules.review_lapses import Lapse

PAGE_ENTRIES: Final = 2_000


class Compared(NamedTuple):
    """Acts of one type; each as ``Derived.id``, ascending.

    Attributes:
        derived: How many follow from the entries.
        missing: Those that follow from entries that the engine is done with, and are not there.
        pending: How many follow from newer ones and are not there yet.
        different: Those that are there with other bytes.
        surplus: Those that are there and do not follow from the entries.
        others: How many alerts are of rules that were not judged here.
    """

    derived: int
    missing: list[str]
    pending: int
    different: list[str]
    surplus: list[str]
    others: int


class DryRun(NamedTuple):
    """What came of it.

    Attributes:
        entries: How many entries were judged.
        alerts: The alerts, compared.
        deadlines: What says that a deadline was missed, compared.
        reviews: What says that a legal review lapsed, compared.
        disclosures: What says that a disclosure ended on its last day, compared.
        duties: What says of an act, by itself, whether it must be published, compared.
    """

    entries: int
    alerts: Compared
    deadlines: Compared
    reviews: Compared
    disclosures: Compared
    duties: Compared

    @property
    def is_sound(self) -> bool:
        """Tell whether every act that is there is what follows from the entries."""
        return not any(it.different or it.surplus for it in self.compared)

    @property
    def is_complete(self) -> bool:
        """Tell whether every act is there that should be."""
        return not any(it.missing for it in self.compared)

    @property
    def compared(self) -> tuple[Compared, ...]:
        """Return what came of each type."""
        return (self.alerts, self.deadlines, self.reviews, self.disclosures, self.duties)


class _Expected(NamedTuple):
    """One act that follows from an entry."""

    id: str
    value: bytes
    is_due: bool  # The engine is done with its entry.


class _Comparison:
    """Compares the acts of one type as they come."""

    def __init__(self) -> None:
        self._expected: dict[bytes, _Expected] = {}
        self._different: list[str] = []
        self._surplus: list[str] = []
        self._derived = 0
        self.others = 0

    def expect(self, one: Derived, *, is_due: bool) -> None:
        """Note an act that must come."""
        self._derived += 1
        self._expected[one.act.value[EVENT_ID]] = _Expected(one.id, one.act.value, is_due)

    def meet(self, act_id: str, value: bytes) -> None:
        """Hold an act that is there against those that must come."""
        follows = self._expected.pop(value[EVENT_ID], None)
        if follows is None:
            self._surplus.append(act_id)
        elif follows.value != value:
            self._different.append(act_id)

    def result(self) -> Compared:
        """Return what came of it."""
        left = self._expected.values()
        return Compared(
            derived=self._derived,
            missing=sorted(one.id for one in left if one.is_due),
            pending=sum(not one.is_due for one in left),
            different=sorted(self._different),
            surplus=sorted(self._surplus),
            others=self.others,
        )


def dry_run(
    source: EntrySource,
    judging: Judging,
    rule_ids: Collection[str],
    done: Mapping[str, int],
    observe: Callable[[int], None] = lambda _: None,
    of_days: Iterable[tuple[Derived, bool]] = (),
) -> DryRun:
    """Judge a ledger from its first entries on, and compare.

    Args:
        source: Where promised entries are read.
        judging: With nothing in memory yet.
        rule_ids: The rules that it judges.
        done: How many entries of each log the engine is done with.
        observe: Is told how many entries were judged so far.
        of_days: What follows from days that are over, and whether the engine is done with them.

    Raises:
        LedgerError: As ``Judging.derive`` and ``EntrySource.read``.
    """
    types = _Types(*(_Comparison() for _ in _Types._fields))
    # Before the entries: nothing of it may be met before it is known.
    for one, is_due in of_days:
        types.of(one).expect(one, is_due=is_due)
    count = 0
    for log, entry in read_all(source):
        for one in judging.derive(log, entry):
            types.of(one).expect(one, is_due=entry.leaf_index < done.get(log, 0))
        _meet(entry, rule_ids, types)
        count += 1
        if count % PAGE_ENTRIES == 0:
            observe(count)
    return DryRun(count, *(one.result() for one in types))


class _Types(NamedTuple):
    """The comparison of each type."""

    alerts: _Comparison
    deadlines: _Comparison
    reviews: _Comparison
    disclosures: _Comparison
    duties: _Comparison

    def of(self, one: Derived) -> _Comparison:
        """Return where an act is compared."""
        if isinstance(one.found, Lapse):
            return self.reviews
        if isinstance(one.found, Expiry):
            return self.disclosures
        if isinstance(one.found, Duty):
            return self.duties
        return self.alerts if one.is_alert else self.deadlines


def _meet(entry: Entry, rule_ids: Collection[str], types: _Types) -> None:
    event_type = act_type(entry.act)[0]
    if event_type == MISSED_TYPE:
        types.deadlines.meet(deadline_of(decode_act(entry.act)), entry.act)
    elif event_type == INVALIDATED:
        types.reviews.meet(uuid_text(entry.act[EVENT_ID]), entry.act)
    elif event_type == EXPIRED and is_by_engine(act := decode_act(entry.act)):
        types.disclosures.meet(uuid_text(act.event_id), entry.act)
    elif event_type == ASSESSED:
        if decode_act(entry.act).causation_id is not None:  # Else of an order, for another channel.
            types.duties.meet(uuid_text(entry.act[EVENT_ID]), entry.act)
    elif event_type == ALERT_RAISED:
        raised = raised_alert(decode_act(entry.act))
        if raised.rule_id in rule_ids:
            types.alerts.meet(raised.alert_id, entry.act)
        else:
            types.alerts.others += 1


def read_all(source: EntrySource) -> Iterator[tuple[str, Entry]]:
    """Yield the promised entries of all logs, the control log's first, each log in its order."""
    sizes = dict(source.sizes())
    for log in sorted(sizes, key=lambda name: (name != CONTROL_LOG, name)):
        start = 0
        while start < sizes[log]:
            page = source.read(log, start, min(PAGE_ENTRIES, sizes[log] - start), None)
            for stored in page.entries:
                yield log, decode_entry(stored.data)
            start = page.end

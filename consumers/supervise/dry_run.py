"""Derive everything again from nothing, and compare it with what the ledger holds.

Read before: ``judging``. Read next: ``portal/programs/alerts.py``.

The alerts of a ledger follow from its entries, so whoever has the entries can say which alerts must
be there and that there is no other. An alert comes after the entry that it follows from, so what is
kept in memory is what has not come yet. Only alerts of the rules that are judged here are compared;
nothing is sent and nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final, NamedTuple

from consumers.supervise.derived import ALERT_RAISED, raised_alert
from consumers.supervise.judging import Judging
from ledger.chain.act import EVENT_ID, decode_act
from ledger.chain.entry import Entry, decode_entry
from ledger.domain.projection import CONTROL_LOG, EntrySource, act_type

PAGE_ENTRIES: Final = 2_000


class DryRun(NamedTuple):
    """What came of it; each alert as its id, 64 hex digits, ascending.

    Attributes:
        entries: How many entries were judged.
        derived: How many alerts follow from them.
        missing: Alerts that follow from entries that the engine is done with, and are not there.
        pending: How many follow from newer ones and are not there yet.
        different: Alerts that are there with other bytes.
        surplus: Alerts that are there and do not follow from the entries.
        others: How many alerts are of rules that were not judged here.
    """

    entries: int
    derived: int
    missing: list[str]
    pending: int
    different: list[str]
    surplus: list[str]
    others: int

    @property
    def is_sound(self) -> bool:
        """Tell whether every alert that is there is what follows from the entries."""
        return not self.different and not self.surplus

    @property
    def is_complete(self) -> bool:
        """Tell whether every alert is there that should be."""
        return not self.missing


class Expected(NamedTuple):
    """One alert that follows from an entry."""

    alert_id: str
    value: bytes  # The act.
    is_due: bool  # The engine is done with its entry.


def dry_run(
    source: EntrySource,
    judging: Judging,
    rule_ids: Collection[str],
    done: Mapping[str, int],
    observe: Callable[[int], None] = lambda _: None,
) -> DryRun:
    """Judge a ledger from its first entries on, and compare.

    Args:
        source: Where promised entries are read.
        judging: With nothing in memory yet.
        rule_ids: The rules that it judges.
        done: How many entries of each log the engine is done with.
        observe: Is told how many entries were judged so far.

    Raises:
        LedgerError: As ``Judging.derive`` and ``EntrySource.read``.
    """
    expected: dict[bytes, Expected] = {}
    different: list[str] = []
    surplus: list[str] = []
    count = derived = others = 0
    for log, entry in _entries(source):
        for one in judging.derive(log, entry):
            is_due = entry.leaf_index < done.get(log, 0)
            expected[one.act.value[EVENT_ID]] = Expected(one.alert.alert_id, one.act.value, is_due)
            derived += 1
        if act_type(entry.act)[0] == ALERT_RAISED:
            raised = raised_alert(decode_act(entry.act))
            if raised.rule_id not in rule_ids:
                others += 1
            elif (follows := expected.pop(entry.act[EVENT_ID], None)) is None:
                surplus.append(raised.alert_id)
            elif follows.value != entry.act:
                different.append(raised.alert_id)
        count += 1
        if count % PAGE_ENTRIES == 0:
            observe(count)
    return DryRun(
        entries=count,
        derived=derived,
        missing=sorted(one.alert_id for one in expected.values() if one.is_due),
        pending=sum(not one.is_due for one in expected.values()),
        different=sorted(different),
        surplus=sorted(surplus),
        others=others,
    )


def _entries(source: EntrySource) -> Iterator[tuple[str, Entry]]:
    """Yield the promised entries of all logs, the control log's first, each log in its order."""
    sizes = dict(source.sizes())
    for log in sorted(sizes, key=lambda name: (name != CONTROL_LOG, name)):
        start = 0
        while start < sizes[log]:
            page = source.read(log, start, min(PAGE_ENTRIES, sizes[log] - start), None)
            for stored in page.entries:
                yield log, decode_entry(stored.data)
            start = page.end

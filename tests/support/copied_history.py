"""A generated history again and again, each time in new streams: a ledger of any size.

Read before: ``history_copy``. A copy follows the one before it, so as many cases are open at a time
in a large ledger as in a small one, and the acts at the end of each are the same: what differs is
how much came before. Times pass by a millisecond an entry; no deadline ends meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator

from consumers.supervise.judging import Judging
from ledger.chain.act import Act, decode_act, encode_act
from ledger.chain.entry import Entry, decode_entry
from ledger.chain.own_acts import is_own_stream
from ledger.rules.violations.book import BOOK
from tests.support.history_copy import HistoryCopy
from tests.support.ledger_copy import PLATFORM, MemorySource
from tests.support.platform import LOG
from tests.support.supervision import memory_matters

STEP_MICROS = 1_000


class CopiedHistory:
    """The entries of a history's cases, as often as wanted.

    Args:
        cases: Cases of the history.
        seed: Of its generator.
    """

    def __init__(self, cases: int, seed: int) -> None:
        self._ledger = HistoryCopy(cases, seed).ledger
        entries = [decode_entry(data) for data in self._ledger.logs[LOG]]
        self._entries = [it for it in entries if not is_own_stream(it.stream_id)]
        self._start = max(it.received_at for it in self._entries)
        self._control_size = max(it.control_size for it in self._entries)

    @property
    def size(self) -> int:
        """Entries of one copy."""
        return len(self._entries)

    def judging(self) -> Judging:
        """Return what judges the entries, with nothing in memory."""
        matters = memory_matters(MemorySource(self._ledger.logs), book=BOOK)
        return Judging(matters, PLATFORM.name)

    def entries(self, count: int, start: int = 0) -> Iterator[Entry]:
        """Yield the first ``count`` entries of the endless ledger from ``start`` on."""
        for index in range(start, start + count):
            copy, place = divmod(index, self.size)
            yield self._copied(self._entries[place], copy, index)

    def acts_of_one_stream(self, count: int) -> list[Entry]:
        """Return entries of a single long case: acts of all cases, by their first agency."""
        stream, agency = "case:long", decode_act(self._entries[0].act).agency_id
        made = []
        for index, entry in enumerate(self.entries(count)):
            act = decode_act(entry.act)
            own = {"stream_key": stream, "agency_id": agency, "case_id": stream}
            made.append(self._entry(entry, index, index + 1, act._replace(**own)))
        return made

    def _copied(self, entry: Entry, copy: int, index: int) -> Entry:
        stream = f"{entry.stream_id}.{copy}"
        act = decode_act(entry.act)
        aggregate = stream if act.aggregate_id == entry.stream_id else act.aggregate_id
        case = None if act.case_id is None else stream
        act = act._replace(stream_key=stream, aggregate_id=aggregate, case_id=case)
        return self._entry(entry, index, entry.stream_version, act)

    def _entry(self, entry: Entry, index: int, version: int, act: Act) -> Entry:
        at = self._start + index * STEP_MICROS
        act = act._replace(occurred_at=at, recorded_at=at)
        return entry._replace(
            leaf_index=index,
            stream_id=act.stream_key,
            stream_version=version,
            received_at=at,
            control_size=self._control_size,
            act=encode_act(act),
        )

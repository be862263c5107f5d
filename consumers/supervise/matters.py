"""The matters that the engine has in memory, and how one that it has not is made again.

Read before: ``ledger/rules/violations/engine.py``, ``control_history``. Read next: ``judging``.

A matter in memory stands after some version of its stream and some entry of its log, whose time has
passed for its deadlines. Whenever the next entry is not that version's successor or not beyond that
entry, because the engine was started anew, had dropped the matter, or had gone ahead of what was
committed, the stream is read again and replayed; nothing is derived then. So memory is only ever a
shortcut, and what is derived does not depend on what happened to be in it.
"""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from consumers.supervise.control_history import ControlHistory
from consumers.supervise.log_marks import LogEntries, LogMarks
from consumers.supervise.matter_deadlines import MatterDeadlines
from ledger.chain.act import decode_act
from ledger.chain.entry import Entry, decode_entry
from ledger.domain.control import ControlState
from ledger.domain.stream import StreamAct
from ledger.errors import IncompleteError
from ledger.rules.deadline_instance import Deadline
from ledger.rules.disclosure_duties import DisclosureDuties, Duty
from ledger.rules.review_lapses import Lapse, ReviewLapses
from ledger.rules.violations.engine import Alert, StreamJudge
from ledger.rules.violations.matter import Part
from ledger.rules.violations.rule import RuleBook

# Acts of all matters in memory. Decoded, with their entries and what rules remember of them, they
# take ten times as much: a quarter of a gigabyte.
ACTS_SIZE_BYTES_MAX: Final = 24 * 1024 * 1024
# Objects made before the interpreter looks for cycles among the youngest, and how many such looks
# before one at older ones.
_COLLECTION_THRESHOLDS: Final = 50_000, 20, 20


def collect_seldom() -> None:
    """Have the interpreter look for garbage cycles less often, in this process.

    Matters are a million objects that live long and hardly ever form a cycle; to look through
    them as often as is usual takes a fifth of the engine's time.
    """
    gc.freeze()
    gc.set_threshold(*_COLLECTION_THRESHOLDS)


class Rules(NamedTuple):
    """What is judged by: predicates, and what families of them remember of a matter."""

    book: RuleBook
    parts: tuple[type[Part], ...]


class Shown(NamedTuple):
    """What an entry shows of a matter.

    Attributes:
        alerts: What it raises.
        missed: Deadlines that are missed now, or ended by the platform, and were not before.
        next_at: The instant after which to look again; microseconds UTC, None for never.
        lapses: Legal reviews that no longer cover the matter, and did before.
        duties: What it says, or its correction, must be published or must not.
    """

    alerts: list[Alert]
    missed: list[Deadline]
    next_at: int | None
    lapses: Sequence[Lapse] = ()
    duties: Sequence[Duty] = ()


class KnownMatter:
    """One matter after ``version`` entries, whose acts have ``size_bytes`` together.

    ``passed`` is the entry of its log up to which time has passed for it.
    """

    def __init__(self, stream_id: str, origin: str, rules: Rules) -> None:
        self.version = 0
        self.passed = -1
        self.size_bytes = 0
        self._judge = StreamJudge(stream_id, origin, rules.book, rules.parts)
        self._deadlines = MatterDeadlines(origin)
        self._reviews = ReviewLapses(origin)
        self._duties = DisclosureDuties(origin)

    def take_in(self, entry: Entry, control: ControlState) -> Shown:
        """Take in the next entry of the stream.

        Args:
            entry: The entry after ``version``.
            control: The control log at the entry's ``controlSize``.
        """
        assert entry.stream_version == self.version + 1
        self.version = entry.stream_version
        self.passed = entry.leaf_index
        self.size_bytes += len(entry.act)
        act = decode_act(entry.act)
        if (act.event_type, act.schema_version) not in control.schemas:
            # The ledger's own, made before its schema was published.
            return self.pass_time(entry, control)
        payload = control.codec(act.event_type, act.schema_version).decode(act.payload)
        item = StreamAct(entry, act, payload)
        alerts = self._judge.judge(item, control)
        missed = self._deadlines.take_in(item, control)
        lapses = self._reviews.take_in(item, control)
        duties = self._duties.take_in(item, control)
        return Shown(alerts, missed, self._deadlines.next_at(), lapses, duties)

    def pass_time(self, entry: Entry, control: ControlState) -> Shown:
        """Let time pass up to an entry of the log that is not the stream's. Args as ``take_in``."""
        self.passed = entry.leaf_index
        missed = self._deadlines.pass_time(entry.received_at, control)
        return Shown([], missed, self._deadlines.next_at())


class KnownMatters:
    """Matters by log and stream; not thread-safe.

    Args:
        origins: Origin of each log.
        streams: The event store of each log.
        control: The control log.
        rules: What is judged by.
        size_bytes_max: Acts of all matters kept in memory, those least lately needed dropped
            first. A matter that is larger alone is read again for each of its entries.

    Attributes:
        control: As given.
    """

    def __init__(
        self,
        origins: Mapping[str, str],
        streams: Mapping[str, LogEntries],
        control: ControlHistory,
        rules: Rules,
        size_bytes_max: int = ACTS_SIZE_BYTES_MAX,
    ) -> None:
        self._origins = origins
        self._streams = streams
        self.control = control
        self._marks = {log: LogMarks(entries, control) for log, entries in streams.items()}
        self._rules = rules
        self._size_bytes_max = size_bytes_max
        self._matters: OrderedDict[tuple[str, str], KnownMatter] = OrderedDict()
        self._size_bytes = 0

    @property
    def origins(self) -> Mapping[str, str]:
        """Origin of each log."""
        return self._origins

    @property
    def streams(self) -> Mapping[str, LogEntries]:
        """The event store of each log."""
        return self._streams

    def take_in(self, log: str, entry: Entry) -> Shown:
        """Take in an entry of a log into its matter.

        Raises:
            IncompleteError: The stream lacks an entry before this one.
            UnavailableError: Database or tile store is away.
            VerificationError: What is stored is not what was promised.
        """
        key = (log, entry.stream_id)
        matter = self._taken(key, entry)
        if matter is None or matter.version != entry.stream_version - 1:
            matter = self._replayed(key, entry)
        if matter.version != entry.stream_version - 1:
            raise IncompleteError(
                f"{self._origins[log]}: {entry.stream_id} has {matter.version} entries before "
                f"entry {entry.leaf_index}, which is version {entry.stream_version}"
            )
        shown = matter.take_in(entry, self.control.at(entry.control_size))
        self._keep(key, matter)
        return shown

    def pass_time(self, log: str, stream_id: str, entry: Entry) -> Shown:
        """Let time pass in a matter up to an entry that is not its own. Raises as ``take_in``.

        All earlier entries of the log were taken in, or none of the matter's is in memory.
        """
        key = (log, stream_id)
        matter = self._taken(key, entry) or self._replayed(key, entry)
        shown = matter.pass_time(entry, self.control.at(entry.control_size))
        self._keep(key, matter)
        return shown

    def forget(self, log: str) -> None:
        """Drop what is in memory of a log: entries come next that do not follow the last ones."""
        for key in [key for key in self._matters if key[0] == log]:
            self._size_bytes -= self._matters.pop(key).size_bytes

    def _taken(self, key: tuple[str, str], entry: Entry) -> KnownMatter | None:
        """Take a matter out of memory; None if it is not there or has seen this entry."""
        matter = self._matters.pop(key, None)
        if matter is None:
            return None
        self._size_bytes -= matter.size_bytes
        return matter if matter.passed < entry.leaf_index else None

    def _replayed(self, key: tuple[str, str], entry: Entry) -> KnownMatter:
        """Return the matter as it was when the entry before this one had come to its log."""
        log, stream_id = key
        matter = KnownMatter(stream_id, self._origins[log], self._rules)
        if entry.stream_id == stream_id and entry.stream_version == 1:
            return matter
        marks = self._marks[log].before(entry.leaf_index)
        for data in self._streams[log].stream_entries(stream_id):
            earlier = decode_entry(data)
            if earlier.leaf_index >= entry.leaf_index:
                break
            while marks[0].leaf_index < earlier.leaf_index:
                self._pass(matter, marks.pop(0))
            matter.take_in(earlier, self.control.at(earlier.control_size))
        for mark in marks:
            self._pass(matter, mark)
        return matter

    def _pass(self, matter: KnownMatter, mark: Entry) -> None:
        if matter.version and matter.passed < mark.leaf_index:
            matter.pass_time(mark, self.control.at(mark.control_size))

    def _keep(self, key: tuple[str, str], matter: KnownMatter) -> None:
        self._matters[key] = matter
        self._size_bytes += matter.size_bytes
        while self._size_bytes > self._size_bytes_max:
            _, dropped = self._matters.popitem(last=False)
            self._size_bytes -= dropped.size_bytes

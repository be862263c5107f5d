"""The matters that the engine has in memory, and how one that it has not is made again.

Read before: ``ledger/rules/violations/engine.py``, ``control_history``. Read next: ``judging``.

A matter in memory stands after some version of its stream. Whenever the next entry is not that
version's successor, because the engine was started anew, had dropped the matter, or had gone ahead
of what was committed, the stream is read again and replayed; nothing is derived then. So memory is
only ever a shortcut, and what is derived does not depend on what happened to be in it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from consumers.supervise.control_history import ControlHistory
from ledger.chain.act import decode_act
from ledger.chain.entry import Entry, decode_entry
from ledger.domain.control import ControlState
from ledger.domain.stream import StreamAct
from ledger.errors import IncompleteError
from ledger.rules.violations.engine import Alert, StreamJudge
from ledger.rules.violations.matter import Part
from ledger.rules.violations.rule import RuleBook

# Acts of all matters in memory. Decoded, with their entries and what rules remember of them, they
# take ten times as much: a quarter of a gigabyte.
ACTS_SIZE_BYTES_MAX: Final = 24 * 1024 * 1024


class StreamEntries(Protocol):
    """A log's event store."""

    def stream_entries(self, stream_id: str) -> Sequence[bytes]:
        """Return the promised entries of a stream in order."""
        ...


class Rules(NamedTuple):
    """What is judged by: predicates, and what families of them remember of a matter."""

    book: RuleBook
    parts: tuple[type[Part], ...]


class KnownMatter:
    """One matter after ``version`` entries, whose acts have ``size_bytes`` together."""

    def __init__(self, stream_id: str, origin: str, rules: Rules) -> None:
        self.version = 0
        self.size_bytes = 0
        self._judge = StreamJudge(stream_id, origin, rules.book, rules.parts)

    def take_in(self, entry: Entry, control: ControlState) -> list[Alert]:
        """Take in the next entry of the stream; return the alerts that it raises.

        Args:
            entry: The entry after ``version``.
            control: The control log at the entry's ``controlSize``.
        """
        assert entry.stream_version == self.version + 1
        self.version = entry.stream_version
        self.size_bytes += len(entry.act)
        act = decode_act(entry.act)
        if (act.event_type, act.schema_version) not in control.schemas:
            return []  # The ledger's own, made before its schema was published.
        payload = control.codec(act.event_type, act.schema_version).decode(act.payload)
        return self._judge.judge(StreamAct(entry, act, payload), control)


class KnownMatters:
    """Matters by log and stream; not thread-safe.

    Args:
        origins: Origin of each log, by its name.
        streams: Event store of each log.
        control: The control log at any size.
        rules: What is judged by.
        size_bytes_max: Size of the acts kept, the matters least lately needed dropped first. A
            matter that is larger alone is read again for each of its entries.

    Attributes:
        control: As given.
    """

    def __init__(
        self,
        origins: Mapping[str, str],
        streams: Mapping[str, StreamEntries],
        control: ControlHistory,
        rules: Rules,
        size_bytes_max: int = ACTS_SIZE_BYTES_MAX,
    ) -> None:
        self._origins = origins
        self._streams = streams
        self.control = control
        self._rules = rules
        self._size_bytes_max = size_bytes_max
        self._matters: OrderedDict[tuple[str, str], KnownMatter] = OrderedDict()
        self._size_bytes = 0

    def take_in(self, log: str, entry: Entry) -> list[Alert]:
        """Take in an entry of a log into its matter; return the alerts that it raises.

        Raises:
            IncompleteError: The stream lacks an entry before this one.
            UnavailableError: Database or tile store is away.
            VerificationError: What is stored is not what was promised.
        """
        key = (log, entry.stream_id)
        matter = self._matters.pop(key, None)
        self._size_bytes -= 0 if matter is None else matter.size_bytes
        if matter is None or matter.version != entry.stream_version - 1:
            matter = self._replayed(log, entry)
        alerts = matter.take_in(entry, self.control.at(entry.control_size))
        self._keep(key, matter)
        return alerts

    def _replayed(self, log: str, entry: Entry) -> KnownMatter:
        """Return the matter as it was before an entry."""
        matter = KnownMatter(entry.stream_id, self._origins[log], self._rules)
        if entry.stream_version == 1:
            return matter
        for data in self._streams[log].stream_entries(entry.stream_id):
            earlier = decode_entry(data)
            if earlier.leaf_index >= entry.leaf_index:
                break
            matter.take_in(earlier, self.control.at(earlier.control_size))
        if matter.version != entry.stream_version - 1:
            raise IncompleteError(
                f"{self._origins[log]}: {entry.stream_id} has {matter.version} entries before "
                f"entry {entry.leaf_index}, which is version {entry.stream_version}"
            )
        return matter

    def _keep(self, key: tuple[str, str], matter: KnownMatter) -> None:
        self._matters[key] = matter
        self._size_bytes += matter.size_bytes
        while self._size_bytes > self._size_bytes_max:
            _, dropped = self._matters.popitem(last=False)
            self._size_bytes -= dropped.size_bytes

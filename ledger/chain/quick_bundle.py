"""The quick check of a bundle: columns instead of entries, yes or no.

Read before: ``entry_patterns``. Read next: ``verify_bundles``.

Nearly every bundle of a log is sound, and then this says so at C speed: one regular expression
an entry, comparisons of whole columns. It never says what is wrong: at the first doubt it
returns None, and ``careful_bundle`` judges the same bundle entry by entry. It accepts nothing
that the careful check would object to, and has no effect but on the memory of submissions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from operator import gt
from typing import Final, NamedTuple

from ledger.chain.act import HEADER, decode_act
from ledger.chain.emitter_keys import EmitterKeys
from ledger.chain.entry_patterns import LENGTHS, act_pattern, prefix_pattern
from ledger.chain.submission_cache import ProvenSubmission, SubmissionCache
from ledger.chain.varint import read_length
from ledger.errors import MalformedError, OriginError

NUMBERS_MAX: Final = 65_536
_NO_TEXT: Final = 1 << 20  # Stands for a length that is not one byte: leads beyond any entry.
_SHORT: Final = tuple(
    byte >> 1 if byte < 0x80 and not byte & 1 else _NO_TEXT for byte in range(256)
)
_LOW_BYTES: Final = tuple(bytes([0x80 | low]) for low in range(0, 128, 2))


@dataclass(frozen=True)
class LogFacts:
    """What is known about the log before its entries are read."""

    origin: str
    size: int  # Of the checkpoint.
    profile: str  # Hash profile of the stream links.
    acts: bool  # Check acts and their submissions too.
    keys: EmitterKeys | None  # Check submissions' signatures with these; None: not at all.

    @property
    def ledger(self) -> str:
        """Return the name of the ledger."""
        return self.origin.partition("/")[0]

    @property
    def is_control(self) -> bool:
        """Say whether this is the control log."""
        return self.origin.endswith("/control")


class Columns(NamedTuple):
    """A sound bundle, field by field; the same place in each belongs to one entry."""

    streams: Sequence[bytes]  # Stream ids, each after its length.
    versions: Sequence[int]
    links: Sequence[bytes]
    received_at: Sequence[int]
    control_sizes: Sequence[int]


class _Numbers(dict[bytes, int]):
    """Numbers by their bytes: versions, times and sizes come again and again."""

    def __missing__(self, data: bytes) -> int:
        number = shift = 0
        for byte in data:
            number |= (byte & 0x7F) << shift
            shift += 7
        if len(self) >= NUMBERS_MAX:
            self.clear()
        self[data] = number >> 1  # The patterns let no negative number pass.
        return number >> 1


class QuickCheck:
    """Checks bundles of one log, in any order."""

    def __init__(self, facts: LogFacts, cache: SubmissionCache) -> None:
        self._facts = facts
        self._cache = cache
        self._numbers = _Numbers()
        self._prefix = prefix_pattern().match
        self._names: dict[bytes, str] = {}  # Emitter ids by their bytes, length included.
        self._last: tuple[ProvenSubmission | None, int, int] = (None, 0, 0)

    def columns(self, entries: Sequence[bytes], first: int) -> Columns | None:
        """Return the columns of a bundle if every entry is sound, else None.

        Args:
            entries: The bundle's entries.
            first: Leaf index of the first.
        """
        numbers = self._numbers
        matches = [found for found in map(self._prefix, entries) if found]
        if len(matches) < len(entries):
            return None
        rows = [found.groups() for found in matches]
        indexes, streams, versions, links, received, controls, lengths = zip(*rows, strict=True)
        if list(indexes) != _index_bytes(first, len(entries)):
            return None
        columns = Columns(
            streams,
            [numbers[data] for data in versions],
            links,
            [numbers[data] for data in received],
            [numbers[data] for data in controls],
        )
        if not self._is_monotonic(columns, first):
            return None
        starts = [found.end() for found in matches]
        ends = [start + numbers[data] for start, data in zip(starts, lengths, strict=True)]
        acts = self._act_starts(entries, starts, ends, streams)
        if acts is None:
            return None
        if self._facts.acts and not self._are_proven(entries, starts, ends, acts, columns):
            return None
        return columns

    def _is_monotonic(self, columns: Columns, first: int) -> bool:
        times, sizes = columns.received_at, columns.control_sizes
        if any(map(gt, times, islice(times, 1, None))):
            return False
        if self._facts.is_control:
            return list(sizes) == list(range(first, first + len(sizes)))
        return not any(map(gt, sizes, islice(sizes, 1, None)))

    def _act_starts(
        self,
        entries: Sequence[bytes],
        starts: Sequence[int],
        ends: Sequence[int],
        streams: Sequence[bytes],
    ) -> list[int] | None:
        """Return where each act starts, if each ends its entry and names its entry's stream.

        The stream key stands after header, event id, event type, a version of one byte and
        the payload's fingerprint; where that is not so, the careful check decides.
        """
        acts, lengths, short = [], LENGTHS, _SHORT
        for entry, start, end, stream in zip(entries, starts, ends, streams, strict=True):
            at = end + 2
            if lengths.get(entry[end:at]) != len(entry) - at:
                at = _long_act_start(entry, end)
            if len(entry) < at + 27 or not entry.startswith(HEADER, at):
                return None
            version = at + 27 + short[entry[at + 26]]
            if not entry.startswith(stream, version + 9) or entry[version] > 0x7F:
                return None
            if start == end and not self._is_own(entry[at:]):
                return None
            acts.append(at)
        return acts

    def _is_own(self, act: bytes) -> bool:
        """Say whether the log made this act, as the entry's empty submission says."""
        try:
            return decode_act(act).emitter_id == self._facts.origin
        except MalformedError:
            return False

    def _are_proven(
        self,
        entries: Sequence[bytes],
        starts: Sequence[int],
        ends: Sequence[int],
        acts: Sequence[int],
        columns: Columns,
    ) -> bool:
        """Say whether all acts are strict and in the submissions they carry."""
        facts, numbers, match, check = (
            self._facts,
            self._numbers,
            act_pattern().match,
            self._cache.check,
        )
        keys, names = None if facts.keys is None else facts.keys.keys, self._names
        for place, (entry, start, end, at) in enumerate(
            zip(entries, starts, ends, acts, strict=True)
        ):
            if start == end:
                continue  # The log's own, decoded before.
            found = match(entry, at)
            if found is None:
                return False
            stream, emitter, length = found.groups()
            if stream != columns.streams[place] or found.end() + numbers[length] != len(entry):
                return False
            try:
                name = names.get(emitter) or _emitter_name(names, emitter)
                proven = check(entry[start:end], entry[at:], name, facts.ledger, keys)
            except (MalformedError, OriginError):
                return False
            control_size, received_at = columns.control_sizes[place], columns.received_at[place]
            if self._last != (proven, control_size, received_at):
                if not self._keys_count(proven, control_size, received_at):
                    return False
                self._last = (proven, control_size, received_at)
        return True

    def _keys_count(self, proven: ProvenSubmission, control_size: int, received_at: int) -> bool:
        keys = self._facts.keys
        return keys is None or not any(
            keys.fault(key, control_size, received_at) for key in proven.signers
        )


def _long_act_start(entry: bytes, end: int) -> int:
    """Return where an act of any length starts, a place beyond the entry if it has another."""
    try:
        length, at = read_length(entry, end)
    except (MalformedError, IndexError):
        return len(entry)
    return at if length == len(entry) - at else len(entry)


def _emitter_name(names: dict[bytes, str], emitter: bytes) -> str:
    # Latin-1 takes any bytes; those that are no name are then no emitter's.
    if len(names) >= NUMBERS_MAX:
        names.clear()
    names[emitter] = emitter[1:].decode("latin-1")
    return names[emitter]


def _index_bytes(first: int, count: int) -> list[bytes]:
    """Return the encodings of ``count`` leaf indexes from ``first``, a multiple of 64."""
    rows: list[bytes] = []
    for index in range(first, first + count, 64):
        high, upper = index >> 6, bytearray()
        while high:
            upper.append(high & 0x7F | (0x80 if high > 0x7F else 0))
            high >>= 7
        if upper:
            rows += [low + upper for low in _LOW_BYTES]
        else:
            rows += [bytes([low]) for low in range(0, 128, 2)]
    return rows[:count]

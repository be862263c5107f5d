"""The quick check of a bundle: columns instead of entries, yes or no.

Read before: ``entry_patterns``. Read next: ``verify_bundles``.

Nearly every bundle of a log is sound, and then this says so at C speed: two regular expressions
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
from ledger.chain.compiled import audit
from ledger.chain.emitter_keys import EmitterKeys
from ledger.chain.entry import decode_entry
from ledger.chain.entry_patterns import LENGTHS, act_pattern, prefix_pattern
from ledger.chain.ids import emitter_id_ok, origin_ok
from ledger.chain.own_acts import BIRTH_STREAM, LOG_STREAM_START, OWN_TYPES, own_fault
from ledger.chain.submission_cache import ProvenSubmission, SubmissionCache
from ledger.chain.type_places import TypePlaces
from ledger.chain.varint import long_bytes, read_length
from ledger.errors import MalformedError, OriginError
from ledger.limits import ACT_SIZE_BYTES_MAX

NUMBERS_MAX: Final = 65_536
# As they stand in an act, after their length; a stream of a log's own has a short name.
_OWN_TYPES: Final = frozenset(long_bytes(len(name)) + name.encode() for name in OWN_TYPES)
_BIRTH_STREAM: Final = long_bytes(len(BIRTH_STREAM)) + BIRTH_STREAM.encode()
_LOG_STREAM_START: Final = LOG_STREAM_START.encode()
_LOW_BYTES: Final = tuple(bytes([0x80 | low]) for low in range(0, 128, 2))


@dataclass(frozen=True)
class LogFacts:
    """What is known about the log before its entries are read."""

    origin: str
    size: int  # Of the checkpoint.
    profile: str  # Hash profile of the stream links.
    acts: bool  # Check acts and their submissions too.
    keys: EmitterKeys | None  # Check submissions' signatures with these; None: not at all.
    operator: str | None = None  # As entry 0 names it; None where that is not readable.

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
    event_ids: bytes  # 16 bytes each.


class _Acts(NamedTuple):
    """The acts of a bundle, field by field; texts are bytes after their length."""

    starts: Sequence[int]  # Where in its entry each act's submission starts, and where it ends.
    ends: Sequence[int]
    at: Sequence[int]  # Where each act itself starts.
    types: Sequence[bytes]
    emitters: Sequence[bytes]
    own: Sequence[int]  # Places of those without a submission.


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
        self._placed: set[tuple[bytes, int]] = set()  # Types that belong here, by catalogue.
        self._names: dict[bytes, str] = {}  # Emitter ids by their bytes, length included.
        self._last: tuple[ProvenSubmission | None, int, int] = (None, 0, 0)

    def columns(self, entries: Sequence[bytes], first: int) -> Columns | None:
        """Return the columns of a bundle if every entry is sound, else None.

        Args:
            entries: The bundle's entries.
            first: Leaf index of the first.
        """
        found = self._read(entries, first)
        if found is None:
            return None
        columns, acts = found
        # What is left to judge is what single entries cannot say.
        if not self._names.keys() >= set(acts.emitters) and not self._are_names(acts.emitters):
            return None
        if not self._is_monotonic(columns, first):
            return None
        if not self._are_made_by_whom_they_may(entries, acts):
            return None
        if not _are_streams_of(columns.streams, acts.own):
            return None
        if self._facts.acts and not self._are_proven(entries, acts, columns):
            return None
        return columns

    def _read(self, entries: Sequence[bytes], first: int) -> tuple[Columns, _Acts] | None:
        """Return the columns of a bundle if every entry and act is strict and in its place."""
        if audit is not None:
            found = audit.read_bundle(list(entries), first, HEADER)
            if found is not None:
                of_entries, of_acts = found
                return Columns(*of_entries), _Acts(*of_acts)
        return self._read_by_patterns(entries, first)

    def _read_by_patterns(
        self, entries: Sequence[bytes], first: int
    ) -> tuple[Columns, _Acts] | None:
        """Do what ``_read`` does; the twin of ``audit.read_bundle``."""
        numbers = self._numbers
        matches = [found for found in map(prefix_pattern().match, entries) if found]
        if len(matches) < len(entries):
            return None
        rows = [found.groups() for found in matches]
        indexes, streams, versions, links, received, controls, lengths = zip(*rows, strict=True)
        if list(indexes) != _index_bytes(first, len(entries)):
            return None
        starts = [found.end() for found in matches]
        ends = [start + numbers[data] for start, data in zip(starts, lengths, strict=True)]
        at = [_act_start(entry, end) for entry, end in zip(entries, ends, strict=True)]
        act_rows = self._act_rows(entries, at)
        if act_rows is None:
            return None
        event_ids, types, named, emitters, _ = zip(*act_rows, strict=True)
        if named != streams:
            return None
        own = [place for place, length in enumerate(lengths) if length == b"\0"]
        columns = Columns(
            streams,
            [numbers[data] for data in versions],
            links,
            [numbers[data] for data in received],
            [numbers[data] for data in controls],
            b"".join(event_ids),
        )
        return columns, _Acts(starts, ends, at, types, emitters, own)

    def _act_rows(
        self, entries: Sequence[bytes], starts: Sequence[int]
    ) -> list[tuple[bytes, ...]] | None:
        """Return what the pattern finds in each act, if each is strict and ends its entry."""
        numbers, rows = self._numbers, []
        row: tuple[bytes, ...] | None
        found_acts = map(act_pattern().match, entries, starts)
        for entry, at, found in zip(entries, starts, found_acts, strict=True):
            if found is not None:
                row = found.groups()
                if found.end() + numbers[row[4]] != len(entry):
                    return None
            else:
                row = _decoded_row(entry[at:])
                if row is None:
                    return None
            rows.append(row)
        return rows

    def _is_monotonic(self, columns: Columns, first: int) -> bool:
        times, sizes = columns.received_at, columns.control_sizes
        if any(map(gt, times, islice(times, 1, None))):
            return False
        if self._facts.is_control:
            return list(sizes) == list(range(first, first + len(sizes)))
        keys = self._facts.keys
        if keys is not None and not keys.reaches(sizes[-1]):
            return False
        return not any(map(gt, sizes, islice(sizes, 1, None)))

    def _are_names(self, emitters: Sequence[bytes]) -> bool:
        """Say whether all are names of emitters or logs, and remember them."""
        names = self._names
        if len(names) >= NUMBERS_MAX:
            names.clear()
        for emitter in set(emitters).difference(names):
            # Latin-1 takes any bytes; those that are no name are then no emitter's.
            name = emitter[1 if emitter[0] < 0x80 else 2 :].decode("latin-1")
            if not (emitter_id_ok(name) or origin_ok(name)):
                return False
            names[emitter] = name
        return True

    def _are_made_by_whom_they_may(self, entries: Sequence[bytes], acts: _Acts) -> bool:
        """Say whether what has no submission is the log's own, and nothing else is."""
        facts, own = self._facts, acts.own
        for place in own:
            try:
                entry = decode_entry(entries[place])
                fault = own_fault(entry, decode_act(entry.act), facts.origin, facts.operator)
            except MalformedError:
                return False
            if fault is not None:
                return False
        # All of those have such a type.
        return sum(map(_OWN_TYPES.__contains__, acts.types)) == len(own)

    def _are_proven(
        self,
        entries: Sequence[bytes],
        acts: _Acts,
        columns: Columns,
    ) -> bool:
        """Say whether all acts are in the submissions they carry, and may be where they are."""
        facts, names, check = self._facts, self._names, self._cache.check
        keys = None if facts.keys is None else facts.keys.keys
        rows = zip(entries, acts.starts, acts.ends, acts.at, acts.emitters, strict=True)
        for place, (entry, start, end, at, emitter) in enumerate(rows):
            if start == end:
                continue  # The log's own.
            try:
                proven = check(entry[start:end], entry[at:], names[emitter], facts.ledger, keys)
            except (MalformedError, OriginError):
                return False
            control_size, received_at = columns.control_sizes[place], columns.received_at[place]
            if self._last != (proven, control_size, received_at):
                if not self._keys_count(proven, control_size, received_at):
                    return False
                self._last = (proven, control_size, received_at)
        return facts.keys is None or self._are_placed(facts.keys.places, acts.types, columns)

    def _are_placed(self, places: TypePlaces, types: Sequence[bytes], columns: Columns) -> bool:
        """Say whether acts of these types belong into this log."""
        sizes, is_control = columns.control_sizes, self._facts.is_control
        version = places.version(sizes[-1])
        if version != places.version(sizes[0]):
            return False  # A new catalogue in between: the careful check knows for which.
        asked = {(kind, version) for kind in types}
        for kind, version in asked.difference(self._placed):
            if kind not in _OWN_TYPES:
                name = kind[1:].decode("latin-1")
                if places.fault(name, sizes[-1], is_control=is_control) is not None:
                    return False
            self._placed.add((kind, version))
        return True

    def _keys_count(self, proven: ProvenSubmission, control_size: int, received_at: int) -> bool:
        keys = self._facts.keys
        return keys is None or not any(
            keys.fault(key, control_size, received_at) for key in proven.signers
        )


def _act_start(entry: bytes, end: int) -> int:
    """Return where an act starts, a place beyond the entry if it has another length."""
    at = end + 2
    if LENGTHS.get(entry[end:at]) == len(entry) - at:
        return at
    try:
        length, at = read_length(entry, end)
    except (MalformedError, IndexError):
        return len(entry)
    return at if length == len(entry) - at <= ACT_SIZE_BYTES_MAX else len(entry)


def _decoded_row(act: bytes) -> tuple[bytes, ...] | None:
    """Return what the pattern would have found in an act that is strict but unusual."""
    try:
        found = decode_act(act)
    except MalformedError:
        return None
    texts = (found.event_type, found.stream_key, found.emitter_id)
    event_type, stream, emitter = (long_bytes(len(it.encode())) + it.encode() for it in texts)
    return found.event_id, event_type, stream, emitter, b""


def _are_streams_of(streams: Sequence[bytes], own: Sequence[int]) -> bool:
    """Say whether none but own acts lie in the log's own streams."""
    joined = b"".join(streams)
    if _BIRTH_STREAM not in joined and _LOG_STREAM_START not in joined:
        return True
    return {
        place
        for place, stream in enumerate(streams)
        if stream == _BIRTH_STREAM or stream.startswith(_LOG_STREAM_START, 1)
    } <= set(own)


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

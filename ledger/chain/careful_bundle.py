"""The careful check of a bundle: entry by entry, saying what is wrong where.

Read before: docs/spec/verify.md, ``entry``, ``act``. Read next: ``verify_bundles``.

This is what an audit checks in an entry by itself and against the one before it in the log.
An entry that does not decode, or is known to be altered, leaves a hole: nothing is concluded
from it about the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ledger.chain.act import Act, decode_act
from ledger.chain.entry import Entry, decode_entry
from ledger.chain.findings import Findings
from ledger.chain.ids import identifier_ok
from ledger.chain.own_acts import outside_fault, own_fault
from ledger.chain.quick_bundle import LogFacts
from ledger.chain.submission_cache import SubmissionCache
from ledger.chain.varint import long_bytes, read_length, read_long
from ledger.chain.verify_streams import stream_name
from ledger.errors import MalformedError, MalformedProofError, OriginError


class Row(NamedTuple):
    """What an entry says about its place."""

    leaf_index: int  # Its true one.
    stream: bytes  # Stream id after its length.
    version: int
    link: bytes
    received_at: int
    control_size: int
    event_id: bytes | None  # None where the act is not strict.

    @property
    def name(self) -> str:
        """Return the stream id."""
        return stream_name(self.stream)


class CarefulCheck:
    """Judges entries of one log; findings go to ``findings``."""

    def __init__(self, facts: LogFacts, cache: SubmissionCache, findings: Findings) -> None:
        self._facts = facts
        self._cache = cache
        self._findings = findings

    def rows(
        self,
        entries: Sequence[bytes],
        first: int,
        altered: Mapping[int, tuple[bytes, bytes]],
        *,
        is_framed: bool,
    ) -> list[Row]:
        """Return the rows of all entries that decode and are not altered.

        Args:
            entries: The entries of a bundle.
            first: Leaf index of the first.
            altered: By leaf index, the hash that the entry must have and the one it has.
            is_framed: Whether the bundle ends as it must: if not, the first altered entry
                has a wrong length, and the ones after it are no entries at all.
        """
        found: list[Row] = []
        told = list(altered) if is_framed else list(altered)[:1]
        for index, data in enumerate(entries, first):
            try:
                entry = decode_entry(data)
            except MalformedError as error:
                if index not in altered:
                    self._findings.add("entry", str(error), index)
                entry = None
            if index in told:
                stream = stream_named(data) if entry is None else entry.stream_id
                text = "altered: its hash is not the one in the hash tile"
                self._findings.add("entry", text, index, stream, None, *altered[index])
            elif entry is not None and index not in altered:
                found.append(self._judged(entry, index))
        return found

    def _judged(self, entry: Entry, index: int) -> Row:
        stream, findings = entry.stream_id, self._findings
        if entry.leaf_index != index:
            text = "the entry names another place in the log"
            findings.add("leaf_index", text, index, stream, None, index, entry.leaf_index)
        if self._facts.is_control and entry.control_size != index:
            text = "in the control log this is the leaf index"
            findings.add("control_size", text, index, stream, None, index, entry.control_size)
        keys = self._facts.keys
        if keys is not None and not keys.reaches(entry.control_size):
            text = "judged against more of the control log than was read"
            values = (entry.control_size, keys.control_size)
            findings.add("behind", text, index, stream, None, *values)
        act = None
        try:
            act = decode_act(entry.act)
        except MalformedError as error:
            findings.add("act", str(error), index, stream)
        else:
            if act.stream_key != stream:
                text = "the act names another stream"
                findings.add("act", text, index, stream, None, act.stream_key, stream)
            self._judge_origin(entry, act, index)
        name = stream.encode("ascii")
        return Row(
            index,
            long_bytes(len(name)) + name,
            entry.stream_version,
            entry.stream_link,
            entry.received_at,
            entry.control_size,
            None if act is None else act.event_id,
        )

    def _judge_origin(self, entry: Entry, act: Act, index: int) -> None:
        facts, findings, stream = self._facts, self._findings, entry.stream_id
        if not entry.submission:
            fault = own_fault(entry, act, facts.origin, facts.operator)
            if fault is not None:
                values = (facts.origin, act.emitter_id) if act.emitter_id != facts.origin else ()
                findings.add("origin", fault, index, stream, None, *values)
            return
        fault = outside_fault(act.event_type, stream)
        if fault is not None:
            findings.add("origin", fault, index, stream)
        if facts.acts:
            self._judge_submission(entry, act, index)

    def _judge_submission(self, entry: Entry, act: Act, index: int) -> None:
        facts, findings, stream = self._facts, self._findings, entry.stream_id
        known, size = facts.keys, entry.control_size
        if known is not None and not known.reaches(size):
            known = None  # A key may stand in what lacks; that it lacks is found already.
        keys = None if known is None else known.keys
        try:
            proven = self._cache.check(
                entry.submission, entry.act, act.emitter_id, facts.ledger, keys
            )
        except (MalformedProofError, OriginError) as error:
            is_trust = error.code in ("R2_KEY_UNKNOWN", "R2_SIGNATURE")
            findings.add("signature" if is_trust else "origin", str(error), index, stream)
            return
        if known is None:
            return
        for key in proven.signers:
            fault = known.fault(key, size, entry.received_at)
            if fault is not None:
                findings.add("signature", f"{key.name}: {fault}", index, stream)
        fault = known.places.fault(act.event_type, size, is_control=facts.is_control)
        if fault is not None:
            findings.add("misplaced", fault, index, stream)


def stream_named(data: bytes) -> str | None:
    """Return the stream that an unreadable entry still names, to tell a person where to look.

    It is the second field, so it survives most alterations; it is not to be believed.
    """
    try:
        position = read_long(data, 1)[1]
        length, position = read_length(data, position)
        text = data[position : position + length].decode("ascii")
    except (MalformedError, IndexError, UnicodeDecodeError):
        return None
    return text if identifier_ok(text) else None

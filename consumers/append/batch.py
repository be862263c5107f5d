"""One batch under the head lock: what is new becomes entries, everything else an answer.

Read before: ``judge``, ``gates``, ``made``. Read next: ``ledger/application.py``.

Here the log itself is asked, in the order of docs/spec/act.md: key valid now (R2), event id known
(duplicate, R4, or the earlier refusal), R3, R5, R7, R8, R9, R12, gate. Records of one batch are
judged against each other too. Nothing here is durable: ``appender`` writes and commits it all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from consumers.append.deliveries import Answer
from consumers.append.event_type import TWO_PERSON_ACTS
from consumers.append.gates import (
    DECISION_GATE,
    Gates,
    assessed_payload,
    cleared_payload,
    refused_payload,
)
from consumers.append.judge import TOLERANCE_MICROS, Item, Judge, check_times
from consumers.append.made import LedgerVoice, MadeAct, RejectedItem, full_hour
from consumers.append.openings import vault_openings
from consumers.append.origin import check_validity
from consumers.append.record import IncomingRecord, JudgedRecord, Refusal, source_of
from consumers.receipts import RejectedNotice
from ledger.application import LogApplication, NewEntry
from ledger.chain.compiled import IS_COMPILED, append
from ledger.chain.digests import raw_hash
from ledger.chain.entry import Source, split_entry
from ledger.chain.outcomes import COMMITTED, DUPLICATE, GATE_REFUSED, REJECTED, Problem
from ledger.clock import Random
from ledger.domain.control import ControlState
from ledger.domain.rows import Head, QuarantineItem, VaultOpening
from ledger.errors import MalformedError, MalformedRecordError, OriginError, RejectedError
from ledger.limits import REJECTED_ITEMS_MAX

SALT_SIZE_BYTES: Final = 32
GATE_CODE: Final = "GATE_REFUSED"
_REJECTED_BYTES_MAX: Final = 50_000  # Of one EventsRejected; an act has at most 60,000.
_ITEM_BYTES: Final = 170  # An item without its code and pointer, at most.

Fault = RejectedError | MalformedError


class LogReader(NamedTuple):
    """What a batch may ask of the log while its head is held."""

    head: Head
    known: Mapping[bytes, tuple[int, bytes]]  # Event id -> leaf index and entry.
    refusals: Mapping[bytes, int]  # Event id -> leaf index of the refusing entry.
    stream_entries: Callable[[str], Sequence[bytes]]
    opened: Collection[bytes]  # Event ids of those known of which the vault holds openings.
    entry: Callable[[int], bytes]


class Batch:
    """The work of one transaction. Make one, ``run`` it once, then read what it gathered."""

    def __init__(
        self,
        application: LogApplication,
        judge: Judge,
        gates: Gates,
        voice: LedgerVoice,
        log: LogReader,
        state: ControlState,
        random: Random,
    ) -> None:
        self.answers: list[Answer] = []
        self.notices: list[RejectedNotice] = []
        self.refusals: dict[bytes, int] = {}
        self.openings: list[VaultOpening] = []
        self.quarantine: list[QuarantineItem] = []
        self.state = state
        self._application = application
        self._judge = judge
        self._gates = gates
        self._voice = voice
        self._log = log
        self._random = random
        self._is_control = judge.is_control
        self._incarnation = ""
        self._rejected: list[RejectedItem] = []
        self._new: dict[bytes, int] = {}  # Event id -> leaf index, this batch.
        self._failed: dict[bytes, tuple[int, tuple[str, ...]]] = {}  # Refused in this batch.
        self._opened: set[bytes] = set()  # Event ids whose openings this batch brings.
        self._last = log.head.received_at
        self._simulated = state.is_simulated
        self._now = max(self._last, log.head.now)

    def beat(self) -> None:
        """Append a heartbeat if the clock has passed a full hour that the log has not."""
        clock = self._now
        if self._simulated:
            # Case logs follow the control log's time; the control log has no other to follow.
            clock = self._last if self._is_control else max(self._last, self.state.received_at)
        hour = full_hour(clock)
        if hour <= self._last or ("LogHeartbeat", 1) not in self.state.schemas:
            return
        index = self._application.next_index
        self._last = clock
        self._append_made(self._voice.heartbeat(index, hour, clock), None)

    def run(self, items: Iterable[Item], incarnation: str) -> None:
        """Judge records in order and append what is taken, then what has to be said of the rest.

        Args:
            items: Examined records, in offset order; may be made while this runs.
            incarnation: Of the topic they came from.
        """
        self._incarnation = incarnation
        self.beat()
        if IS_COMPILED and isinstance(items, list):
            at = 0
            while at < len(items):
                at += self._take_plain(items, at)
                if at < len(items):
                    self._take_or_reject(items[at])
                    at += 1
        else:
            for item in items:
                self._take_or_reject(item)
        self._record_rejections()

    def _take_plain(self, items: list[Item], at: int) -> int:
        """Append the items from ``at`` on as long as nothing speaks against them; return how many.

        What ``_take`` does for such an act, for all of them at once.
        """
        application, state = self._application, self.state
        first = application.next_index
        entries, opened = append.plain_entries(
            items,
            at,
            JudgedRecord,
            NewEntry,
            (Source, self._incarnation),
            (self._log.known, self._failed, self._log.refusals),
            self._new,
            first,
            (self._last, self._now, self._simulated),
            TOLERANCE_MICROS,
        )
        if entries:
            extras = application.append_all(entries, state.size)
            self._last = entries[-1].received_at
            self.answers += append.committed_answers(
                items, at, entries, extras, first, Answer, COMMITTED
            )
            for judged in opened:
                self._keep_openings(judged)
        return len(entries)

    def _take_or_reject(self, item: Item) -> None:
        if isinstance(item, Refusal):
            self._reject(item.record, item.fault, None)
            return
        try:
            self._take(item)
        except OriginError as error:
            self._reject(item.record, error, None)
        except (RejectedError, MalformedError) as error:
            self._reject(item.record, error, item)

    def _take(self, judged: JudgedRecord) -> None:
        """Append one record, or answer for it; raises why it is refused."""
        received_at = self._now
        if self._simulated:
            received_at = max(self._last, judged.headers.sim_time or 0)
        check_validity(judged, received_at)
        event_id = judged.event_id
        if event_id in self._new or event_id in self._log.known:
            self._answer_known(judged, received_at)
            return
        if event_id in self._failed or event_id in self._log.refusals:
            self._answer_refused(judged)
            return
        if judged.not_allowed is not None:
            raise judged.not_allowed
        version = judged.expected_version
        if version is not None and version != self._application.version(judged.stream_id):
            raise RejectedError(
                "R5_VERSION", "not the stream's version", pointer="/expectedVersion"
            )
        check_times(judged, received_at)
        if judged.unfit is not None:
            raise judged.unfit
        event_type = judged.event_type
        if event_type.name in TWO_PERSON_ACTS:
            entries = self._stream_entries(judged.stream_id)
            self._gates.check_two_persons(judged, entries, self.state)
        gate = event_type.gate
        if gate is not None and gate != DECISION_GATE and self._is_refused(judged, received_at):
            return
        self._append(judged, received_at)
        if gate == DECISION_GATE:
            self._decide(judged, received_at)

    def _append(self, judged: JudgedRecord, received_at: int) -> None:
        application = self._application
        index = application.next_index
        control_size = self.state.size
        if self._is_control:
            # Refused here, the act changes nothing; taken, everything after it is judged by it.
            self._change_control(judged)
        source = source_of(judged.record, self._incarnation)
        extra = application.append(
            judged.stream_id,
            judged.event_type.topic,
            judged.event_id,
            judged.value,
            received_at=received_at,
            control_size=control_size,
            opened=len(judged.openings),
            source=source,
            submission=judged.headers.proof,
        )
        self._last = received_at
        self._new[judged.event_id] = index
        if judged.openings:
            self._keep_openings(judged)
        self.answers.append(
            Answer(
                judged.parties.emitter_id,
                judged.batch,
                judged.event_id,
                source,
                COMMITTED,
                index,
                extra,
                None,
            )
        )
        if self._is_control:
            self._advance_control()

    def _change_control(self, judged: JudgedRecord) -> None:
        try:
            self.state.change(judged.act, judged.payload)
        except MalformedError as error:
            pointer = f"/payload{error.pointer or ''}"
            raise MalformedRecordError("cannot be applied", pointer=pointer) from error

    def _advance_control(self) -> None:
        """Count a control entry, and judge what follows by it."""
        self.state.advance(self._application.next_index, self._last)
        self._judge.follow(self.state)
        if self._simulated and not self.state.is_simulated:
            self._simulated = False
            self._now = max(self._last, self._log.head.now)
            self.beat()

    def _append_made(self, made: MadeAct, source: Source | None) -> int:
        """Append what the ledger says itself; return its leaf index."""
        index = self._application.next_index
        self._application.append(
            made.stream_id,
            made.topic,
            made.event_id,
            made.value,
            received_at=self._last,
            control_size=self.state.size,
            opened=0,
            source=source,
            submission=b"",
        )
        if self._is_control:
            self._advance_control()
        return index

    def _answer_known(self, judged: JudgedRecord, received_at: int) -> None:
        """Answer for an act that the log has: the same receipt, or R4 for other bytes."""
        event_id = judged.event_id
        if event_id in self._new:
            index = self._new[event_id]
            entry = self._application.entry(index)
        else:
            index, entry = self._log.known[event_id]
        extra, act = split_entry(entry)
        if act != judged.value:
            raise RejectedError(
                "R4_EVENT_ID_REUSED", "other bytes under this id", pointer="/eventId"
            )
        refused = self._refusal(event_id)
        problem = None if refused is None else Problem(GATE_CODE, failed=refused[1])
        kind = DUPLICATE if problem is None else GATE_REFUSED
        if judged.openings and self._lacks_openings(event_id):
            self._complete(judged, received_at)
        self._answer(judged, kind, index, extra, problem)

    def _lacks_openings(self, event_id: bytes) -> bool:
        if event_id in self._opened:
            return False
        return event_id in self._new or event_id not in self._log.opened

    def _complete(self, judged: JudgedRecord, received_at: int) -> None:
        """Keep openings that were missing, and say so in the stream."""
        self._last = max(self._last, received_at)
        self._keep_openings(judged)
        source = source_of(judged.record, self._incarnation)
        payload = {"eventId": judged.event_id, "count": len(judged.openings)}
        made = self._voice.about("OpeningsCompleted", judged.act, source, payload, self._last)
        self._append_made(made, source)

    def _keep_openings(self, judged: JudgedRecord) -> None:
        self._opened.add(judged.event_id)
        self.openings += vault_openings(judged)

    def _is_refused(self, judged: JudgedRecord, received_at: int) -> bool:
        """Run the gate of a platform act; if it is shut, record and answer that."""
        entries = self._stream_entries(judged.stream_id)
        failed = self._gates.failed(judged, entries, self.state, received_at)
        if not failed:
            return False
        self._last = received_at
        source = source_of(judged.record, self._incarnation)
        payload = refused_payload(judged, failed)
        made = self._voice.about("GateRefused", judged.act, source, payload, received_at)
        index = self._append_made(made, source)
        self._note_refusal(judged.event_id, index, failed)
        self._answer_refused(judged)
        return True

    def _decide(self, judged: JudgedRecord, received_at: int) -> None:
        """Answer a decision gate request that was just appended: assessment, then the permit."""
        act = judged.act
        entries = self._stream_entries(act.stream_key)[:-1]
        permit = self._gates.permit(judged, entries, self.state, received_at)
        source = source_of(judged.record, self._incarnation)
        voice = self._voice
        assessed = voice.about(
            "MajorDecisionAssessed", act, source, assessed_payload(permit), received_at
        )
        self._append_made(assessed, source)
        event_type, payload = cleared_payload(judged, permit)
        index = self._append_made(
            voice.about(event_type, act, source, payload, received_at), source
        )
        if permit.failed:
            self._note_refusal(act.event_id, index, permit.failed)
            # The request itself is an entry with a receipt; the answer says both.
            problem = Problem(GATE_CODE, failed=tuple(permit.failed))
            self.answers[-1] = self.answers[-1]._replace(outcome=GATE_REFUSED, problem=problem)

    def _note_refusal(self, event_id: bytes, index: int, failed: Sequence[str]) -> None:
        self.refusals[event_id] = index
        self._failed[event_id] = (index, tuple(failed))

    def _refusal(self, event_id: bytes) -> tuple[int, tuple[str, ...]] | None:
        """Return leaf index and failed rules of a gate's refusal, None if there is none."""
        if event_id in self._failed:
            return self._failed[event_id]
        index = self._log.refusals.get(event_id)
        if index is None:
            return None
        return index, self._gates.failed_rules_of(self._log.entry(index))

    def _answer_refused(self, judged: JudgedRecord) -> None:
        """Answer for an act that a gate refused, now or before: the refusal stands for ever."""
        refused = self._refusal(judged.event_id)
        assert refused is not None
        index, failed = refused
        self._answer(judged, GATE_REFUSED, index, None, Problem(GATE_CODE, failed=failed))

    def _answer(
        self,
        judged: JudgedRecord,
        outcome: str,
        index: int | None,
        extra: bytes | None,
        problem: Problem | None,
    ) -> None:
        self.answers.append(
            Answer(
                judged.parties.emitter_id,
                judged.batch,
                judged.event_id,
                source_of(judged.record, self._incarnation),
                outcome,
                index,
                extra,
                problem,
            )
        )

    def _stream_entries(self, stream_id: str) -> list[bytes]:
        stored = self._log.stream_entries(stream_id)
        return [*stored, *self._application.pending_entries(stream_id)]

    def _reject(self, record: IncomingRecord, fault: Fault, judged: JudgedRecord | None) -> None:
        """Note a refused record; its emitter is told only if its origin is proven."""
        source = source_of(record, self._incarnation)
        salt = self._random(SALT_SIZE_BYTES)
        raw = record.value or b""
        hashed = raw_hash(salt, raw)
        self._rejected.append(RejectedItem(hashed, fault.code, fault.pointer, source))
        self.quarantine.append(QuarantineItem(source, salt, raw, hashed, fault.code))
        self.notices.append(RejectedNotice(source, hashed, fault.code, fault.pointer))
        if judged is not None:
            version = None
            if fault.code == "R5_VERSION":
                version = self._application.version(judged.stream_id)
            problem = Problem(fault.code, fault.pointer, stream_version=version)
            self._answer(judged, REJECTED, None, None, problem)

    def _record_rejections(self) -> None:
        """Append ``EventsRejected``, as many as the refused records need."""
        items: list[RejectedItem] = []
        size_bytes = 0
        for item in self._rejected:
            item_bytes = _ITEM_BYTES + len(item.code) + len(item.pointer or "")
            if len(items) == REJECTED_ITEMS_MAX or size_bytes + item_bytes > _REJECTED_BYTES_MAX:
                self._append_made(
                    self._voice.events_rejected(items, self._last_now()), items[0].source
                )
                items, size_bytes = [], 0
            items.append(item)
            size_bytes += item_bytes
        if items:
            self._append_made(self._voice.events_rejected(items, self._last_now()), items[0].source)

    def _last_now(self) -> int:
        """Return the time of what the ledger says at the end of a batch, and count it as last."""
        if not self._simulated:
            self._last = self._now
        return self._last

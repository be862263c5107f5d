"""The order of judgement, up to where the log itself has to be asked.

Read before: ``origin``, ``decode``, ``openings``. Read next: ``appender``.

Framing and strictness (R1), then origin (R2): whoever fails here is nobody to the ledger, and is
recorded without an event id. What comes after, R3, R8 and R9, counts only if the event id is
new, so it is noted here and raised under the head lock, in the order of docs/spec/act.md:
event id known (R4, or the earlier refusal), R3, R5, R7, R8, R9, R12, gate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from consumers.append.carried import check_carried
from consumers.append.decode import check_stream, decode_record
from consumers.append.envelope import Envelope, EnvelopeReader, Parties
from consumers.append.event_type import CONTROL_LOG, EventType, event_type_of
from consumers.append.openings import OpeningReader, check_clear_text, check_credit_codes
from consumers.append.origin import OriginChecker
from consumers.append.record import (
    Headers,
    IncomingRecord,
    JudgedRecord,
    Refusal,
    read_headers,
)
from ledger.chain.act import HEADER
from ledger.chain.compiled import IS_COMPILED, judging
from ledger.chain.own_acts import is_own_stream
from ledger.chain.submission import PROOF_LINE
from ledger.domain.control import ControlState
from ledger.errors import MalformedError, RejectedError
from ledger.limits import FUTURE_TOLERANCE_S

TOLERANCE_MICROS: Final = FUTURE_TOLERANCE_S * 1_000_000

Item = JudgedRecord | Refusal


class Judge:
    """Judges records by one state of the control log; not thread-safe."""

    def __init__(self, log: str, transport_keys: Mapping[int, bytes]) -> None:
        """Judge for one log.

        Args:
            log: ``control`` or a number.
            transport_keys: Private keys of the vault by id, 32 bytes each.
        """
        self.log = log
        self.is_control = log == CONTROL_LOG
        self.origin = OriginChecker()
        self.openings = OpeningReader(transport_keys)
        self._state = ControlState()
        self._size = -1
        self._partitions = 1
        self._event_types: dict[tuple[str, int], EventType | None] = {}
        self._allowed: dict[tuple[str, Parties], bool] = {}
        self._envelopes = EnvelopeReader(self._event_type)
        self._quick: judging.QuickJudge | None = None

    def follow(self, state: ControlState) -> None:
        """Judge by this state from now on; what was remembered of an older one is dropped."""
        if state is self._state and state.size == self._size:
            return
        self._state, self._size = state, state.size
        assert state.ledger is not None
        self._partitions = 1 if self.is_control else state.ledger.case_logs
        self._event_types = {}
        self._allowed = {}
        self._envelopes = EnvelopeReader(self._event_type)
        self.origin.follow(state)
        # In the control log what is judged by changes with each record.
        if IS_COMPILED and not self.is_control:
            self._quick = self._quick_judge()

    def _quick_judge(self) -> judging.QuickJudge:
        return judging.QuickJudge(
            HEADER,
            PROOF_LINE,
            self._envelopes.types,
            self._envelopes.parties,
            self._allowed,
            judged=JudgedRecord,
            headers=Headers,
            refused=(RejectedError, MalformedError),
            is_simulated=self._takes_simulated_time(),
            partitions=self._partitions,
            read_headers=read_headers,
            known_submission=self.origin.known,
            count_nodes=self.origin.count_nodes,
            look_inside=self._look_inside,
        )

    def examine_all(self, records: Sequence[IncomingRecord]) -> list[Item]:
        """Return each record examined, or why it is refused before the log is asked."""
        if self._quick is not None:
            return self._quick.examine(records, self._examined)
        return [self._examined(record) for record in records]

    def examine_each(self, records: Iterable[IncomingRecord]) -> Iterator[Item]:
        """Yield the same one by one, each judged by what was followed when it is asked for."""
        return map(self._examined, records)

    def _examined(self, record: IncomingRecord) -> Item:
        try:
            return self.examine(record)
        except (RejectedError, MalformedError) as error:
            return Refusal(record, error)

    def examine(self, record: IncomingRecord) -> JudgedRecord:
        """Return a record whose bytes are strict and whose origin is proven.

        Raises:
            MalformedError: R1.
            RejectedError: R2 or R11.
        """
        envelope, payload = decode_record(record, self._envelopes)
        check_stream(record, envelope, self._partitions)
        headers = read_headers(record.headers)
        if headers.sim_time is not None and not self._takes_simulated_time():
            raise MalformedError("no simulated clock here", code="R1_BAD_HEADER")
        value, origin = record.value, self.origin
        assert value is not None
        submission = origin.prove(headers.proof, value, envelope.parties.emitter_id)
        batch = submission.text.batch
        validity = origin.validity(submission)
        judged = JudgedRecord.of(record, envelope, payload, headers, batch, validity)
        if not self._is_allowed(envelope):
            judged.not_allowed = RejectedError(
                "R3_NOT_REGISTERED", "emitter not registered for this agency and type"
            )
        self._look_inside(judged)
        return judged

    def _look_inside(self, judged: JudgedRecord) -> None:
        """Note what is unfit in the act itself, R8 and R9, and open what was sealed."""
        try:
            check_credit_codes(judged)
            check_clear_text(judged)
            check_carried(judged, self._state, self.log)
            if judged.headers.sealed is not None:
                judged.openings = self.openings.open(judged)
        except (RejectedError, MalformedError) as error:
            judged.unfit = error

    def _event_type(self, name: str, version: int) -> EventType | None:
        pair = (name, version)
        try:
            return self._event_types[pair]
        except KeyError:
            schema = self._state.schemas.get(pair)
            if schema is None:
                return None  # Not remembered: names of strangers would fill the memory.
            event_type = event_type_of(self._state, schema, self.log)
            self._event_types[pair] = event_type
            return event_type

    def _is_allowed(self, envelope: Envelope) -> bool:
        if is_own_stream(envelope.act.stream_key):
            return False
        asked = (envelope.event_type.name, envelope.parties)
        verdict = self._allowed.get(asked)
        if verdict is None:
            verdict = self._judge_registration(envelope.event_type, envelope.parties)
            self._allowed[asked] = verdict
        return verdict

    def _judge_registration(self, event_type: EventType, parties: Parties) -> bool:
        """Tell whether an emitter may send a type for an agency (R3)."""
        if event_type.made_by_ledger:
            return False
        if self._state.emitter_kind(parties.emitter_id) not in event_type.kinds:
            return False
        emitter = self._state.emitters.get(parties.emitter_id)
        if emitter is None:
            return True  # The platform's own key: registered for every type that names PLT.
        agencies = {parties.agency_id, parties.delegate_id} - {None}
        return event_type.name in emitter.event_types and agencies <= emitter.agency_ids

    def _takes_simulated_time(self) -> bool:
        ledger = self._state.ledger
        return ledger is not None and ledger.clock == "simulated"


def check_times(act: JudgedRecord, received_at: int) -> None:
    """Check the claimed times against the ledger's (R7).

    Args:
        act: The act, judged so far.
        received_at: When the ledger received it, microseconds UTC.

    Raises:
        RejectedError: R7_OCCURRED_IN_FUTURE or R7_RECORDED_BEFORE_OCCURRED.
    """
    if act.occurred_at > received_at + TOLERANCE_MICROS:
        raise RejectedError("R7_OCCURRED_IN_FUTURE", "not yet", pointer="/occurredAt")
    if act.recorded_at < act.occurred_at - TOLERANCE_MICROS:
        raise RejectedError(
            "R7_RECORDED_BEFORE_OCCURRED", "recorded too early", pointer="/recordedAt"
        )

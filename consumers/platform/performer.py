"""The platform's part of simulated history: commands of a generated file become acts.

Read before: ``consumers/generate/commands.py``, ``commands``. Read next:
``consumers/emitter/emit_file.py``.

Carried out again, a command does nothing: event ids follow from the record, and what the ledger
has, or has refused, is not sent again. A command that cannot even be put into an act (nothing was
drafted, a value was never opened) is counted, and history goes on without it. What a command needs
to read is read again, within bounds, while the ledger is away: it may be restarting.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from consumers.emitter.submission import UnsealedAct
from consumers.generate.commands import Command
from consumers.generate.records import SimulatedRecord
from consumers.platform.acts import Order
from consumers.platform.alerts import RESOLVED, Confirmation
from consumers.platform.commands import Acts, PlatformCommands
from consumers.platform.disclosure import Target
from consumers.platform.retrieval import Request
from consumers.retrying import Backoff
from consumers.supervise.judging import History
from ledger.chain.digests import sha256_digest
from ledger.chain.ids import uuid_bytes
from ledger.chain.jcs import canonical_json
from ledger.errors import RejectedError, UnavailableError

log = structlog.get_logger()

Send = Callable[[Sequence[UnsealedAct]], None]  # Signs, sends and returns when all are answered.

# The act by which a command is done.
_LAST_ACT: Final = {
    "draft_disclosure": "DisclosureDrafted",
    "review_disclosure": "DisclosureReviewed",
    "publish_disclosure": "DisclosurePublished",
    "withdraw_disclosure": "DisclosureWithdrawn",
    "withhold_disclosure": "DisclosureWithheld",
    "request_retrieval": "RetrievalRequested",
    "approve_retrieval": "RetrievalApproved",
    "access_record": "RecordAccessed",
    "end_access": "RecordAccessEnded",
    "copy_record": "RecordCopied",
    "close_retrieval": "RetrievalClosed",
    "archive_case": "CaseFileArchived",
    "use_emergency_access": "EmergencyAccessUsed",
    "end_repaired_disclosure": "DisclosureRepairEnded",
    "report_breach": "IntegrityBreachDetected",
    "confirm_alert": RESOLVED,
}


class FilePerformer:
    """Satisfies ``CommandPerformer``.

    Args:
        commands: Reads the ledger and builds acts.
        send: Signs and sends acts.
        stopping: Set from outside to give up waiting for the ledger.
        control: The control log as it stood at any size; without it no alert can be confirmed.

    Attributes:
        refused: How often each reason kept a command from becoming an act.
        refused_before: Rules of each command that a gate had refused before it came here.
    """

    def __init__(
        self,
        commands: PlatformCommands,
        send: Send,
        stopping: threading.Event | None = None,
        control: History | None = None,
    ) -> None:
        self.refused: Counter[str] = Counter()
        self.refused_before: list[Sequence[str]] = []
        self._commands = commands
        self._send = send
        self._control = control
        self._stopping = stopping or threading.Event()

    def perform(self, record: SimulatedRecord) -> None:
        """Carry out ``record.command``, and return when its acts are answered.

        Raises:
            UnavailableError: The ledger or one of its stores stayed away; call again.
        """
        command = record.command
        assert command is not None
        acts = self._read(_order(record, command), command)
        if acts:
            self._send(acts)

    def _read(self, order: Order, command: Command) -> Acts:
        """Return the acts of a command, once the ledger can be read; none once we are stopped."""
        backoff = Backoff()
        while not self._stopping.is_set():
            try:
                return self._read_once(order, command)
            except UnavailableError as error:
                pause_s = backoff.next_pause(error)
                log.warning("command_retried", reason=str(error), pause_s=round(pause_s, 3))
                self._stopping.wait(pause_s)
        return []

    def _read_once(self, order: Order, command: Command) -> Acts:
        """Return the acts of a command; none where the ledger has, or has refused, it."""
        earlier = self._commands.earlier(order, _LAST_ACT[command.kind])
        if earlier is not None:
            if earlier.refusal is not None:
                self.refused_before.append(earlier.refusal.payload["failed"])
            return []
        try:
            return self._acts(order, command)
        except RejectedError as error:
            self.refused[error.code] += 1
            log.warning("command_refused", kind=command.kind, code=error.code)
            return []

    def _acts(self, order: Order, command: Command) -> Acts:
        """Return the acts that a command leads to."""
        if command.disclosure_id is not None:
            return self._disclosure_acts(order, command, command.disclosure_id)
        if command.retrieval_id is not None:
            return self._retrieval_acts(order, command, command.retrieval_id)
        if command.kind == "report_breach":
            origin, _, leaf_index = (command.target_id or "").rpartition("#")
            return self._commands.report_breach(order, origin, int(leaf_index))
        if command.kind == "confirm_alert":
            cause = uuid_bytes(command.source_event_id or "")
            said = Confirmation(command.ground or "", cause, command.reason or "")
            assert self._control is not None
            return self._commands.confirm_alert(order, self._control, said)
        archive_no, retention = command.archive_no, command.retention
        assert archive_no is not None
        assert retention is not None
        secrecy = command.secrecy or "NONE"
        return self._commands.archive_case(order, archive_no, retention, secrecy)

    def _disclosure_acts(self, order: Order, command: Command, disclosure_id: str) -> Acts:
        commands = self._commands
        if command.kind == "review_disclosure":
            return commands.review_disclosure(order, disclosure_id)
        if command.kind == "publish_disclosure":
            return commands.publish_disclosure(order, disclosure_id)
        if command.kind == "end_repaired_disclosure":
            notice, repaired_at = command.ground or "", command.from_micros or 0
            return commands.end_repaired_disclosure(order, disclosure_id, notice, repaired_at)
        if command.kind == "withdraw_disclosure":
            cause = command.cause_event_id
            return commands.withdraw_disclosure(
                order,
                disclosure_id,
                command.ground or "",
                command.reason or "",
                None if cause is None else uuid_bytes(cause),
            )
        target = Target(
            disclosure_id,
            uuid_bytes(command.source_event_id or ""),
            command.channel or "PORTAL",
            command.view or "PENALTY",
            command.replaces,
        )
        if command.kind == "withhold_disclosure":
            return commands.withhold_disclosure(order, target, command.ground or "")
        return commands.draft_disclosure(order, target)

    def _retrieval_acts(self, order: Order, command: Command, retrieval_id: str) -> Acts:
        commands = self._commands
        if command.kind == "approve_retrieval":
            start, end = command.from_micros or 0, command.to_micros or 0
            return commands.approve_retrieval(order, retrieval_id, start, end)
        if command.kind == "close_retrieval":
            return commands.close_retrieval(order, retrieval_id, command.outcome or "COMPLETED")
        if command.kind == "copy_record":
            return commands.copy_record(order, retrieval_id, command.target_id or "")
        if command.kind == "end_access":
            access_id, sent = command.access_id or "", command.bytes or 0
            return commands.end_access(order, retrieval_id, access_id, sent)
        if command.kind == "access_record":
            access_id, target_id = command.access_id or "", command.target_id or ""
            ip = command.ip or ""
            return commands.access_record(order, retrieval_id, access_id, target_id, ip)
        request = Request(
            retrieval_id,
            command.org or command.agency_id,
            command.purpose or "",
            command.reason or "",
            command.mode or "VIEW",
            command.media_ids,
            command.doc_ids,
        )
        if command.kind == "use_emergency_access":
            return commands.use_emergency_access(order, request)
        return commands.request_retrieval(order, request)


def _order(record: SimulatedRecord, command: Command) -> Order:
    """Return the order in a record; its reference is a digest of all that the record says."""
    said = {
        name: None if value is None else str(value) for name, value in command._asdict().items()
    }
    reference = sha256_digest(canonical_json([record.key, str(record.sim_time), said]))
    return Order(
        record.key,
        command.agency_id,
        command.officer_id,
        record.sim_time,
        command.credential_no,
        command.item_code,
        reference,
    )

"""What the platform is asked to do at a moment of simulated history.

An agency system submits acts; publishing, opening a recording or archiving a case is done by the
platform itself, through its gates. In a generated file such a step is a *command*: who asks for
what, in which stream. ``lianzheng emit`` hands it to the platform when its time has come, and the
platform builds, signs and submits the acts.

draft_disclosure
    Assess the duty to disclose, if this channel has no assessment yet
    (DisclosureObligationAssessed); build the public record of the source act and keep its bytes;
    DisclosureDrafted, version 1, drafter = officer_id.
    Fields: disclosure_id, source_event_id, channel, view, replaces (optional).
review_disclosure
    DisclosureReviewed: APPROVED for the draft's contentHash, both checks done, with the result of
    the scan and the open critical alerts of the stream; reviewer = officer_id.
    Fields: disclosure_id.
publish_disclosure
    DisclosurePublished of what was approved. Fields: disclosure_id.
withdraw_disclosure
    DisclosureWithdrawn of the published version.
    Fields: disclosure_id, ground, reason (public), cause_event_id.
withhold_disclosure
    Assess the duty as above; DisclosureWithheld, approver = officer_id.
    Fields: disclosure_id, source_event_id, channel, view, ground.
request_retrieval
    RetrievalRequested, requester = officer_id, basis = reason.
    Fields: retrieval_id, org, purpose, reason, mode, media_ids, doc_ids.
approve_retrieval
    RetrievalApproved of the scope and mode that were requested, approver = officer_id.
    Fields: retrieval_id, from_micros, to_micros.
access_record
    RecordAccessed; its gate refuses if nothing was approved.
    Fields: retrieval_id, access_id, target_id, ip.
end_access
    RecordAccessEnded. Fields: retrieval_id, access_id, bytes.
copy_record
    RecordCopied. Fields: retrieval_id, target_id.
close_retrieval
    RetrievalClosed. Fields: retrieval_id, outcome.
archive_case
    CaseFileArchived, throughVersion and streamRoot of the stream as it then stands.
    Fields: archive_no, retention, secrecy.
use_emergency_access
    EmergencyAccessUsed by officer_id, ground = reason; nobody approved it.
    Fields: retrieval_id, org, purpose, reason, mode, media_ids, doc_ids.
end_repaired_disclosure
    DisclosureRepairEnded of the published version; ground is the number of the repair notice,
    from_micros when the credit was repaired. Fields: disclosure_id, ground, from_micros.
report_breach
    IntegrityBreachDetected, in the stream ``anchor:`` of the record: a copy of a log is not what
    was promised. Fields: target_id, its origin, ``#`` and the leaf index of the first bad entry.
confirm_alert
    AlertResolved, CONFIRMED, of the alert that the rule ``ground`` raises at an act of the stream;
    SupervisionAlertRaised before it, as the engine will derive it, if the ledger has none yet.
    Fields: source_event_id, ground, reason.

Every command also has ``kind``, ``agency_id`` (agencyId of the acts), ``case_id`` and
``item_code``; ``officer_id`` with ``credential_no`` is the one actor. Identifiers are final: an
aggregate of the platform's acts has exactly the ``disclosure_id``, ``retrieval_id`` or
``access_id`` given. ``target_id`` is a medium if it starts with ``media:``, else a document. What
is not used is null or empty. The stream is the ``key`` of the record that holds the command, its
``simTime`` the time of the acts. ``reason`` and ``ip`` are personal or free text: they go into
commitments, except the public reason of a withdrawal.

Read before: ``consumers/generate/records.py``. Read next: ``consumers/platform/commands.py``.
Trusts: nothing; a command is a wish, the platform's gates decide.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

COMMAND_KINDS: Final = (
    "draft_disclosure",
    "review_disclosure",
    "publish_disclosure",
    "withdraw_disclosure",
    "withhold_disclosure",
    "request_retrieval",
    "approve_retrieval",
    "access_record",
    "end_access",
    "copy_record",
    "close_retrieval",
    "archive_case",
    "use_emergency_access",
    "end_repaired_disclosure",
    "report_breach",
    "confirm_alert",
)


class Command(NamedTuple):
    """One step that the platform performs; fields as in the list above."""

    kind: str
    agency_id: str
    officer_id: str
    credential_no: str | None = None
    case_id: str | None = None
    item_code: str | None = None
    disclosure_id: str | None = None
    source_event_id: str | None = None
    """UUID text of the act that is disclosed."""
    cause_event_id: str | None = None
    """UUID text of the act because of which a disclosure is withdrawn."""
    channel: str | None = None
    view: str | None = None
    replaces: str | None = None
    ground: str | None = None
    reason: str | None = None
    retrieval_id: str | None = None
    org: str | None = None
    purpose: str | None = None
    mode: str | None = None
    media_ids: tuple[str, ...] = ()
    doc_ids: tuple[str, ...] = ()
    from_micros: int | None = None
    to_micros: int | None = None
    access_id: str | None = None
    target_id: str | None = None
    ip: str | None = None
    bytes: int | None = None
    outcome: str | None = None
    archive_no: str | None = None
    retention: str | None = None
    secrecy: str | None = None

    def to_record(self) -> dict[str, Any]:
        """Return the value of an Avro record of type ``Command``."""
        fields = self._asdict()
        return fields | {"media_ids": list(self.media_ids), "doc_ids": list(self.doc_ids)}


def command_from_record(record: dict[str, Any]) -> Command:
    """Return the command in the value of an Avro record of type ``Command``.

    Raises:
        TypeError: The record has a field that a command has not, or lacks a required one.
        ValueError: Its kind is unknown.
    """
    lists = {name: tuple(record.get(name, ())) for name in ("media_ids", "doc_ids")}
    command = Command(**(record | lists))
    if command.kind not in COMMAND_KINDS:
        raise ValueError(f"unknown command kind {command.kind!r}")
    return command


_LONGS: Final = ("from_micros", "to_micros", "bytes")
_LISTS: Final = ("media_ids", "doc_ids")
_REQUIRED: Final = ("kind", "agency_id", "officer_id")


def _field(name: str) -> dict[str, Any]:
    if name in _REQUIRED:
        return {"name": name, "type": "string"}
    if name in _LISTS:
        return {"name": name, "type": {"type": "array", "items": "string"}}
    return {"name": name, "type": ["null", "long" if name in _LONGS else "string"]}


COMMAND_SCHEMA: Final[dict[str, Any]] = {
    "type": "record",
    "name": "Command",
    "namespace": "lianzheng.simulation",
    "fields": [_field(name) for name in Command._fields],
}

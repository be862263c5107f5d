"""Disclosures: the acts by which a decision becomes public, changes, and goes.

Read before: ``record_drafts``, docs/spec/disclosure-record.md. Read next: ``retrieval``.

Draft, review and publication are three orders by at least two people; which of them may follow
which is the gates' decision, not made here. Nothing here publishes: the appender does, by taking
the act.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from consumers.emitter.submission import UnsealedAct
from consumers.platform.acts import ActWriter, Order, Secret
from consumers.platform.matter import Matter, ledger_of
from consumers.platform.record_drafts import RecordDrafts
from consumers.supervise.derived import duty_act
from ledger.domain.obligation import DisclosurePeriods, Result, shown_until
from ledger.domain.personal_scan import ScanResult
from ledger.domain.stream import StreamAct
from ledger.errors import RejectedError
from ledger.rules.disclosure_duties import (
    ASSESSED,
    PENALTIES,
    assessed_payload,
    duties_of,
    penalty_facts,
)

DISCLOSER: Final = "DISCLOSER"
REVIEWER: Final = "REVIEWER"
APPROVER: Final = "APPROVER"


class Target(NamedTuple):
    """What is disclosed, where."""

    disclosure_id: str
    source_event_id: bytes
    channel: str = "PORTAL"
    view: str = "PENALTY"
    replaces: str | None = None


class DisclosureActs:
    """Writes the acts of disclosures in one matter."""

    def __init__(self, matter: Matter, writer: ActWriter, drafts: RecordDrafts) -> None:
        self._matter = matter
        self._writer = writer
        self._drafts = drafts

    def draft(self, order: Order, target: Target) -> list[UnsealedAct]:
        """Assess the duty to disclose if nobody has, build the record, and draft it.

        Raises:
            RejectedError: ``NO_SOURCE``, ``PROHIBITED`` or as ``RecordDrafts.draft``.
        """
        decision = self._decision(target.source_event_id)
        acts, result = self._assessment(order, target, decision)
        if result == Result.MUST_NOT:
            raise RejectedError("PROHIBITED", "this decision must not be disclosed")
        version = self._matter.disclosure(target.disclosure_id).version + 1
        until = self._until(decision)
        record = self._drafts.draft(self._matter, decision, target.view, version, until)
        payload = {
            "sourceEventId": target.source_event_id,
            "view": target.view,
            "channel": target.channel,
            "contentHash": record.content_hash,
            "version": version,
            "drafter": order.officer_id,
            "redactions": [redaction._asdict() for redaction in record.redactions],
            "servedDocHash": decision.payload["doc"]["fileHash"],
            "publicDocHash": None,
            "replaces": target.replaces,
            "until": until,
        }
        acts.append(self._write(order, "DisclosureDrafted", target.disclosure_id, payload))
        return acts

    def withhold(self, order: Order, target: Target, ground: str) -> list[UnsealedAct]:
        """Assess the duty to disclose if nobody has, and withhold.

        Raises:
            RejectedError: ``NO_SOURCE``.
        """
        decision = self._decision(target.source_event_id)
        acts, _ = self._assessment(order, target, decision)
        payload = {
            "sourceEventId": target.source_event_id,
            "channel": target.channel,
            "ground": ground,
            "approver": order.officer_id,
        }
        role = APPROVER
        acts.append(self._write(order, "DisclosureWithheld", target.disclosure_id, payload, role))
        return acts

    def review(
        self, order: Order, disclosure_id: str, returned_because: str | None = None
    ) -> list[UnsealedAct]:
        """Approve the draft, or return it, after scanning its record.

        The scan's result is in the act, whatever the reviewer thinks; so are the open critical
        alerts of the matter, which the reviewer is shown and thereby acknowledges.

        Args:
            order: By the reviewer.
            disclosure_id: Of the disclosure.
            returned_because: Why it goes back to the drafter; None approves.

        Raises:
            RejectedError: ``NO_DRAFT`` or ``NO_SOURCE``; ``SOURCE_CORRECTED`` unless returned.
            UnavailableError: The object store has not got the record.
        """
        if returned_because is None:
            self._check_drafted_as_it_reads(disclosure_id)
        draft = self._matter.draft(disclosure_id)
        decision = self._decision(draft["sourceEventId"])
        content_hash = draft["contentHash"]
        scan = self._drafts.scan(self._matter, decision, content_hash)
        payload = {
            "contentHash": content_hash,
            "decision": "APPROVED" if returned_because is None else "RETURNED",
            "reviewer": order.officer_id,
            "secrecyCheck": True,
            "privacyCheck": True,
            "scan": scan_field(scan, content_hash),
            "acknowledgedAlerts": self._matter.critical_alerts,
            "reason": None,
        }
        secrets = {}
        if returned_because is not None:
            secrets["reason"] = Secret(returned_because, order.stream_id)
        act = self._writer.write(
            order, "DisclosureReviewed", disclosure_id, payload, REVIEWER, secrets=secrets
        )
        return [act]

    def publish(self, order: Order, disclosure_id: str) -> list[UnsealedAct]:
        """Publish what was approved; this platform's page needs no address in the act.

        Raises:
            RejectedError: ``NO_DRAFT`` or ``SOURCE_CORRECTED``.
        """
        self._check_drafted_as_it_reads(disclosure_id)
        draft = self._matter.draft(disclosure_id)
        payload = {
            "channel": draft["channel"],
            "view": draft["view"],
            "url": None,
            "publishedAt": order.at,
            "until": draft["until"],
            "contentHash": draft["contentHash"],
            "version": draft["version"],
        }
        return [self._write(order, "DisclosurePublished", disclosure_id, payload)]

    def update(self, order: Order, disclosure_id: str, reason: str) -> list[UnsealedAct]:
        """Put the approved next version in the place of the published one.

        Raises:
            RejectedError: ``NO_DRAFT``, ``NOT_PUBLISHED`` or ``SOURCE_CORRECTED``.
            UnavailableError: The object store has not got one of the records.
        """
        self._check_drafted_as_it_reads(disclosure_id)
        draft = self._matter.draft(disclosure_id)
        published = self._published_hash(disclosure_id)
        content_hash = draft["contentHash"]
        scan = self._scan_reason(draft["sourceEventId"], reason)
        payload = {
            "version": draft["version"],
            "contentHash": content_hash,
            "changedFields": self._drafts.changed_fields(published, content_hash),
            "reason": reason,
            "scan": scan_field(scan, content_hash),
            "at": order.at,
            "until": draft["until"],
        }
        return [self._write(order, "DisclosureUpdated", disclosure_id, payload)]

    def withdraw(
        self,
        order: Order,
        disclosure_id: str,
        ground: str,
        reason: str,
        cause_event_id: bytes | None = None,
    ) -> list[UnsealedAct]:
        """Take the published version down, with a reason for everybody to read.

        Raises:
            RejectedError: ``NO_DRAFT`` or ``NOT_PUBLISHED``.
        """
        source = self._matter.draft(disclosure_id)["sourceEventId"]
        published = self._published_hash(disclosure_id)
        payload = {
            "ground": ground,
            "publicReason": reason,
            "scan": scan_field(self._scan_reason(source, reason), published),
            "causeEventId": cause_event_id,
            "at": order.at,
            "contentHash": published,
            "version": self._matter.disclosure(disclosure_id).version,
        }
        return [self._write(order, "DisclosureWithdrawn", disclosure_id, payload)]

    def end_by_repair(
        self, order: Order, disclosure_id: str, repair_doc: str, repaired_at: int
    ) -> list[UnsealedAct]:
        """End what is published because the credit of the party was repaired.

        Args:
            order: By whoever ends it, and when.
            disclosure_id: Of the disclosure.
            repair_doc: Number of the repair notice.
            repaired_at: When the credit was repaired, microseconds UTC.

        Raises:
            RejectedError: ``NOT_PUBLISHED``.
        """
        self._published_hash(disclosure_id)
        payload = {"repairDocNo": repair_doc, "at": repaired_at}
        return [self._write(order, "DisclosureRepairEnded", disclosure_id, payload)]

    def _assessment(
        self, order: Order, target: Target, decision: StreamAct
    ) -> tuple[list[UnsealedAct], str]:
        """Return the assessing act, or none where the channel has one, and its result."""
        return assessment(self._matter, self._writer, order, target, decision)

    def _check_drafted_as_it_reads(self, disclosure_id: str) -> None:
        """Check that the draft was made of what the decision says now."""
        if self._matter.is_outdated(disclosure_id):
            raise RejectedError("SOURCE_CORRECTED", "corrected since it was drafted: draft it anew")

    def _decision(self, event_id: bytes) -> StreamAct:
        decision = self._matter.act(event_id)
        if not is_decision(decision):
            raise RejectedError("NO_FIELD_POLICY", "only penalties are disclosed here")
        return decision

    def _until(self, decision: StreamAct) -> int:
        periods = DisclosurePeriods.from_numbers(self._matter.rules.numbers)
        return shown_until(penalty_facts(decision), decision.payload["doc"]["docDate"], periods)

    def _published_hash(self, disclosure_id: str) -> str:
        content_hash = self._matter.disclosure(disclosure_id).content_hash
        if content_hash is None:
            raise RejectedError("NOT_PUBLISHED", "nothing is published under this id")
        return content_hash

    def _scan_reason(self, source_event_id: bytes, reason: str) -> ScanResult:
        # Also of a decision that was annulled: what is public of it has to come down.
        decision = self._matter.as_it_came(source_event_id)
        return self._drafts.scan_reason(self._matter, decision, reason)

    def _write(
        self,
        order: Order,
        event_type: str,
        disclosure_id: str,
        payload: dict[str, Any],
        role: str = DISCLOSER,
    ) -> UnsealedAct:
        return self._writer.write(order, event_type, disclosure_id, payload, role)


def is_decision(item: StreamAct) -> bool:
    """Tell whether an act is a decision that the duty to disclose can be judged of here."""
    return item.event_type in PENALTIES


def assessment(
    matter: Matter, writer: ActWriter, order: Order, target: Target, decision: StreamAct
) -> tuple[list[UnsealedAct], str]:
    """Return the acts that judge a decision for a channel, as far as they are not there.

    Where the rule set has the platform judge by itself, these are the very acts that follow from
    the entries (docs/spec/derived.md): whoever comes second sends what the ledger has already.

    Returns:
        The acts, and MUST, MAY_WITHHOLD or MUST_NOT.
    """
    place = decision.act.event_id, target.channel
    found = duties_of(matter.acts, matter.origin, matter.state.with_terms_of)
    there = {item.act.event_id for item in matter.acts}
    missing = [
        duty
        for duty in found
        if (duty.source_event_id, duty.channel) == place and duty.event_id not in there
    ]
    if missing:
        sim_time = order.at if matter.state.is_simulated else None
        name = ledger_of(matter.state).platform_key.name
        return [duty_act(it, name, sim_time) for it in missing], missing[-1].result
    known = matter.disclosures.obligations.get(place)
    if known is not None:
        return [], known
    payload = assessed_payload(decision, target.channel, matter.rules, matter.state.calendar)
    assert payload is not None  # It is a decision.
    act = writer.write(order, ASSESSED, target.disclosure_id, payload, DISCLOSER)
    return [act], payload["result"]


def scan_field(scan: ScanResult, content_hash: str) -> dict[str, Any]:
    """Return a scan's result as an act holds it."""
    return {
        "scannerVersion": scan.scanner_version,
        "contentHash": content_hash,
        "clean": scan.clean,
    }

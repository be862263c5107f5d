"""Everything the platform does by itself, one method each: an order in, acts to sign out.

Read before: ``disclosure``, ``retrieval``. Read next: ``performer``, and the portal's buttons.

A method reads the matter as it is, builds the acts and returns them; whoever called signs them
with the platform's key, sends them and waits for the ledger's answer, which is the only thing
that counts. Orders are wishes: the gates decide, and a refusal is recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from consumers.emitter.submission import UnsealedAct
from consumers.platform.acts import ActWriter, Order
from consumers.platform.alerts import Confirmation, confirm_acts
from consumers.platform.decision_gate import Draft, request_acts
from consumers.platform.disclosure import DisclosureActs, Target
from consumers.platform.discretion import Choice, advice_acts
from consumers.platform.matter import Matter, MatterReader
from consumers.platform.record_drafts import Objects, RecordDrafts, Reveals
from consumers.platform.retrieval import CUSTODIAN, Request, RetrievalActs
from consumers.supervise.judging import History
from ledger.clock import Random
from ledger.domain.stream import StreamAct
from ledger.rules.disclosure_duties import ASSESSED

Acts = list[UnsealedAct]
FILE_PREFIX: Final = "file:"


class Earlier(NamedTuple):
    """What the ledger has of an order that was given before.

    Attributes:
        log: The case log.
        acts: The acts of the order that it took, in the order of the stream; and what the platform
            says by itself of the duty that a draft or a withholding rests on.
        refusal: What a gate said instead of taking the rest; None: the order was carried out.
    """

    log: str
    acts: Sequence[StreamAct]
    refusal: StreamAct | None = None


def _with_duties(own: Sequence[StreamAct], matter: Matter) -> list[StreamAct]:
    """Return acts of an order after those that judge what they name, whoever sent these."""
    named = {(it.payload.get("sourceEventId"), it.payload.get("channel")) for it in own}
    duties = [
        item
        for item in matter.acts
        if item.event_type == ASSESSED
        and item not in own
        and (item.payload["sourceEventId"], item.payload["channel"]) in named
    ]
    return [*duties, *own]


class PlatformCommands:
    """Builds the platform's acts.

    Args:
        matters: Reads matters from the event store.
        vault: Reveals personal values for records.
        objects: Keeps the records' bytes.
        random: For salts, nonces and ids.
    """

    def __init__(
        self, matters: MatterReader, vault: Reveals, objects: Objects, random: Random
    ) -> None:
        self._matters = matters
        self._drafts = RecordDrafts(vault, objects, random)
        self._random = random

    def read(self, stream_id: str) -> Matter:
        """Return a matter as it is now."""
        return self._matters.read(stream_id)

    def draft_disclosure(self, order: Order, target: Target) -> Acts:
        """Assess the duty if nobody has, build and keep the record, draft it."""
        return self._disclosure(order).draft(order, target)

    def withhold_disclosure(self, order: Order, target: Target, ground: str) -> Acts:
        """Assess the duty if nobody has, and withhold."""
        return self._disclosure(order).withhold(order, target, ground)

    def review_disclosure(
        self, order: Order, disclosure_id: str, returned_because: str | None = None
    ) -> Acts:
        """Scan the draft's record and approve it, or return it for a reason."""
        return self._disclosure(order).review(order, disclosure_id, returned_because)

    def publish_disclosure(self, order: Order, disclosure_id: str) -> Acts:
        """Publish what was approved."""
        return self._disclosure(order).publish(order, disclosure_id)

    def update_disclosure(self, order: Order, disclosure_id: str, reason: str) -> Acts:
        """Put the approved next version in the place of the published one."""
        return self._disclosure(order).update(order, disclosure_id, reason)

    def withdraw_disclosure(
        self,
        order: Order,
        disclosure_id: str,
        ground: str,
        reason: str,
        cause_event_id: bytes | None = None,
    ) -> Acts:
        """Take the published version down, with a public reason."""
        acts = self._disclosure(order)
        return acts.withdraw(order, disclosure_id, ground, reason, cause_event_id)

    def end_repaired_disclosure(
        self, order: Order, disclosure_id: str, repair_doc: str, repaired_at: int
    ) -> Acts:
        """End what is published because the credit of the party was repaired."""
        return self._disclosure(order).end_by_repair(order, disclosure_id, repair_doc, repaired_at)

    def report_breach(self, order: Order, origin: str, leaf_index: int) -> Acts:
        """Report that a copy of a log is not what was promised (完整性破坏).

        Args:
            order: In a stream ``anchor:``.
            origin: Origin of the copy.
            leaf_index: Of its first entry that is not as promised.
        """
        payload = {
            "firstBad": {"origin": origin, "leafIndex": leaf_index},
            "kind": "COPY_DIFFERS",
        }
        writer = ActWriter(self.read(order.stream_id), self._random)
        stream = order.stream_id
        return [writer.write(order, "IntegrityBreachDetected", stream, payload, CUSTODIAN)]

    def confirm_alert(self, order: Order, control: History, said: Confirmation) -> Acts:
        """Confirm an alert that follows from the matter, and raise it if nobody has (预警属实)."""
        matter = self.read(order.stream_id)
        return confirm_acts(matter, control, ActWriter(matter, self._random), order, said)

    def request_retrieval(self, order: Order, request: Request) -> Acts:
        """Ask to see records of a matter."""
        return self._retrieval(order).request(order, request)

    def approve_retrieval(
        self,
        order: Order,
        retrieval_id: str,
        start: int,
        end: int,
        second_approver: str | None = None,
    ) -> Acts:
        """Open a window for what was asked."""
        return self._retrieval(order).approve(order, retrieval_id, start, end, second_approver)

    def reject_retrieval(self, order: Order, retrieval_id: str, reason: str) -> Acts:
        """Refuse what was asked."""
        return self._retrieval(order).reject(order, retrieval_id, reason)

    def access_record(
        self, order: Order, retrieval_id: str, access_id: str, target_id: str, ip: str
    ) -> Acts:
        """Begin to look at a record; nothing is shown before the ledger took the act."""
        return self._retrieval(order).access(order, retrieval_id, access_id, target_id, ip)

    def end_access(self, order: Order, retrieval_id: str, access_id: str, bytes_sent: int) -> Acts:
        """Say that an access is over."""
        return self._retrieval(order).end_access(order, retrieval_id, access_id, bytes_sent)

    def copy_record(self, order: Order, retrieval_id: str, target_id: str) -> Acts:
        """Hand out a copy."""
        return self._retrieval(order).copy(order, retrieval_id, target_id)

    def close_retrieval(self, order: Order, retrieval_id: str, outcome: str) -> Acts:
        """End a retrieval."""
        return self._retrieval(order).close(order, retrieval_id, outcome)

    def use_emergency_access(self, order: Order, request: Request) -> Acts:
        """Open a window of hours without approval; no page offers it, nor yet its ratification."""
        return self._retrieval(order).emergency(order, request)

    def deny_access(self, order: Order, retrieval_id: str, target_id: str, reason: str) -> Acts:
        """Record that a person was kept from a record; no page shows records, so none asks yet."""
        return self._retrieval(order).deny(order, retrieval_id, target_id, reason)

    def request_decision_gate(self, order: Order, draft: Draft) -> Acts:
        """Ask for the permit of a decision (决定前置核验)."""
        matter = self.read(order.stream_id)
        return request_acts(matter, ActWriter(matter, self._random), order, draft)

    def advise_discretion(self, order: Order, choice: Choice) -> Acts:
        """Record the advised range with the officer's choice and reason (裁量辅助)."""
        matter = self.read(order.stream_id)
        words = "\n".join(filter(None, (choice.circumstance, choice.reason)))
        scan = self._drafts.scan_words(matter, words)
        return advice_acts(matter, ActWriter(matter, self._random), order, choice, scan)

    def archive_case(self, order: Order, archive_no: str, retention: str, secrecy: str) -> Acts:
        """Archive the case file: its stream up to now, with the root over its entries."""
        matter = self.read(order.stream_id)
        payload = {
            "archiveNo": archive_no,
            "throughVersion": matter.version,
            "streamRoot": matter.root,
            "retention": retention,
            "secrecy": secrecy,
        }
        writer = ActWriter(matter, self._random)
        file_id = FILE_PREFIX + order.stream_id
        return [writer.write(order, "CaseFileArchived", file_id, payload, CUSTODIAN)]

    def earlier(self, order: Order, event_type: str) -> Earlier | None:
        """Return what the ledger says of an order that was given before; None: it knows nothing.

        Args:
            order: With a reference.
            event_type: Of the act by which the order is done. What comes before that act may be
                in the ledger without it: then the order is not done.
        """
        assert order.reference is not None
        matter = self.read(order.stream_id)
        writer = ActWriter(matter, self._random)
        own = [it for it in matter.acts if it.act.event_id == writer.event_id(order, it.event_type)]
        if any(item.event_type == event_type for item in own):
            return Earlier(matter.log, _with_duties(own, matter))
        for refused_id, refusal in matter.refusals.items():
            types = {event_type, str(refusal.payload.get("action", event_type))}
            if refused_id in {writer.event_id(order, one) for one in types}:
                return Earlier(matter.log, own, refusal)
        return None

    def _disclosure(self, order: Order) -> DisclosureActs:
        matter = self.read(order.stream_id)
        return DisclosureActs(matter, ActWriter(matter, self._random), self._drafts)

    def _retrieval(self, order: Order) -> RetrievalActs:
        matter = self.read(order.stream_id)
        return RetrievalActs(matter, ActWriter(matter, self._random))

"""Pushes of published records to outside channels, and their receipts, as acts of the platform.

Read before: ``ledger/domain/push.py``, docs/spec/disclosure-push.md. Read next: ``channel``.

That a record was pushed is in the ledger before it leaves, its receipt once the channel has said
the same hash: killed in between, the message goes out again under its old id. Nothing here sends.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from consumers.emitter.submission import UnsealedAct
from consumers.platform.acts import ActWriter, Order
from consumers.platform.disclosure import Target, assessment, is_decision
from consumers.platform.matter import Matter, ledger_of
from ledger.domain.disclosure import MUST_NOT, PUBLISHED, Disclosure, fold_disclosures
from ledger.domain.obligation import Result
from ledger.domain.push import (
    ACKNOWLEDGED,
    PUSHED,
    DuePush,
    Push,
    Shares,
    due_push,
    fold_shares,
    is_receipt,
    push_channels,
)
from ledger.domain.stream import StreamAct, counted_acts
from ledger.store.log_tables import origin_of

_NO_PERSON: Final = ""


class MatterPushes:
    """What channels still have to hear of one matter.

    Args:
        matter: As it is now.
        writer: Writes acts into it.
        targets: The channels that can be reached.
    """

    def __init__(self, matter: Matter, writer: ActWriter, targets: Collection[str]) -> None:
        self._matter = matter
        self._writer = writer
        self._targets = frozenset(targets)
        origin = origin_of(ledger_of(matter.state).name, matter.log)
        self._acts = counted_acts(matter.acts, matter.state, origin)
        self._disclosures = fold_disclosures(self._acts)
        self._shares = fold_shares(self._acts)

    def assessments(self, at: int) -> list[UnsealedAct]:
        """Return the judgements that are missing: whether a decision belongs on a channel."""
        acts, judged = [], set(self._disclosures.obligations)
        for held in self._disclosures.by_id.values():
            for target in self._channels():
                key = (held.source_event_id, target)
                decision = self._source(held)
                if held.state != PUBLISHED or decision is None or key in judged:
                    continue
                judged.add((decision.act.event_id, target))
                reference = f"assess:{held.disclosure_id}:{target}"
                order = self._order(held.disclosure_id, at, reference)
                of = Target(held.disclosure_id, decision.act.event_id, target)
                acts += assessment(self._matter, self._writer, order, of, decision)[0]
        return acts

    def due(self, *, again: bool = False) -> Iterator[DuePush]:
        """Yield what channels have to hear, by disclosure and channel.

        Args:
            again: Also what a channel has refused.
        """
        for disclosure_id, held in sorted(self._disclosures.by_id.items()):
            out_there = {target for one, target in self._shares if one == disclosure_id}
            for target in sorted(self._targets & {*self._channels(), *out_there}):
                shares = self._shares.get((disclosure_id, target), Shares())
                if held.state == PUBLISHED and not self._belongs(held, target):
                    continue
                agency_id = self._agency(disclosure_id)
                turn = self._turn(disclosure_id, target)
                found = due_push(held, target, shares, agency_id, turn, again=again)
                if found is not None:
                    yield found

    def pushed(self, push: Push, at: int) -> UnsealedAct:
        """Return the act that says that a record is pushed."""
        order = self._order(push.disclosure_id, at, push.batch_id)
        payload = {
            "target": push.target,
            "action": push.action,
            "batchId": push.batch_id,
            "recordHash": push.record_hash,
        }
        return self._writer.write(order, PUSHED, push.disclosure_id, payload)

    def acknowledged(self, push: Push, status: str, at: int) -> UnsealedAct:
        """Return the act that says what the channel answered, with the hash it named."""
        payload = {
            "target": push.target,
            "batchId": push.batch_id,
            "recordHash": push.record_hash,
            "status": status,
        }
        turn = sum(
            item.event_type == ACKNOWLEDGED and is_receipt(item.payload, payload)
            for item in self._matter.acts
        )
        order = self._order(push.disclosure_id, at, f"{push.batch_id}:{turn}")
        return self._writer.write(order, ACKNOWLEDGED, push.disclosure_id, payload)

    def _channels(self) -> list[str]:
        rules = self._matter.state.rule_set
        return [one for one in push_channels(rules) if one in self._targets]

    def _belongs(self, held: Disclosure, target: str) -> bool:
        if held.source_event_id is None:
            return False
        result = self._disclosures.obligations.get((held.source_event_id, target))
        return result == Result.MUST or (target == held.channel and result != MUST_NOT)

    def _source(self, held: Disclosure) -> StreamAct | None:
        """Return the decision that is disclosed, None where it is none that can be judged here."""
        for item in self._acts:
            if item.act.event_id == held.source_event_id:
                return item if is_decision(item) else None
        return None

    def _agency(self, disclosure_id: str) -> str:
        return next(
            item.act.agency_id for item in self._acts if item.act.aggregate_id == disclosure_id
        )

    def _turn(self, disclosure_id: str, target: str) -> int:
        """Return how often a push was recorded, also what was annulled: no id is used twice."""
        return sum(
            item.event_type == PUSHED
            and item.act.aggregate_id == disclosure_id
            and item.payload["target"] == target
            for item in self._matter.acts
        )

    def _order(self, disclosure_id: str, at: int, reference: str) -> Order:
        stream_id = self._matter.stream_id
        return Order(stream_id, self._agency(disclosure_id), _NO_PERSON, at, reference=reference)

"""Which outside channels a published record is pushed to, and what one still has to hear.

Read before: docs/spec/disclosure-push.md, ``disclosure``. Read next:
``consumers/platform/push.py``.

The channels are a list of the published rule set; a decision belongs on one where the law says so
(``obligation``). Pure: the acts of a matter in, what is missing out. Only acts that count are read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ledger.chain.jcs import canonical_json
from ledger.domain.control_records import RuleSet
from ledger.domain.disclosure import PUBLISHED, Disclosure
from ledger.domain.obligation import Channel
from ledger.domain.stream import StreamAct

CHANNELS_LIST: Final = "push_channels"
PUSHED: Final = "DisclosurePushed"
ACKNOWLEDGED: Final = "DisclosurePushAcknowledged"
PUBLISHING: Final = frozenset({"PUBLISH", "UPDATE"})
WITHDRAW: Final = "WITHDRAW"
_NOT_PUBLIC: Final = frozenset({"WITHDRAWN", "ENDED"})


class Push(NamedTuple):
    """One message to a channel."""

    disclosure_id: str
    target: str
    action: str  # PUBLISH, UPDATE or WITHDRAW.
    record_hash: str
    batch_id: str
    agency_id: str


class DuePush(NamedTuple):
    """A message that a channel has to get."""

    push: Push
    is_recorded: bool  # ``DisclosurePushed`` is in the ledger: only the receipt is missing.


class Shares:
    """What was pushed of one disclosure to one channel, folded from acts."""

    def __init__(self) -> None:
        self.pushed: Mapping[str, Any] | None = None  # Payload of the newest ``DisclosurePushed``.
        self.status: str | None = None  # Of its receipt: ACCEPTED or REFUSED.
        self.is_out_there = False  # Something public went out, and was not taken back since.

    def take_in(self, item: StreamAct) -> None:
        """Take in the next push or receipt."""
        payload = item.payload
        if item.event_type == PUSHED:
            self.pushed, self.status = payload, None
            self.is_out_there = payload["action"] in PUBLISHING
        elif self.pushed is not None and is_receipt(payload, self.pushed):
            self.status = payload["status"] if self.status != "ACCEPTED" else self.status


def is_receipt(receipt: Mapping[str, Any], pushed: Mapping[str, Any]) -> bool:
    """Tell whether a receipt is that of a push: same batch, same hash."""
    names = ("target", "batchId", "recordHash")
    return all(receipt[name] == pushed[name] for name in names)


def push_channels(rules: RuleSet | None) -> tuple[str, ...]:
    """Return the channels of a rule set that records are pushed to; unknown names are none."""
    names = () if rules is None else rules.lists.get(CHANNELS_LIST, ())
    return tuple(name for name in names if name in set(Channel))


def fold_shares(acts: Iterable[StreamAct]) -> dict[tuple[str, str], Shares]:
    """Return what was pushed, by disclosure and channel."""
    shares: dict[tuple[str, str], Shares] = {}
    for item in acts:
        if item.event_type in (PUSHED, ACKNOWLEDGED):
            key = (item.act.aggregate_id, item.payload["target"])
            shares.setdefault(key, Shares()).take_in(item)
    return shares


def due_push(
    held: Disclosure,
    target: str,
    shares: Shares,
    agency_id: str,
    turn: int,
    *,
    again: bool = False,
) -> DuePush | None:
    """Return what a channel still has to hear of a disclosure that belongs there.

    Args:
        held: The disclosure.
        target: The channel.
        shares: What was pushed so far.
        agency_id: Whose record it is.
        turn: How many pushes of it to the channel were recorded before: makes ids new.
        again: Also what the channel has refused.
    """
    record_hash = held.content_hash
    if record_hash is None:
        return None
    if held.state == PUBLISHED:
        action = "UPDATE" if shares.is_out_there else "PUBLISH"
    elif held.state in _NOT_PUBLIC and (shares.is_out_there or _is_withdrawal(shares)):
        action = WITHDRAW
    else:
        return None
    pushed = shares.pushed
    if pushed is not None and pushed["recordHash"] == record_hash and _same_kind(pushed, action):
        if shares.status == "ACCEPTED" or (shares.status == "REFUSED" and not again):
            return None
        push = Push(
            held.disclosure_id, target, pushed["action"], record_hash, pushed["batchId"], agency_id
        )
        return DuePush(push, is_recorded=True)
    batch_id = batch_of(held.disclosure_id, target, action, record_hash, turn)
    push = Push(held.disclosure_id, target, action, record_hash, batch_id, agency_id)
    return DuePush(push, is_recorded=False)


def batch_of(disclosure_id: str, target: str, action: str, record_hash: str, turn: int) -> str:
    """Return the id of a message: the same message has the same id for ever."""
    said: Sequence[str] = [disclosure_id, target, action, record_hash, str(turn)]
    return "push:" + hashlib.sha256(canonical_json(list(said))).hexdigest()[:40]


def _is_withdrawal(shares: Shares) -> bool:
    return shares.pushed is not None and shares.pushed["action"] == WITHDRAW


def _same_kind(pushed: Mapping[str, Any], action: str) -> bool:
    return bool(pushed["action"] == WITHDRAW) == (action == WITHDRAW)

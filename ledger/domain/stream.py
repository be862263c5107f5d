"""The acts of one stream, decoded, and which of them count for a gate.

Read before: ``ledger/chain/entry.py``. Read next: ``case``, ``review``, ``disclosure``,
``retrieval``, ``hold``: the folds over what is returned here.

Anybody registered may write into a matter's stream; a gate must not open because a stranger
agency wrote what its own rules ask for. So an act counts only if its agency is the stream's owner
(that of the first act, whom the case was transferred to, or whom a supervision opinion addresses
in its own stream), its emitter is registered as supervisor or platform, or the ledger made it
(docs/spec/gates.md). An annulled act does not count,
and one that was corrected counts as corrected (``amendments``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ledger.chain.act import Act, decode_act
from ledger.chain.entry import Entry, decode_entry
from ledger.domain.amendments import amended
from ledger.domain.control import ControlState

_TRANSFER: Final = "JurisdictionTransferred"
_OPINION: Final = "SupervisionOpinionIssued"
# Only of acts of these types does ``count_step`` ask for the payload: it says who owns a stream.
OWNER_TYPES: Final = frozenset({_OPINION, _TRANSFER})
_SUPERVISION: Final = "supervision:"


class StreamAct(NamedTuple):
    """One entry of a stream with its act and decoded payload."""

    entry: Entry
    act: Act
    payload: Mapping[str, Any]

    @property
    def event_type(self) -> str:
        """The type of the act."""
        return self.act.event_type


def read_stream(entries: Iterable[bytes], state: ControlState) -> list[StreamAct]:
    """Decode the entries of a stream, in their order.

    Args:
        entries: Entry bytes as stored.
        state: The control log at least as far as each entry's ``controlSize``.

    Raises:
        MalformedRecordError: bytes that are no entry or act: what is stored is not what we wrote.
    """
    acts = []
    for data in entries:
        entry = decode_entry(data)
        act = decode_act(entry.act)
        if (act.event_type, act.schema_version) not in state.schemas:
            continue  # The ledger's own, made before its schema was published: no gate asks for it.
        codec = state.codec(act.event_type, act.schema_version)
        acts.append(StreamAct(entry, act, codec.decode(act.payload)))
    return acts


def count_step(
    item: StreamAct, owner: str | None, state: ControlState, origin: str
) -> tuple[bool, str]:
    """Return whether an act counts, and the agency that owns the stream after it.

    Args:
        item: The next act of the stream; its payload is looked at only of ``OWNER_TYPES``.
        owner: The agency that owned the stream before it; None for its first act.
        state: The control log by which it is judged.
        origin: Origin of the log: the emitter of what the ledger itself made.
    """
    act = item.act
    owner = act.agency_id if owner is None else owner
    is_owners = act.agency_id == owner
    does_count = (
        is_owners
        or act.emitter_id == origin
        or act.stream_key == f"agency:{act.agency_id}"  # Whoever registered it, it is its own.
        or state.emitter_kind(act.emitter_id) in ("SUPERVISOR", "PLATFORM")
    )
    if is_owners and item.event_type == _TRANSFER:
        owner = item.payload["toAgency"]
    elif does_count and item.event_type == _OPINION and act.stream_key.startswith(_SUPERVISION):
        owner = item.payload["toAgency"]  # Whom it addresses answers it, in the opinion's stream.
    return does_count, owner


def stream_owner(acts: Sequence[StreamAct], state: ControlState, origin: str) -> str | None:
    """Return the agency that owns a stream after these acts, None for one without acts.

    Args:
        acts: All acts of the stream.
        state: The control log by which they are judged.
        origin: Origin of the log: the emitter of what the ledger itself made.
    """
    owner = None
    for item in acts:
        _, owner = count_step(item, owner, state, origin)
    return owner


def counted_acts(acts: Sequence[StreamAct], state: ControlState, origin: str) -> list[StreamAct]:
    """Return the acts that a gate may count, in their order, as corrected.

    Args:
        acts: All acts of the stream.
        state: The control log at the gate's ``controlSize``.
        origin: Origin of the log: the emitter of what the ledger itself made.
    """
    return amended(owners_acts(acts, state, origin), state)


def owners_acts(acts: Sequence[StreamAct], state: ControlState, origin: str) -> list[StreamAct]:
    """Return the acts of whoever may write in the stream, annulled ones too. Args as above."""
    kept = []
    owner = None
    for item in acts:
        does_count, owner = count_step(item, owner, state, origin)
        if does_count:
            kept.append(item)
    return kept

"""The acts of one stream, decoded, and which of them count for a gate.

Read before: ``ledger/chain/entry.py``. Read next: ``case``, ``review``, ``disclosure``,
``retrieval``, ``hold``: the folds over what is returned here.

Anybody registered may write into a matter's stream; a gate must not open because a stranger
agency wrote what its own rules ask for. So an act counts only if its agency is the stream's owner
(that of the first act, or whom the case was transferred to), its emitter is registered as
supervisor or platform, or the ledger made it (docs/spec/gates.md). An annulled act does not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ledger.chain.act import Act, decode_act
from ledger.chain.entry import Entry, decode_entry
from ledger.domain.control import ControlState


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


def counted_acts(acts: Sequence[StreamAct], state: ControlState, origin: str) -> list[StreamAct]:
    """Return the acts that a gate may count, in their order.

    Args:
        acts: All acts of the stream.
        state: The control log at the gate's ``controlSize``.
        origin: Origin of the log: the emitter of what the ledger itself made.
    """
    counted = []
    owner = None
    for item in acts:
        if owner is None:
            owner = item.act.agency_id
        emitter_id = item.act.emitter_id
        if (
            item.act.agency_id == owner
            or emitter_id == origin
            or state.emitter_kind(emitter_id) in ("SUPERVISOR", "PLATFORM")
        ):
            counted.append(item)
            if item.event_type == "JurisdictionTransferred" and item.act.agency_id == owner:
                owner = item.payload["toAgency"]
    annulled = {
        item.payload["targetEventId"] for item in counted if item.event_type == "EventAnnulled"
    }
    return [item for item in counted if item.act.event_id not in annulled]

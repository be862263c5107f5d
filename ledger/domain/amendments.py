"""What annulments and corrections make of the acts before them in a stream.

Read before: ``stream``. Read next: ``ledger/rules/violations/engine.py``.

An annulled act counts no more, also one that comes after its annulment; a corrected one
(``EventCorrected``, 更正记录) counts with another payload, at its own place and time, from the
correction on (docs/spec/corrections.md). Both stay in the chain as they are. A correction that is
annulled leaves what was said before it; an annulment that is annulled annuls nevertheless.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.domain.control import ControlState, codec_of
from ledger.errors import MalformedError

if TYPE_CHECKING:
    from ledger.domain.stream import StreamAct

ANNULLED: Final = "EventAnnulled"
CORRECTED: Final = "EventCorrected"
# What says something of the record itself, or follows from it, is not corrected but annulled.
_FIXED: Final = frozenset(
    {
        *(CORRECTED, ANNULLED, "EventAnnulmentProposed"),
        *("SupervisionAlertRaised", "DeadlineMissed", "LegalReviewInvalidated"),
        "DisclosureObligationAssessed",
    }
)
_MADE_BY_LEDGER: Final = "Ledger"  # Their aggregate type.


class Amended(NamedTuple):
    """An earlier act, as it counts from now on.

    Attributes:
        event_id: Its id.
        item: The act; None: it counts no more.
    """

    event_id: bytes
    item: StreamAct | None


class Amendments:
    """The acts of one stream that count, as later ones leave them."""

    def __init__(self) -> None:
        self._held: dict[bytes, StreamAct] = {}
        self._annulled: set[bytes] = set()  # What is annulled, come or not.
        self._before: dict[bytes, list[tuple[bytes, StreamAct]]] = {}  # Corrections; what was then.
        self._target: dict[bytes, bytes] = {}  # Of each correction that holds.

    @property
    def counting(self) -> list[StreamAct]:
        """The acts that count now, as they read now, in the order of the stream."""
        return list(self._held.values())

    def is_void(self, item: StreamAct) -> bool:
        """Tell whether an act that comes next is annulled already: it counts for nothing.

        It is taken in all the same, because what a void annulment annuls stays annulled.
        """
        return item.act.event_id in self._annulled

    def is_without_effect(self, item: StreamAct) -> bool:
        """Tell whether an act that comes next can be passed over: void, and no annulment."""
        return self.is_void(item) and item.event_type != ANNULLED

    def take(self, item: StreamAct, state: ControlState) -> Amended | None:
        """Take in the next act of who may write; return which earlier one it changes, if it does.

        Args:
            item: The act.
            state: The control log by which it is judged.
        """
        changed, is_void = None, self.is_void(item)
        if item.event_type == ANNULLED:
            changed = self._annul(item.payload["targetEventId"])
        elif item.event_type == CORRECTED and not is_void:
            changed = self._correct(item, state)
        if not is_void:
            self._held[item.act.event_id] = item
        return changed

    def _annul(self, event_id: bytes) -> Amended | None:
        self._annulled.add(event_id)
        if self._held.pop(event_id, None) is None:
            return None
        target = self._target.pop(event_id, None)
        if target is None:
            return Amended(event_id, None)
        return self._undo(event_id, target)

    def _undo(self, correction: bytes, target: bytes) -> Amended | None:
        """Take one correction back; a later one of the same act stands on."""
        before = self._before[target]
        place = next(at for at, (one, _) in enumerate(before) if one == correction)
        _, earlier = before.pop(place)
        if target not in self._held:
            return None
        if place < len(before):
            before[place] = (before[place][0], earlier)
            return None
        self._held[target] = earlier
        return Amended(target, earlier)

    def _correct(self, item: StreamAct, state: ControlState) -> Amended | None:
        target: bytes = item.payload["targetEventId"]
        held = self._held.get(target)
        corrected = None if held is None else as_corrected(held, item, state)
        if held is None or corrected is None:
            return None
        self._before.setdefault(target, []).append((item.act.event_id, held))
        self._target[item.act.event_id] = target
        self._held[target] = corrected
        return Amended(target, corrected)


def as_corrected(target: StreamAct, correction: StreamAct, state: ControlState) -> StreamAct | None:
    """Return an act with the payload of a correction; None if the correction does not hold.

    It holds if it comes from where the act came from (its agency, the same kind of emitter, one
    that may send such acts) and its payload is a whole one of the act's type. The ledger's own
    acts, derived ones, annulments and corrections are not corrected.
    """
    schema = state.schema_by_fingerprint.get(correction.payload["payloadSchema"])
    is_type = schema is not None and schema.event_type == target.event_type
    if schema is None or not is_type or not _is_from_there(target, correction, state):
        return None
    data, codec = correction.payload["payload"], codec_of(schema.text)
    try:
        payload = codec.decode(data)
    except MalformedError:
        return None
    if codec.pattern_fault(payload) is not None:
        return None
    act = target.act._replace(
        schema_version=schema.version, payload_schema=schema.fingerprint, payload=data
    )
    return target._replace(act=act, payload=payload)


def _is_from_there(target: StreamAct, correction: StreamAct, state: ControlState) -> bool:
    act, by = target.act, correction.act
    if act.event_type in _FIXED or act.aggregate_type == _MADE_BY_LEDGER:
        return False
    emitter = state.emitters.get(by.emitter_id)
    is_kind = state.emitter_kind(by.emitter_id) == state.emitter_kind(act.emitter_id)
    may_send = emitter is None or act.event_type in emitter.event_types
    return is_kind and may_send and by.agency_id == act.agency_id


def amended(acts: list[StreamAct], state: ControlState) -> list[StreamAct]:
    """Return acts that count in their order, without annulled ones, with corrections done."""
    amendments = Amendments()
    for item in acts:
        amendments.take(item, state)
    return amendments.counting

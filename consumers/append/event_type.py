"""What the control log says about one event type, made ready for judging thousands of acts.

Read before: ``schemas/catalogue.py``. Read next: ``decode``.

Looked up once a type and control size, so that an act costs one dictionary access.
Trusts the control log up to the size it was made from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ledger.chain.avro import Codec
from ledger.chain.ids import CREDIT_CODE_PATTERN
from ledger.domain.amendments import CORRECTED
from ledger.domain.control import BIRTH_TYPES, ControlState
from ledger.domain.control_records import Schema

CONTROL_LOG: Final = "control"
# R12: the second act, the proposal it must cite. Two people, two signatures.
TWO_PERSON_ACTS: Final[Mapping[str, str]] = {
    "EventAnnulled": "EventAnnulmentProposed",
    "VaultKeyDestroyed": "VaultKeyDestructionProposed",
}
_CREDIT_CODE_FIELD: Final = f"^{CREDIT_CODE_PATTERN}$"
# Streams that an emitter may name with another first part than the catalogue's.
_ANY_STREAM: Final = frozenset({"matter", "target"})
# Kinds of registered systems that may send what a catalogue row's emitters name.
_KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "SUP": ("SUPERVISOR",),
    "HRS": ("SUPERVISOR", "AGENCY"),
    "PLT": ("PLATFORM",),
}


Texts = Iterator[tuple[str, str]]


class EventType(NamedTuple):
    """One version of one event type, ready for judging."""

    name: str
    topic: str  # ``PenaltyDecisionMade.v1``, as the event store names it.
    fingerprint: bytes  # 8 bytes.
    codec: Codec
    is_here: bool  # Whether acts of this type belong in this log.
    stream_start: str | None  # First part of the stream key with its colon, None for any.
    made_by_ledger: bool
    kinds: frozenset[str]  # Kinds of emitters that may send it.
    gate: str | None
    is_judged_alone: bool  # No gate and no second person: nothing in its stream decides.
    credit_codes: Callable[[Mapping[str, Any]], Texts] | None  # None where it has no such field.

    @property
    def is_carrier(self) -> bool:
        """Whether its payload holds one of another type, which is judged with it."""
        return self.name == CORRECTED


def event_type_of(state: ControlState, schema: Schema, log: str) -> EventType | None:
    """Return what judging an act of a schema needs, None if the type is in no catalogue.

    Args:
        state: The control log.
        schema: The published schema of the act's type and version.
        log: The log that judges, ``control`` or a number.
    """
    name, codec = schema.event_type, state.codec(schema.event_type, schema.version)
    fields = codec.fields()
    row = None if state.catalogue is None else state.catalogue.rows.get(name)
    if row is not None:
        where, made, emitters, gate = row.log, row.made_by_ledger, row.emitters, row.gate
        stream = None if row.stream in _ANY_STREAM else f"{row.stream}:"
    elif state.catalogue is None and name in BIRTH_TYPES:
        where, made, emitters, gate, stream = "control", False, ("PLT",), None, None
    else:
        return None
    return EventType(
        name,
        f"{name}.v{schema.version}",
        schema.fingerprint,
        codec,
        # What only the ledger makes is refused for that (R3), wherever it lies.
        made or where == "target" or (where == "control") == (log == CONTROL_LOG),
        None if made else stream,
        made,
        frozenset(kind for emitter in emitters for kind in _KINDS.get(emitter, ("AGENCY",))),
        gate,
        gate is None and name not in TWO_PERSON_ACTS,
        _reader([field.pointer for field in fields if field.pattern == _CREDIT_CODE_FIELD]),
    )


def _reader(pointers: Sequence[str]) -> Callable[[Mapping[str, Any]], Texts] | None:
    """Return a function that yields pointer and text of the fields at these pointers."""
    if not pointers:
        return None
    paths = [pointer.split("/")[1:] for pointer in pointers]

    def texts(payload: Mapping[str, Any]) -> Texts:
        for path in paths:
            yield from _texts_at(payload, path, "")

    return texts


def _texts_at(value: Any, path: Sequence[str], pointer: str) -> Texts:
    if value is None:
        return
    if isinstance(value, list):
        inner = path[1:] if path and path[0] == "*" else path
        for index, item in enumerate(value):
            yield from _texts_at(item, inner, f"{pointer}/{index}")
    elif not path:
        yield pointer, value
    else:
        yield from _texts_at(value[path[0]], path[1:], f"{pointer}/{path[0]}")

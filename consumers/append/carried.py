"""The payload that a correction brings inside its own is judged as one that comes by itself.

Read before: ``openings``. Read next: ``judge``.

``EventCorrected`` holds the whole payload of another act as bytes. What may not stand in an act
may not stand there either, and bytes that are no payload correct nothing and could hold anything.
Its sealed fields keep the commitments that they had: a correction has no openings for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from consumers.append.envelope import is_credit_code
from consumers.append.event_type import event_type_of
from consumers.append.record import JudgedRecord
from ledger.chain.identifiers import find_personal
from ledger.domain.control import ControlState
from ledger.errors import MalformedAvroError, MalformedRecordError, RejectedError

_POINTER: Final = "/payload/payload"


def check_carried(judged: JudgedRecord, state: ControlState, log: str) -> None:
    """Check the payload inside a correction, if the act is one.

    Args:
        judged: The act, judged so far.
        state: The control log.
        log: The log that judges.

    Raises:
        MalformedRecordError: R1_UNKNOWN_SCHEMA, or R1_MALFORMED: no strict value of that schema.
        RejectedError: R8_USCC or R9_CLEAR_PERSONAL with the pointer of the text.
    """
    if not judged.event_type.is_carrier:
        return
    schema = state.schema_by_fingerprint.get(judged.payload["payloadSchema"])
    carried = None if schema is None else event_type_of(state, schema, log)
    if carried is None:
        pointer = "/payload/payloadSchema"
        raise MalformedRecordError(
            "schema not published", code="R1_UNKNOWN_SCHEMA", pointer=pointer
        )
    try:
        fields: dict[str, Any] = carried.codec.decode(judged.payload["payload"])
    except MalformedAvroError as error:
        raise MalformedRecordError(f"payload: {error}", pointer=_POINTER) from error
    fault = carried.codec.pattern_fault(fields)
    if fault is not None:
        raise MalformedRecordError("malformed text in the payload", pointer=_POINTER + fault)
    codes = () if carried.credit_codes is None else carried.credit_codes(fields)
    _check_texts(codes, carried.codec.clear_strings(fields))


def _check_texts(codes: Iterable[tuple[str, str]], texts: Iterable[tuple[str, str]]) -> None:
    for pointer, text in codes:
        if not is_credit_code(text):
            raise RejectedError("R8_USCC", "wrong check character", pointer=_POINTER + pointer)
    for pointer, text in texts:
        if find_personal(text) is not None:
            raise RejectedError(
                "R9_CLEAR_PERSONAL", "a personal number", pointer=_POINTER + pointer
            )

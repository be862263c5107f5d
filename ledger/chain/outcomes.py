"""Outcomes: what became of the acts of one submission, as told on the receipts topic.

Read before: docs/spec/receipt.md, ``receipt``. Read next: ``consumers.receipts``.

One record per submission and commit, an Avro single-object encoding of record ``Outcomes``
(schemas/Outcomes.avsc). An outcome is matched on its source, the coordinates of the record
that brought the act, never on the event id alone. Whoever reads one verifies the receipt in it;
a refusal is only the ledger's word, and its entry can be looked up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from ledger.chain.avro import compile_codec
from ledger.chain.compiled import IS_COMPILED, packing
from ledger.chain.entry import Source
from ledger.chain.varint import long_bytes
from ledger.errors import MalformedError, MalformedRecordError

COMMITTED: Final = "committed"
DUPLICATE: Final = "duplicate"
REJECTED: Final = "rejected"
GATE_REFUSED: Final = "gate_refused"

# Marker of a single-object encoding and the fingerprint of schemas/Outcomes.avsc.
OUTCOMES_HEADER: Final = bytes.fromhex("c30164e71592a76d58c0")


def _record(name: str, **fields: object) -> dict[str, object]:
    rows = [{"name": field, "type": kind} for field, kind in fields.items()]
    return {"type": "record", "name": name, "fields": rows}


def _array(items: object) -> dict[str, object]:
    return {"type": "array", "items": items}


def _fixed(name: str, size: int) -> dict[str, object]:
    return {"type": "fixed", "name": name, "size": size}


_SOURCE: Final = _record(
    "Source", incarnation="string", topic="string", partition="int", offset="long", timestamp="long"
)
_PROBLEM: Final = _record(
    "Problem",
    code="string",
    pointer=["null", "string"],
    failed=_array("string"),
    streamVersion=["null", "long"],
)
_KIND: Final = {
    "type": "enum",
    "name": "OutcomeKind",
    "symbols": [COMMITTED, DUPLICATE, REJECTED, GATE_REFUSED],
}
_OUTCOME: Final = _record(
    "Outcome",
    eventId="Uuid",
    source=_SOURCE,
    outcome=_KIND,
    index=["null", "long"],
    extra=["null", "bytes"],
    path=_array(_fixed("Digest", 32)),
    problem=["null", _PROBLEM],
)

# Record Outcomes of schemas/Outcomes.avsc; a test holds the two against each other.
SCHEMA: Final[Mapping[str, object]] = {
    **_record("Outcomes", batch=_fixed("Uuid", 16), checkpoint="bytes", items=_array(_OUTCOME)),
    "namespace": "lianzheng",
}
_CODEC: Final = compile_codec(SCHEMA)
_KIND_BYTES: Final = {
    kind: long_bytes(place)
    for place, kind in enumerate((COMMITTED, DUPLICATE, REJECTED, GATE_REFUSED))
}


class Problem(NamedTuple):
    """Why an act was refused."""

    code: str  # ``R4_EVENT_ID_REUSED``, ``R9_OPENING``, ...
    pointer: str | None = None  # RFC 6901 pointer of the field at fault.
    failed: tuple[str, ...] = ()  # Rule ids, where a gate refused.
    stream_version: int | None = None  # The stream's version, where the expected one was wrong.


class Outcome(NamedTuple):
    """What became of one act."""

    event_id: bytes  # 16 bytes.
    source: Source  # Where the record lay that this answers.
    outcome: str  # COMMITTED, DUPLICATE, REJECTED or GATE_REFUSED.
    leaf_index: int | None = None  # Leaf index of the entry, or of a gate's refusal.
    extra: bytes | None = None  # The entry's bytes before the act.
    path: tuple[bytes, ...] = ()  # Inclusion proof under ``Outcomes.checkpoint``.
    problem: Problem | None = None


class Outcomes(NamedTuple):
    """The outcomes of one submission and commit, at most ``OUTCOME_ITEMS_MAX``."""

    batch: bytes  # 16 bytes, the submission's UUID.
    checkpoint: bytes  # The promised checkpoint that the paths lead to.
    items: tuple[Outcome, ...]


def encode_outcomes(outcomes: Outcomes) -> bytes:
    """Return the value of a record of the receipts topic.

    Packed by hand, since an appender packs one item an act; a test holds it against the schema.

    Raises:
        MalformedError: An outcome that the schema does not have.
    """
    assert len(outcomes.batch) == 16
    parts = [
        OUTCOMES_HEADER,
        outcomes.batch,
        long_bytes(len(outcomes.checkpoint)),
        outcomes.checkpoint,
    ]
    if outcomes.items:
        parts.append(long_bytes(len(outcomes.items)))
        parts.append(_pack_items(outcomes.items))
    parts.append(b"\0")
    return b"".join(parts)


def decode_outcomes(value: bytes) -> Outcomes:
    """Return the outcomes in the value of a record of the receipts topic.

    Raises:
        MalformedRecordError: Another schema's value.
        MalformedAvroError: Not the one strict encoding.
    """
    if not value.startswith(OUTCOMES_HEADER):
        raise MalformedRecordError("not the schema of outcomes", code="R1_UNKNOWN_SCHEMA")
    decoded = _CODEC.decode(value[len(OUTCOMES_HEADER) :])
    items = tuple(_read_item(item) for item in decoded["items"])
    return Outcomes(decoded["batch"], decoded["checkpoint"], items)


def _pack_items(items: Sequence[Outcome]) -> bytes:
    if IS_COMPILED:
        try:
            return packing.pack_outcome_items(items, _KIND_BYTES, _problem_bytes)
        except KeyError as error:
            raise MalformedError("no such outcome", pointer="/outcome") from error
    parts: list[bytes] = []
    for item in items:
        _pack_item(item, parts)
    return b"".join(parts)


def _pack_item(item: Outcome, parts: list[bytes]) -> None:
    assert len(item.event_id) == 16
    assert all(len(hash_) == 32 for hash_ in item.path)
    incarnation, topic, partition, offset, timestamp = item.source
    kind = _KIND_BYTES.get(item.outcome)
    if kind is None:
        raise MalformedError("no such outcome", pointer="/outcome")
    parts += (
        item.event_id,
        _place_bytes(incarnation, topic, partition),
        long_bytes(offset),
        long_bytes(timestamp),
        kind,
    )
    parts.append(b"\0" if item.leaf_index is None else b"\2" + long_bytes(item.leaf_index))
    if item.extra is None:
        parts.append(b"\0")
    else:
        parts += (b"\2", long_bytes(len(item.extra)), item.extra)
    if item.path:
        parts += (long_bytes(len(item.path)), *item.path)
    parts += (b"\0", _problem_bytes(item.problem))


@lru_cache(maxsize=64)
def _place_bytes(incarnation: str, topic: str, partition: int) -> bytes:
    return _text_bytes(incarnation) + _text_bytes(topic) + long_bytes(partition)


@lru_cache(maxsize=256)
def _problem_bytes(problem: Problem | None) -> bytes:
    if problem is None:
        return b"\0"
    code, pointer, failed, version = problem
    count = long_bytes(len(failed)) if failed else b""
    return b"".join(
        (
            b"\2",
            _text_bytes(code),
            b"\0" if pointer is None else b"\2" + _text_bytes(pointer),
            count,
            *(_text_bytes(rule) for rule in failed),
            b"\0",
            b"\0" if version is None else b"\2" + long_bytes(version),
        )
    )


def _text_bytes(text: str) -> bytes:
    data = text.encode()
    return long_bytes(len(data)) + data


def _read_item(item: Mapping[str, Any]) -> Outcome:
    problem = item["problem"]
    return Outcome(
        item["eventId"],
        Source(**item["source"]),
        item["outcome"],
        item["index"],
        item["extra"],
        tuple(item["path"]),
        None
        if problem is None
        else Problem(
            problem["code"], problem["pointer"], tuple(problem["failed"]), problem["streamVersion"]
        ),
    )

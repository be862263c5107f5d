"""Outcomes: what became of the acts of one submission, as told on the receipts topic.

Read before: docs/spec/outcomes.md, ``receipt``. Read next: ``consumers.receipts``.

One record per submission and commit, an Avro single-object encoding of record ``Outcomes``
(schemas/Outcomes.avsc). An outcome is matched on its source, the coordinates of the record
that brought the act, never on the event id alone. Whoever reads one verifies the receipt in it;
a refusal is only the ledger's word, and its entry can be looked up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from ledger.chain.avro import compile_codec
from ledger.chain.entry import Source
from ledger.errors import MalformedRecordError

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


class Problem(NamedTuple):
    """Why an act was refused."""

    code: str  # ``R4_EVENT_ID_REUSED``, ``R9_OPENING``, ...
    pointer: str | None = None  # RFC 6901 pointer of the field at fault.
    failed: tuple[str, ...] = ()  # Rule ids, where a gate refused.
    stream_version: int | None = None  # The stream's version, where the expected one was wrong.


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one act."""

    event_id: bytes  # 16 bytes.
    source: Source  # Where the record lay that this answers.
    outcome: str  # COMMITTED, DUPLICATE, REJECTED or GATE_REFUSED.
    index: int | None = None  # Leaf index of the entry, or of a gate's refusal.
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

    Raises:
        MalformedError: A field does not fit the schema.
    """
    return OUTCOMES_HEADER + _CODEC.encode(
        {
            "batch": outcomes.batch,
            "checkpoint": outcomes.checkpoint,
            "items": [_item_value(item) for item in outcomes.items],
        }
    )


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


def _item_value(item: Outcome) -> dict[str, object]:
    problem = item.problem
    return {
        "eventId": item.event_id,
        "source": item.source._asdict(),
        "outcome": item.outcome,
        "index": item.index,
        "extra": item.extra,
        "path": list(item.path),
        "problem": None
        if problem is None
        else {
            "code": problem.code,
            "pointer": problem.pointer,
            "failed": list(problem.failed),
            "streamVersion": problem.stream_version,
        },
    }


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

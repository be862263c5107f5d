"""The file that ``lianzheng generate`` writes and ``lianzheng emit`` reads.

An Avro object container of one record a step of simulated history, ascending by ``simTime``.
Beside the act lie its openings in the clear: such a file holds (fictional) personal values and is
sealed only by ``emit``.

Read before: ``consumers/generate/__init__.py``. Read next: ``consumers/generate/commands.py``.
Trusts: nothing; a reader gets what the file says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO, Any, Final, NamedTuple

import fastavro
from fastavro.schema import SchemaParseException

from consumers.generate.commands import COMMAND_SCHEMA, Command, command_from_record
from ledger.chain.commitments import Opening
from ledger.errors import MalformedError
from schemas.loader import schema_text

PLATFORM: Final = "platform"
"""``emitterId`` of a record that holds a command."""

# What the Avro library and the shape of a record raise on a file that is none of ours.
_NOT_OURS: Final = (ValueError, EOFError, LookupError, TypeError, SchemaParseException)


class SimulatedRecord(NamedTuple):
    """One step: an act of an emitter, or a command to the platform; exactly one is not None."""

    sim_time: int
    """When it reaches the ledger, microseconds UTC."""
    emitter_id: str
    key: str
    """Record key = stream."""
    act: bytes | None
    """Complete act value; unsigned, signatures belong to submissions."""
    openings: tuple[Opening, ...]
    """One per commitment of the act, ascending by path."""
    command: Command | None


RECORD_SCHEMA: Final[dict[str, Any]] = {
    "type": "record",
    "name": "SimulatedRecord",
    "namespace": "lianzheng.simulation",
    "fields": [
        {"name": "simTime", "type": "long"},
        {"name": "emitterId", "type": "string"},
        {"name": "key", "type": "string"},
        {"name": "act", "type": ["null", "bytes"]},
        {
            "name": "openings",
            "type": {"type": "array", "items": json.loads(schema_text("Opening.avsc"))},
        },
        {"name": "command", "type": ["null", COMMAND_SCHEMA]},
    ],
}


def read_records(stream: IO[bytes]) -> Iterator[SimulatedRecord]:
    """Yield the records of a generated file in file order.

    Raises:
        MalformedError: It is no Avro container, is cut off, or a record is none of ours.
    """
    try:
        for record in fastavro.reader(stream):
            yield _record(record)
    except _NOT_OURS as error:
        name = getattr(stream, "name", "it")
        raise MalformedError(f"{name} is no whole file of lianzheng generate") from error


def _record(record: Any) -> SimulatedRecord:
    openings = tuple(
        Opening(item["path"], item["subjectId"], item["salt"], item["value"])
        for item in record["openings"]
    )
    command = record["command"] and command_from_record(record["command"])
    key, act = record["key"], record["act"]
    return SimulatedRecord(
        record["simTime"], record["emitterId"], key, act, openings, command or None
    )

"""A generated history, decoded: every act with its payload, every command."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from consumers.generate.commands import Command
from consumers.generate.records import read_records
from ledger.chain.act import Act, decode_act
from ledger.chain.avro import Codec, compile_codec
from ledger.chain.commitments import Opening
from schemas.loader import event_schemas

UNTIL = 1_795_564_800_000_000
"""2026-11-25T00:00:00Z."""


class Step(NamedTuple):
    """One record of a generated file; ``type`` is the event type or the command's kind."""

    at: int
    stream: str
    type: str
    act: Act | None
    value: bytes
    payload: dict[str, Any]
    openings: tuple[Opening, ...]
    command: Command | None

    @property
    def event_id(self) -> bytes:
        """Event id of the act."""
        assert self.act is not None
        return self.act.event_id

    @property
    def occurred(self) -> int:
        """When it happened; a command happens when it is given."""
        return self.act.occurred_at if self.act else self.at


@cache
def codec_of(event_type: str) -> Codec:
    """Return the codec of version 1 of a type."""
    return compile_codec(event_schemas()[event_type, 1])


def read_steps(path: Path) -> list[Step]:
    """Return the steps of a file in file order."""
    with path.open("rb") as stream:
        return list(_steps(stream))


def _steps(stream: Any) -> Iterator[Step]:
    for record in read_records(stream):
        if record.command is not None:
            kind = record.command.kind
            yield Step(record.sim_time, record.key, kind, None, b"", {}, (), record.command)
        else:
            assert record.act is not None
            act = decode_act(record.act)
            payload = codec_of(act.event_type).decode(act.payload)
            name, openings = act.event_type, record.openings
            yield Step(record.sim_time, record.key, name, act, record.act, payload, openings, None)

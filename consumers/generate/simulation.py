"""Simulated time: processes that wait and act, and the records that come of it in time order.

A process is a generator that yields the moment it wants to go on at; between two yields it submits
acts and commands, all received at that moment. The one that waits for the earliest moment goes on
first, so only open cases are in memory, however many there are.

Read before: ``consumers/generate/emitters.py``. Read next: ``consumers/generate/case/__init__.py``.
Trusts: nothing.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import Any, NamedTuple, TypeAlias

from consumers.generate.commands import Command
from consumers.generate.draws import Draws
from consumers.generate.emitters import emitter_id
from consumers.generate.records import PLATFORM, SimulatedRecord
from ledger.chain.act import Act, Actor, encode_act
from ledger.chain.avro import Codec, compile_codec
from ledger.chain.commitments import Opening, commitment
from ledger.chain.ids import uuid7, uuid_text
from ledger.chain.jcs import canonical_json
from ledger.chain.schema_text import fingerprint
from schemas.catalogue import load_catalogue
from schemas.loader import event_schemas

Process: TypeAlias = Iterator[int]


class Secret:
    """A personal or free text, and whose it is.

    It goes into an act as a commitment only, and into the vault as an opening of one subject.
    """

    __slots__ = ("subject", "value")

    def __init__(self, subject: str, value: str) -> None:
        self.subject = subject
        self.value = value


class Draft(NamedTuple):
    """An act before it has an id, a number and commitments."""

    event_type: str
    payload: dict[str, Any]
    """With ``Secret``s where the schema has commitments; they are replaced in place."""
    stream: str
    aggregate_id: str
    agency_id: str
    system: str
    """Kind of system that submits it, such as ``agy``."""
    system_code: str
    """Credit code of who runs that system."""
    actors: tuple[Actor, ...]
    occurred_at: int
    recorded_at: int
    case_id: str | None = None
    item_code: str | None = None


class PlantedViolation(NamedTuple):
    """One line of the truth file."""

    rule_id: str
    stream_id: str
    trigger_event_id: str


class Simulation:
    """Runs processes up to a moment and collects what they submit."""

    def __init__(self, seed: str, until: int) -> None:
        self.now = 0
        self.until = until
        self.planted: list[PlantedViolation] = []
        self._draws = Draws(f"{seed}/salts")
        self._waiting: list[tuple[int, int, Process]] = []
        self._started = count()
        self._sequence: Counter[str] = Counter()
        self._submitted: list[SimulatedRecord] = []
        self._aggregates = {row.type: row.aggregate for row in load_catalogue().rows.values()}
        self._texts = event_schemas()
        self._codecs: dict[str, tuple[bytes, Codec]] = {}

    def spawn(self, process: Process, at: int) -> None:
        """Let a process begin at a moment that is not past."""
        assert at >= self.now
        heapq.heappush(self._waiting, (at, next(self._started), process))

    def records(self) -> Iterator[SimulatedRecord]:
        """Run until nothing waits or ``until`` has passed; yield records ascending by time."""
        while self._waiting and self._waiting[0][0] <= self.until:
            at, order, process = heapq.heappop(self._waiting)
            self.now = at
            following = next(process, None)
            yield from self._submitted
            self._submitted.clear()
            if following is not None:
                assert following >= at
                heapq.heappush(self._waiting, (following, order, process))

    def submit(self, draft: Draft) -> bytes:
        """Submit an act now; return its event id (16 bytes)."""
        event_id = uuid7(draft.recorded_at // 1_000, self._draws.bytes(10))
        openings = _commit(draft.payload, event_id, self._draws)
        schema, codec = self._codec(draft.event_type)
        emitter = emitter_id(draft.system, draft.system_code)
        self._sequence[emitter] += 1
        act = Act(
            event_id=event_id,
            event_type=draft.event_type,
            schema_version=1,
            payload_schema=schema,
            stream_key=draft.stream,
            aggregate_type=self._aggregates[draft.event_type],
            aggregate_id=draft.aggregate_id,
            expected_version=None,
            agency_id=draft.agency_id,
            delegate_id=None,
            emitter_id=emitter,
            emitter_seq=self._sequence[emitter],
            actors=draft.actors,
            occurred_at=draft.occurred_at,
            recorded_at=draft.recorded_at,
            late_entry=None,
            correlation_id=None,
            causation_id=None,
            case_id=draft.case_id,
            item_code=draft.item_code,
            payload=codec.encode(draft.payload),
        )
        record = SimulatedRecord(
            self.now, emitter, draft.stream, encode_act(act), tuple(openings), None
        )
        self._submitted.append(record)
        return event_id

    def encoded(self, event_type: str, payload: dict[str, Any]) -> tuple[bytes, bytes]:
        """Return schema fingerprint and bytes of a payload without secrets."""
        schema, codec = self._codec(event_type)
        return schema, codec.encode(payload)

    def command(self, stream: str, command: Command) -> None:
        """Ask the platform for a step now."""
        record = SimulatedRecord(self.now, PLATFORM, stream, None, (), command)
        self._submitted.append(record)

    def lose_number(self, emitter: str) -> None:
        """Let an emitter skip one number of its sequence, as if an act had been kept back."""
        self._sequence[emitter] += 1

    def plant(self, rule_id: str, stream: str, event_id: bytes) -> None:
        """Note what a rule must find."""
        self.planted.append(PlantedViolation(rule_id, stream, uuid_text(event_id)))

    def _codec(self, event_type: str) -> tuple[bytes, Codec]:
        if event_type not in self._codecs:
            text = self._texts[event_type, 1]
            self._codecs[event_type] = (fingerprint(text), compile_codec(text))
        return self._codecs[event_type]


def _commit(payload: dict[str, Any], event_id: bytes, salts: Draws) -> list[Opening]:
    """Replace each secret in ``payload`` by its commitment; return the openings in path order."""
    openings: list[Opening] = []
    _commit_record(payload, "", event_id, salts, openings)
    openings.sort(key=lambda opening: opening.path.encode())
    return openings


def _commit_record(
    record: dict[str, Any], path: str, event_id: bytes, salts: Draws, into: list[Opening]
) -> None:
    for name, value in record.items():
        kind = type(value)
        if kind is Secret:
            record[name] = _commit_one(value, f"{path}/{name}", event_id, salts, into)
        elif kind is dict:
            _commit_record(value, f"{path}/{name}", event_id, salts, into)
        elif kind is list:
            for position, item in enumerate(value):
                where = f"{path}/{name}/{position}"
                if type(item) is dict:
                    _commit_record(item, where, event_id, salts, into)
                elif type(item) is Secret:
                    value[position] = _commit_one(item, where, event_id, salts, into)


def _commit_one(
    secret: Secret, path: str, event_id: bytes, salts: Draws, into: list[Opening]
) -> bytes:
    salt = salts.bytes(32)
    value = canonical_json(secret.value)
    into.append(Opening(path, secret.subject, salt, value))
    return commitment(salt, event_id, path, value)

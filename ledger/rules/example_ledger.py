"""A small ledger without I/O: its control log with everything published, and acts of its streams.

Read before: ``ledger/domain/control.py``. Read next: ``rule_examples``.

Examples of rules are judged on it, so that whoever reads an example needs no running ledger; all
keys and ids follow from names, and two runs are the same.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ledger.chain.act import Act, Actor
from ledger.chain.digests import sha256_digest
from ledger.chain.entry import Entry
from ledger.chain.ids import uuid8
from ledger.chain.note_keys import Signer
from ledger.chain.schema_text import fingerprint, text_hash
from ledger.chain.tree import leaf_hash
from ledger.domain.control import ControlState
from ledger.domain.stream import StreamAct
from schemas.catalogue import catalogue_json, load_catalogue
from schemas.loader import (
    calendar_texts,
    event_schemas,
    review_catalogue_text,
    rule_set_text,
    schema_text,
)

LEDGER = "test.ledger"
OPERATOR = "12430000FCT000003D"
AGENCY = "11430100FCT000022L"
OTHER_AGENCY = "11430100FCT000030F"
PLATFORM = f"platform.{LEDGER}"
AGENCY_EMITTER = "agy.market"
SUPERVISOR_EMITTER = "sup.justice"
START = 1_793_534_400_000_000  # 2026-11-01T12:00:00Z in microseconds.
DAY = 86_400_000_000
LAWS = ("Act.avsc", "Entry.avsc", "LedgerCreated.v1.avsc", "SchemaPublished.v1.avsc")


def signer(name: str) -> Signer:
    """Return the signer of this name, always with the same seed."""
    return Signer(name, leaf_hash(name.encode()))


def days(text: str) -> int:
    """Return an ISO date as days since 1970-01-01."""
    return (dt.date.fromisoformat(text) - dt.date(1970, 1, 1)).days


def event_id(name: str) -> bytes:
    """Return an event id that belongs to a name."""
    return uuid8(leaf_hash(name.encode()))


def ledger_created(
    log: str = "control",
    *,
    case_logs: int = 1,
    clock: str = "system",
    profile: str = "international",
) -> dict[str, Any]:
    """Return the payload of entry 0."""
    logs = ["control", *(f"log/{number}" for number in range(case_logs))]
    return {
        "ledger": LEDGER,
        "operator": OPERATOR,
        "origin": f"{LEDGER}/{'control' if log == 'control' else f'log/{log}'}",
        "caseLogs": case_logs,
        "formatVersion": 1,
        "hashProfile": profile,
        "signatures": ["ed25519"],
        "clock": clock,
        "entries": "auditors",
        "synthetic": clock == "simulated",
        "vkeys": [signer(f"{LEDGER}/{name}").vkey for name in logs],
        "platformVkey": signer(PLATFORM).vkey,
        "schemas": [{"file": file, "text": schema_text(file)} for file in LAWS],
    }


def schema_published(event_type: str, version: int, text: str) -> dict[str, Any]:
    """Return the payload that publishes a schema."""
    return {
        "subject": event_type,
        "version": version,
        "text": text,
        "textHash": text_hash(text),
        "fingerprint": fingerprint(text),
    }


def published_text(version: str, text: str) -> dict[str, Any]:
    """Return the payload of a rule set, calendar or catalogue."""
    return {
        "version": version,
        "text": text,
        "textHash": sha256_digest(text.encode()),
        "effectiveFrom": days("2025-01-01"),
    }


def emitter_registered(
    name: str, kind: str, agencies: Sequence[str], types: Sequence[str] | None = None
) -> dict[str, Any]:
    """Return the payload that registers an emitter for some types, or for all."""
    return {
        "emitterId": name,
        "vkey": signer(name).vkey,
        "kind": kind,
        "agencyIds": list(agencies),
        "eventTypes": list(load_catalogue().rows) if types is None else list(types),
        "validFrom": START - DAY,
    }


def default_rule_set() -> dict[str, Any]:
    """Return the parsed default rule set with the default review catalogue in it."""
    rules: dict[str, Any] = json.loads(rule_set_text())
    rules["review_catalogue"] = json.loads(review_catalogue_text())
    return rules


def published_settings() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield type, stream and payload of the default rule set, calendars and catalogue."""
    rules = default_rule_set()
    text = json.dumps(rules, ensure_ascii=False)
    yield "RuleSetPublished", "platform:rules", published_text(rules["version"], text)
    for text in calendar_texts():
        payload = published_text(json.loads(text)["version"], text)
        yield "CalendarVersionPublished", "platform:calendar", payload
    catalogue = load_catalogue()
    payload = published_text(catalogue.version, catalogue_json(catalogue))
    yield "CatalogueVersionPublished", "platform:catalogue", payload


def emitters() -> list[dict[str, Any]]:
    """Return the payloads that register an agency's system and a supervisor's."""
    return [
        emitter_registered(AGENCY_EMITTER, "AGENCY", [AGENCY]),
        emitter_registered(SUPERVISOR_EMITTER, "SUPERVISOR", [AGENCY, OPERATOR]),
    ]


def control_state(*, case_logs: int = 1, clock: str = "system") -> ControlState:
    """Return the state of a ledger with everything published and three emitters."""
    state = ControlState()
    change(state, "LedgerCreated", ledger_created(case_logs=case_logs, clock=clock))
    for (event_type, version), text in event_schemas().items():
        change(state, "SchemaPublished", schema_published(event_type, version, text))
    for kind, _, payload in published_settings():
        change(state, kind, payload)
    for payload in emitters():
        change(state, "EmitterRegistered", payload)
    state.advance(20, START)
    return state


def change(state: ControlState, event_type: str, payload: Mapping[str, Any], **fields: Any) -> None:
    """Apply a control act that has this payload."""
    state.change(make_act(event_type, "platform:test", **fields), payload)


def make_act(event_type: str, stream: str = "case:1", **fields: Any) -> Act:
    """Return an act with plausible fields; ``fields`` replaces them."""
    values: dict[str, Any] = {
        "event_id": event_id(f"{event_type}/{stream}/{fields.get('occurred_at', START)}"),
        "event_type": event_type,
        "schema_version": 1,
        "payload_schema": bytes(8),
        "stream_key": stream,
        "aggregate_type": "Case",
        "aggregate_id": stream,
        "expected_version": None,
        "agency_id": AGENCY,
        "delegate_id": None,
        "emitter_id": AGENCY_EMITTER,
        "emitter_seq": None,
        "actors": (Actor("officer:1", "43010001", "HANDLER"),),
        "occurred_at": START,
        "recorded_at": START,
        "late_entry": None,
        "correlation_id": None,
        "causation_id": None,
        "case_id": stream if stream.startswith("case:") else None,
        "item_code": None,
        "payload": b"",
        **fields,
    }
    return Act(**values)


def stream_act(
    event_type: str, payload: Mapping[str, Any] | None = None, *, at: int = START, **fields: Any
) -> StreamAct:
    """Return an act of a stream as a fold sees it."""
    act = make_act(event_type, occurred_at=at, **fields)
    entry = Entry(0, act.stream_key, 1, bytes(32), at, 20, 0, None, b"", b"")
    return StreamAct(entry, act, payload or {})

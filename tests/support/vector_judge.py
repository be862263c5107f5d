"""A judge that knows the golden vectors' ledger: its keys, its schemas, this catalogue."""

from __future__ import annotations

from functools import cache
from typing import Any

from consumers.append.judge import Judge
from consumers.append.record import IncomingRecord
from ledger.domain.control import ControlState
from ledger.errors import MalformedError, RejectedError
from tests.support import control
from tests.support.vectors import VECTORS, load

INCARNATION = "5f6c2e0a-93d1-4b7e-8a55-0c1d2e3f4a5b"
ACTS_TOPIC = "enforcement.acts.v1"


@cache
def vector_state(case_logs: int = 1) -> ControlState:
    """Return the control state that judges the vectors."""
    state = ControlState()
    keys = {item["name"]: item["vkey"] for item in load("submissions")["registered_keys"]}
    created = control.ledger_created(case_logs=case_logs)
    platform = keys["platform.vectors.lianzheng.example"]
    created |= {"ledger": load("submissions")["ledger"], "platformVkey": platform}
    control.change(state, "LedgerCreated", created)
    for path in sorted([*VECTORS.glob("*.v1.avsc"), *VECTORS.glob("examples/*.v1.avsc")]):
        event_type = path.name.removesuffix(".v1.avsc")
        text = path.read_bytes().decode()
        control.change(state, "SchemaPublished", control.schema_published(event_type, 1, text))
    for kind, _, payload in control.published_settings():
        control.change(state, kind, payload)
    for name, vkey in keys.items():
        if name.startswith("agy."):
            payload = control.emitter_registered(name, "AGENCY", [control.AGENCY])
            control.change(state, "EmitterRegistered", payload | {"vkey": vkey})
        elif name.startswith("officer:"):
            payload = {"officerId": name, "vkey": vkey, "validFrom": 0}
            control.change(state, "OfficerKeyRegistered", payload)
    state.advance(30, control.START)
    return state


def vector_judge(log: str = "0", case_logs: int = 1) -> Judge:
    """Return a fresh judge."""
    key = load("sealing")["transport_key"]
    judge = Judge(log, {key["id"]: bytes.fromhex(key["private"])})
    judge.follow(vector_state(case_logs))
    return judge


def record(value: bytes | None, *, key: str | None = None, **fields: Any) -> IncomingRecord:
    """Return a record; headers are given as ``lz_proof=...``."""
    headers = [
        (name.replace("_", "-"), fields[name])
        for name in ("lz_proof", "lz_seal", "lz_sealed", "lz_sim_time")
        if fields.get(name) is not None
    ]
    return IncomingRecord(
        fields.get("topic", ACTS_TOPIC),
        fields.get("partition", 0),
        0,
        control.START // 1000,
        None if key is None else key.encode(),
        value,
        headers,
    )


def code_of(judge: Judge, incoming: IncomingRecord) -> str:
    """Return the code under which a record is refused before the log is asked, ``""`` if not."""
    try:
        judged = judge.examine(incoming)
    except (MalformedError, RejectedError) as error:
        return error.code
    return "" if judged.unfit is None else judged.unfit.code

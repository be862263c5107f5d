"""Acts that fit the arrows of the state machines, for whoever folds them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from ledger.domain.machines import Course, new_course
from ledger.domain.stream import StreamAct
from ledger.rules.example_ledger import AGENCY, AGENCY_EMITTER, START, event_id, stream_act
from ledger.rules.rule_examples import whole_payload
from schemas.catalogue import load_catalogue
from schemas.machine_tables import Arrow, Machine, load_machines

MACHINES = load_machines()
ROWS = load_catalogue().rows
MINUTE_MICROS = 60_000_000


def arrows_of(machine: Machine) -> list[Arrow]:
    return [it for held in machine.arrows.values() for it in held]


def stream_of(machine: Machine) -> str:
    return f"{machine.streams[0] if machine.streams else 'case'}:1"


@cache
def payload(event_type: str, shape: str) -> dict[str, Any]:
    return whole_payload(event_type, json.loads(shape))


def shape_of(arrow: Arrow) -> str:
    """Return what of a payload makes an arrow fit, with an end that is far away, as JSON."""
    found: dict[str, Any] = {}
    for path, values in arrow.when.items():
        *names, last = path.split("/")
        node = found
        for name in names:
            node = node.setdefault(name, {})
        node[last] = values[0]
    if arrow.until is not None:
        unit, name = arrow.until
        found[name] = "2030-01-01" if unit == "day" else "2030-01-01T00:00:00+08:00"
    if arrow.event_type == "JurisdictionTransferred":
        found["toAgency"] = AGENCY  # Else what follows is another agency's, and does not count.
    return json.dumps(found)


def act(machine: Machine, arrow: Arrow, number: int, minute: int | None = None) -> StreamAct:
    """Return an act that fits an arrow, at a minute of its own: its number unless told."""
    row, stream = ROWS[arrow.event_type], stream_of(machine)
    at = START + (number if minute is None else minute) * MINUTE_MICROS
    item = stream_act(
        arrow.event_type,
        payload(arrow.event_type, shape_of(arrow)),
        at=at,
        event_id=event_id(f"act {number}"),
        stream_key=stream,
        case_id=stream if stream.startswith("case:") else None,
        aggregate_type=row.aggregate,
        aggregate_id=stream if machine.key == "matter" else "one:1",
        emitter_id=AGENCY_EMITTER,
    )
    entry = item.entry._replace(leaf_index=number, stream_version=number + 1, stream_id=stream)
    return item._replace(entry=entry)


def history(machine: Machine, arrows: Sequence[Arrow]) -> list[StreamAct]:
    return [act(machine, arrow, number) for number, arrow in enumerate(arrows)]


def taken(machine: Machine, acts: Sequence[StreamAct]) -> tuple[Course, str]:
    """Return a machine after acts, and of which kind the last one was."""
    course, kind = new_course(machine.name), ""
    for item in acts:
        if (step := course.step(item)) is not None:
            course.take(step)
            kind = step.kind
    return course, kind

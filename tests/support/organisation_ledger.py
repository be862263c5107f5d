"""A running ledger with a simulated clock to which two agencies declared themselves, read only."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from consumers.topics import ACTS, CONTROL
from portal.pages import calendar_date
from schemas.catalogue import load_catalogue
from tests.support.api import ask
from tests.support.ledger_copy import AGENCY, OTHER_AGENCY, SECOND
from tests.support.organisation_story import FIRST_DAY, OPERATOR, TwoAgencies, on
from tests.support.running import RunningLedger, wait_for
from tests.support.settled import NOTHING_BY_ITSELF, views_are_level
from tests.support.workshop import Office, Parcel, Workshop

SIM_START = "2025-12-01T09:00:00+08:00"


class Organisations:
    """The ledger, and how it is asked."""

    def __init__(self, ledger: RunningLedger) -> None:
        self.ledger = ledger

    def ask(self, path: str, role: str = "supervisor") -> Any:
        """Return what ``/v1/organisation`` answers under a path."""
        reply = ask(self.ledger, f"/v1/organisation/{path}", role=role)
        assert reply.status == 200, reply.body
        return reply.document

    def page(self, path: str) -> str:
        """Return a page of the console, below its pages of organisations."""
        reply = ask(self.ledger, f"/console/organisation{path}", role="supervisor")
        assert reply.status == 200, reply.body
        return reply.body.decode()


@pytest.fixture(scope="session")
def organisations(request, tmp_path_factory) -> Iterator[Organisations]:
    """What two agencies declared in the first weeks of a simulated 2026, through Kafka."""
    folder = tmp_path_factory.mktemp("organisations")
    for path in (folder, *folder.parents[:2]):
        path.chmod(0o755)  # The database server runs as another user when tests run as root.
    options = ["--synthetic", "--sim-start", SIM_START, "--logs", "1"]
    broker = request.config.getoption("--broker")
    ledger = RunningLedger(folder / "data", *options, "--broker", broker)
    ledger.settings = NOTHING_BY_ITSELF
    ledger.start()
    try:
        _emit(ledger)
        # While time is simulated the engine judges nothing: only the views are waited for.
        wait_for(lambda: views_are_level(ledger), 120, "the views")
        yield Organisations(ledger)
    finally:
        ledger.stop()


def _emit(ledger: RunningLedger) -> None:
    workshop = Workshop(ledger)
    try:
        offices = {
            OPERATOR: workshop.office("justice", OPERATOR),
            AGENCY: workshop.office("first", AGENCY),
            OTHER_AGENCY: workshop.office("other", OTHER_AGENCY),
        }
        for code, office in offices.items():
            kind = "SUPERVISOR" if code == OPERATOR else "AGENCY"
            workshop.commit(_registration(workshop, office, kind))
        parcels = _parcels(workshop, offices)
        workshop.produce(parcels[:-1])
        workshop.commit(parcels[-1])  # The control log takes them in order: all are there then.
    finally:
        workshop.close()


def _registration(workshop: Workshop, office: Office, kind: str) -> Parcel:
    at = on(-20)
    payload = {
        "emitterId": office.emitter_id,
        "vkey": office.signer.vkey,
        "kind": kind,
        "agencyIds": [office.agency],
        "eventTypes": list(load_catalogue().rows),
        "validFrom": at,
    }
    stream = f"emitter:{office.emitter_id}"
    fields = {"occurred_at": at, "recorded_at": at, "actors": ()}
    act = workshop.act("EmitterRegistered", payload, stream, workshop.platform, **fields)
    parcel = workshop.parcel(act, workshop.platform)
    return dataclasses.replace(parcel, topic=CONTROL, sim_time=at + SECOND)


def _parcels(workshop: Workshop, offices: dict[str, Office]) -> list[Parcel]:
    parcels = []
    rows = load_catalogue().rows
    for told in TwoAgencies().as_received():
        fields = dict(told.envelope)
        office, log = offices[fields["agency_id"]], fields.pop("log")
        fields["aggregate_type"] = rows[told.event_type].aggregate
        fields["recorded_at"] = fields["occurred_at"]
        act = workshop.act(told.event_type, told.payload, fields.pop("stream"), office, **fields)
        topic = CONTROL if log == "control" else ACTS
        parcels.append(
            dataclasses.replace(
                workshop.parcel(act, office), topic=topic, sim_time=told.at + SECOND
            )
        )
    return parcels


def day(number: int) -> str:
    """Return a day of the story as requests name it."""
    return calendar_date(FIRST_DAY + number)

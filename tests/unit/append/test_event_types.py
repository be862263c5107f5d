"""What the control log says about event types: who may send them, and what a later start adds."""

from __future__ import annotations

import json

import pytest

from consumers.append.bootstrap import missing_records
from consumers.append.event_type import event_type_of
from consumers.generate.emitters import registration
from ledger.chain.act import Act, decode_act
from ledger.chain.avro import compile_codec
from ledger.clock import SystemClock, system_random
from ledger.domain.control import ControlState
from schemas.catalogue import catalogue_json, load_catalogue
from schemas.loader import event_schemas
from tests.support.control import (
    AGENCY,
    PLATFORM,
    change,
    control_state,
    emitter_registered,
    ledger_created,
    published_settings,
    published_text,
    schema_published,
    signer,
)

KINDS = ("AGY", "REV", "AVS", "PAY", "HRS", "ARC", "LIC", "INS", "DIS", "SUP")
ADDED = ("InspectionRecordMade", "LicenceGranted")
BEFORE = "2026.1"
CATALOGUE = "CatalogueVersionPublished"


@pytest.fixture(scope="module")
def state() -> ControlState:
    return control_state()


@pytest.mark.parametrize("kind", KINDS)
def test_a_system_of_each_kind_is_registered_for_what_it_sends(
    state: ControlState, kind: str
) -> None:
    """One act registers it for all of its types, and each of them takes its kind."""
    name = f"{kind.lower()}.{AGENCY.lower()}"
    asked = registration(name, load_catalogue())
    payload = emitter_registered(name, asked.kind, asked.agency_ids, asked.event_types)
    compile_codec(event_schemas()["EmitterRegistered", 1]).encode(payload)
    change(state, "EmitterRegistered", payload)

    assert state.emitters[name].event_types == frozenset(asked.event_types)
    for event_type in asked.event_types:
        found = event_type_of(state, state.schemas[event_type, 1], "0")
        assert found is not None
        assert asked.kind in found.kinds


def test_types_without_a_case_lie_where_their_rows_say(state: ControlState) -> None:
    """Lists, officers, statistics in the control log; matters and requests in a case log."""
    places = {
        "InspectionItemListPublished": ("control", "list:"),
        "OfficerTransferred": ("control", "officer:"),
        "StatisticsReportPublished": ("control", "stat:"),
        "TrainingHeld": ("control", "org:"),
        "RecorderDeviceChecked": ("0", "device:"),
        "InspectionPlanPublished": ("0", "plan:"),
        "ComplaintReceived": ("0", "complaint:"),
        "InfoRequestReceived": ("0", "info:"),
        "DataExchangeBatchRecorded": ("0", "exchange:"),
        "OtherEnforcementActRecorded": ("0", "act:"),
        "SupervisionCampaignHeld": ("0", "supervision:"),
        "LicenceGranted": ("0", None),
        "RandomDrawConducted": ("0", None),
    }
    for event_type, (log, stream) in places.items():
        for other in ("control", "0"):
            found = event_type_of(state, state.schemas[event_type, 1], other)
            assert found is not None
            assert (found.is_here, found.stream_start) == (other == log, stream), event_type


def test_a_ledger_of_before_gets_the_new_types_and_the_new_catalogue() -> None:
    """The control appender's start publishes what is missing, in name order, and nothing twice."""
    state, found = ledger_of_before(), []
    for act in acts_missing(state):
        payload = compile_codec(event_schemas()[act.event_type, 1]).decode(act.payload)
        found.append((act.event_type, payload.get("subject"), payload["version"]))
        change(state, act.event_type, payload)

    version = load_catalogue().version
    schemas = [("SchemaPublished", name, 1) for name in ADDED]
    assert found == [*schemas, (CATALOGUE, None, version)]
    assert version != BEFORE
    assert state.catalogue == load_catalogue()
    assert acts_missing(state) == []


def acts_missing(state: ControlState) -> list[Act]:
    """Return what a start would publish of schemas and catalogue."""
    records = missing_records(state, signer(PLATFORM), {}, SystemClock(), system_random)
    acts = [decode_act(record.value) for record in records]
    return [act for act in acts if act.event_type in ("SchemaPublished", CATALOGUE)]


def ledger_of_before() -> ControlState:
    """Return a ledger as an earlier release left it: without two types, with its own catalogue."""
    state = ControlState()
    change(state, "LedgerCreated", ledger_created())
    for (event_type, version), text in event_schemas().items():
        if event_type not in ADDED:
            change(state, "SchemaPublished", schema_published(event_type, version, text))
    for kind, _, payload in published_settings():
        if kind != CATALOGUE:
            change(state, kind, payload)
    document = json.loads(catalogue_json(load_catalogue())) | {"version": BEFORE}
    document["types"] = {k: row for k, row in document["types"].items() if k not in ADDED}
    text = json.dumps(document, ensure_ascii=False)
    change(state, CATALOGUE, published_text(BEFORE, text))
    return state

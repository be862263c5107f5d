"""Catalogue and schema files belong together one to one; the published text reads back."""

from __future__ import annotations

import json

import pytest

from ledger.limits import ACT_SIZE_BYTES_MAX
from schemas.catalogue import Catalogue, catalogue_json, load_catalogue, parse_catalogue_json
from schemas.loader import calendar_texts, event_schemas, review_catalogue_text, rule_set_text

REQUIRED_TYPES = [
    "LedgerCreated",
    "SchemaPublished",
    "EmitterRegistered",
    "EmitterKeyRotated",
    "EmitterKeyRevoked",
    "VaultTransportKeyPublished",
    "RuleSetPublished",
    "CalendarVersionPublished",
    "CatalogueVersionPublished",
    "ReviewCatalogueAdopted",
    "EnforcementItemRegistered",
    "RecorderDeviceRegistered",
    "OfficerKeyRegistered",
    "LogKeyAdded",
    "LogKeyRetired",
    "HoldPlaced",
    "HoldLifted",
    "MajorDecisionAssessed",
    "SupervisionAlertRaised",
    "LogHeartbeat",
    "EventsRejected",
    "GateRefused",
    "OpeningsCompleted",
    "SimulationEnded",
    "EventCorrected",
    "ProjectionStateAnchored",
    "AgencyRegistered",
    "AgencyQualificationConfirmed",
    "OfficerRegistered",
    "CredentialIssued",
    "CredentialSuspended",
    "LeadRegistered",
    "CaseFiled",
    "HandlersAssigned",
    "CredentialsShown",
    "PartyNotifiedOfRights",
    "InquiryRecorded",
    "EvidenceRegistered",
    "EvidenceSealed",
    "RecordingStarted",
    "RecordingStopped",
    "RecordingUploaded",
    "InvestigationConcluded",
    "LegalReviewSubmitted",
    "LegalReviewConcluded",
    "DecisionGateRequested",
    "DecisionGateCleared",
    "DecisionGateRefused",
    "PenaltyPreNoticeServed",
    "StatementReceived",
    "StatementReviewed",
    "HearingRequested",
    "HearingHeld",
    "CollectiveDiscussionHeld",
    "PenaltyDecisionMade",
    "DocumentServed",
    "FinePaid",
    "CaseClosed",
    "CaseFileArchived",
    "DisclosureObligationAssessed",
    "DisclosureDrafted",
    "DisclosureReviewed",
    "DisclosurePublished",
    "DisclosureUpdated",
    "DisclosureWithdrawn",
    "DisclosureWithheld",
    "DisclosurePublishedExternally",
    "RetrievalRequested",
    "RetrievalApproved",
    "RetrievalRejected",
    "RecordAccessed",
    "RecordAccessEnded",
    "RecordCopied",
    "AccessDenied",
    "RetrievalClosed",
    "OfflineAccessReported",
]
MADE_BY_LEDGER = [
    "LedgerCreated",
    "LogHeartbeat",
    "EventsRejected",
    "GateRefused",
    "OpeningsCompleted",
    "MajorDecisionAssessed",
    "DecisionGateCleared",
    "DecisionGateRefused",
]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The catalogue as installed."""
    return load_catalogue()


def test_every_type_has_a_row_and_every_row_a_schema(catalogue: Catalogue) -> None:
    """No schema without a row, no row without a schema."""
    assert sorted({event_type for event_type, _ in event_schemas()}) == sorted(catalogue.rows)


def test_the_types_of_the_whole_path_are_there(catalogue: Catalogue) -> None:
    """A case from lead to archive, its disclosure, its retrieval, and what runs the platform."""
    assert [name for name in REQUIRED_TYPES if name not in catalogue.rows] == []


def test_the_ledger_makes_exactly_its_own_types(catalogue: Catalogue) -> None:
    """An emitter that sends one of these is refused."""
    made = [row.type for row in catalogue.rows.values() if row.made_by_ledger]
    assert sorted(MADE_BY_LEDGER) == sorted(made)


def test_rows_are_plausible(catalogue: Catalogue) -> None:
    """Terms are Chinese as in the schema, emitters known, control types in streams of their own."""
    kinds = {"AGY", "REV", "AVS", "PAY", "HRS", "ARC", "INS", "LIC", "DIS", "SUP", "PLT"}
    for (event_type, _), text in event_schemas().items():
        row = catalogue.rows[event_type]
        assert row.cn == json.loads(text)["cn"]
        assert row.emitters and set(row.emitters) <= kinds
        assert row.tier in (1, 2)
        assert (row.log == "control") <= (row.stream not in ("matter", "target"))


def test_the_published_text_reads_back(catalogue: Catalogue) -> None:
    """What the control log carries is the catalogue, and it fits into an act."""
    text = catalogue_json(catalogue)
    assert parse_catalogue_json(text) == catalogue
    assert len(text.encode()) < ACT_SIZE_BYTES_MAX * 5 // 6


def test_rules_and_deadlines_are_published_beside_the_types(catalogue: Catalogue) -> None:
    """A program that does not know them reads the rows as before; unknown ties are passed over."""
    document = json.loads(catalogue_json(catalogue))
    names = {name for row in document["types"].values() for name in row}
    before = {"cn", "aggregate", "stream", "log", "emitters", "tier"}
    assert names == before | {"public", "made_by_ledger", "gate"}
    assert document["law"]["CaseFiled"] == {
        "preconditions": ["V-PROC-17"],
        "starts": ["D-PEN-02"],
        "fulfils": ["D-PEN-01"],
    }
    document["law"]["CaseFiled"]["later"] = ["D-XYZ-01"]
    assert parse_catalogue_json(json.dumps(document)) == catalogue
    del document["law"]
    without = parse_catalogue_json(json.dumps(document))
    assert without.rows.keys() == catalogue.rows.keys()
    assert not any(row.law.named() for row in without.rows.values())


@pytest.mark.parametrize("damage", [{"log": "caze"}, {"tier": None}, {"colour": "red"}])
def test_a_faulty_row_is_refused(catalogue: Catalogue, damage: dict[str, object]) -> None:
    """An unknown column, a missing one and an unknown log are errors, not defaults."""
    document = json.loads(catalogue_json(catalogue))
    row = document["types"]["CaseFiled"] | damage
    document["types"]["CaseFiled"] = {key: value for key, value in row.items() if value is not None}
    with pytest.raises(ValueError, match="CaseFiled"):
        parse_catalogue_json(json.dumps(document))


def test_gates_are_those_of_the_rule_set(catalogue: Catalogue) -> None:
    """Each gate of the catalogue has its list of rules, each rule its text."""
    rule_set = json.loads(rule_set_text())
    gates = {row.gate for row in catalogue.rows.values() if row.gate}
    assert gates == set(rule_set["gates"])
    used = {rule for rules in rule_set["gates"].values() for rule in rules}
    assert used == set(rule_set["rules"])


def test_the_default_review_catalogue_is_in_the_rule_set() -> None:
    """It has the fields of an adopted one, so that one reader serves both."""
    default = json.loads(review_catalogue_text())
    assert json.loads(rule_set_text())["review_catalogue"] == default
    adopted = json.loads(event_schemas()["ReviewCatalogueAdopted", 1])
    rules = next(field for field in adopted["fields"] if field["name"] == "rules")
    names = {field["name"] for field in rules["type"]["items"]["fields"]}
    assert all(set(rule) == names for rule in default["rules"])


def test_texts_that_a_birth_publishes_fit_into_an_act() -> None:
    """Rule set and calendars; the envelope of an act takes less than 2 KiB."""
    for text in [rule_set_text(), *calendar_texts()]:
        assert len(text.encode()) < ACT_SIZE_BYTES_MAX - 2_048

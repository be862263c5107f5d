"""Rules of coercion, evidence, service, execution, disclosure, retrieval and inspection.

Whatever acts arrive in whatever order, the engine judges them and says the same each time: judged
in one go, or by a judge that was made again from what came before. All rules are in force, those
of other families too.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.stream import StreamAct, counted_acts
from ledger.rules.rule_examples import ORIGIN, STREAM, example_state
from ledger.rules.violations.book import BOOK, PARTS
from ledger.rules.violations.engine import Alert, StreamJudge
from ledger.rules.violations.matter import Matter
from ledger.rules.violations.rule import Finding, RuleBook, Sight
from schemas.catalogue import load_catalogue
from schemas.loader import event_schemas
from tests.support.control import AGENCY, START, event_id, stream_act

SCHEMAS = {
    kind: json.loads(text) for (kind, version), text in event_schemas().items() if version == 1
}
FAMILIES = """
MeasureApproved MeasureImposed EmergencyMeasureImposed EmergencyMeasureRatified MeasureExtended
MeasureTestingPeriodNotified MeasureLifted DeadlineMissed

PenaltyDecisionMade OnSitePenaltyDecided FineCollectedOnSite OnSiteFineHandedIn FineRemitted
AdditionalFineImposed ReconsiderationFiled RemedyResultReceived

DemandNoticeServed EnforcementDecisionMade SubstitutePerformanceDone EvidencePreRegistered
PreRegistrationDisposed DeadlineMissed EventAnnulled

EvidenceRegistered EvidenceSealed EvidenceTransferred EvidenceVerified EvidenceExcluded
InvestigationConcluded PenaltyDecisionMade EvidenceReturned

RecordingStarted RecordingStopped RecordingUploaded RecordingExempted RecordingInterrupted
OnSiteExamined MediaDisposed HoldPlaced HoldLifted DeadlineMissed

PenaltyDecisionMade DocumentServed ServiceAddressConfirmed DeadlineMissed EventAnnulled

PenaltyDecisionMade DisclosureObligationAssessed DisclosureDrafted DecisionRevoked
DisclosurePublished DisclosurePublishedExternally DisclosureWithdrawn DisclosureExpired

RetrievalRequested RetrievalApproved RecordAccessed OfflineAccessReported EmergencyAccessUsed
RetrievalClosed RecordReturned DeadlineMissed

PenaltyDecisionMade HandlersAssigned LegalReviewConcluded DocumentServed EvidenceRegistered
RecordingStarted RecordingStopped HearingHeld EventCorrected EventCorrected EventAnnulled

InspectionTaskApproved RandomDrawConducted EntryScanned InspectionRecordMade
RecorderDeviceChecked ChainVerified IntegrityBreachDetected
"""
KINDS = [family.split() for family in FAMILIES.strip().split("\n\n")]
KINDS += [sorted(SCHEMAS)]
DEADLINES = ["D-COE-01", "D-COE-02", "D-PEN-03", "D-SRV-01", "D-REC-01", "D-RET-02", "D-RET-04"]
ACT_NAMES = [f"act {number}" for number in range(6)]
THINGS = ["thing:1", "thing:2", "officer:1"]
CATALOGUE = load_catalogue()
DAY_MICROS = 86_400_000_000
TODAY = START // DAY_MICROS
CONTROL = example_state(
    {
        "control": [
            {
                "type": "AvRecordListPublished",
                "at": "2026-01-01T00:00:00+08:00",
                "payload": {
                    "entries": [{"step": step, "mandatory": True} for step in sorted(SCHEMAS)]
                },
            }
        ]
    }
)
NUMBERS = {
    "int": [0, 1, 7, TODAY - 1, TODAY, TODAY + 31, (1 << 31) - 1, -(1 << 31)],
    "long": [0, 10_000, 10_001, START, START + 3 * DAY_MICROS, (1 << 63) - 1, -(1 << 63)],
}


@st.composite
def acts(draw: st.DrawFn) -> list[StreamAct]:
    """Draw the acts of one stream; they refer to each other, and happen before they arrive."""
    kinds = draw(st.sampled_from(KINDS))
    pairs = st.tuples(st.sampled_from(kinds), st.integers(0, 1 << 30))
    drawn = draw(st.lists(pairs, min_size=4, max_size=20))
    made = [_act(index, kind, Random(seed)) for index, (kind, seed) in enumerate(drawn)]
    return [_about_earlier(item, made[:index]) for index, item in enumerate(made)]


def _about_earlier(item: StreamAct, before: list[StreamAct]) -> StreamAct:
    """Have a correction say something of the type that it corrects, if that came before it."""
    if item.event_type != "EventCorrected":
        return item
    target = {it.act.event_id: it for it in before}.get(item.payload["targetEventId"])
    if target is None:
        return item
    dice = Random(item.entry.leaf_index)
    payload = _value(SCHEMAS[target.event_type], "", {}, dice)
    schema = CONTROL.schemas[target.event_type, 1]
    data = CONTROL.codec(target.event_type, 1).encode(payload)
    corrected = {"payloadSchema": schema.fingerprint, "payload": data}
    return item._replace(payload={**item.payload, **corrected})


def _act(index: int, event_type: str, dice: Random) -> StreamAct:
    received = START + index * DAY_MICROS
    happened = received - dice.choice([0, 0, 0, 1, 5, 40, 100_000_000]) * DAY_MICROS
    payload = _value(SCHEMAS[event_type], "", {}, dice)
    if event_type == "DeadlineMissed":
        payload["deadlineId"] = dice.choice(DEADLINES)
    item = stream_act(
        event_type,
        payload,
        at=happened,
        event_id=event_id(f"act {index}"),
        stream_key=STREAM,
        case_id=STREAM,
        aggregate_id=dice.choice(THINGS[:2]),
        aggregate_type=CATALOGUE.rows[event_type].aggregate,
        delegate_id=dice.choice((None, AGENCY)),
    )
    entry = item.entry._replace(leaf_index=index, stream_version=index + 1, received_at=received)
    return item._replace(entry=entry)


def _value(schema: Any, pattern: str, named: dict[str, Any], dice: Random) -> Any:
    """Return some value of a schema; ids are of few things, so that acts meet."""
    if isinstance(schema, list):
        value = _value(schema[1], pattern, named, dice)
        return dice.choice((None, value))
    if isinstance(schema, str) and schema not in named:
        return _scalar(schema, pattern, dice)
    schema = named.get(schema, schema) if isinstance(schema, str) else schema
    named.update({schema["name"]: schema} if "name" in schema else {})
    kind = schema["type"]
    if kind == "record":
        return {
            field["name"]: _value(field["type"], field.get("pattern", ""), named, dice)
            for field in schema["fields"]
        }
    if kind == "array":
        some = [_value(schema["items"], pattern, named, dice) for _ in range(2)]
        return some[: dice.randrange(3)]
    if kind == "enum":
        return dice.choice(schema["symbols"])
    if kind == "fixed":
        name = dice.choice(ACT_NAMES)
        return event_id(name) if schema["size"] == 16 else bytes(schema["size"])
    return _value(kind, pattern, named, dice)


def _scalar(kind: str, pattern: str, dice: Random) -> Any:
    if kind in NUMBERS:
        return dice.choice(NUMBERS[kind])
    if kind == "boolean":
        return dice.choice((True, False))
    if kind == "bytes":
        return b""
    digits = dice.choice("ab") * 64
    if "{64}$" in pattern and "a-f" in pattern:
        return digits if pattern.startswith("^[") else f"sha256:{digits}"
    return dice.choice(THINGS)


def judged(judge: StreamJudge, items: list[StreamAct]) -> list[list[Alert]]:
    """Return what a judge says of each act."""
    return [judge.judge(item, CONTROL) for item in items]


def new_judge() -> StreamJudge:
    """Return a judge that has seen nothing."""
    return StreamJudge(STREAM, ORIGIN, BOOK, PARTS)


@settings(deadline=None, max_examples=150)
@given(items=acts(), data=st.data())
def test_a_judge_made_again_at_any_point_says_the_same(
    items: list[StreamAct], data: st.DataObject
) -> None:
    whole = judged(new_judge(), items)
    cut = data.draw(st.integers(0, len(items)))
    again = new_judge()
    judged(again, items[:cut])

    assert judged(again, items[cut:]) == whole[cut:]


@settings(deadline=None, max_examples=150)
@given(items=acts())
def test_a_rule_is_raised_once_for_each_subject_and_by_an_identifier(
    items: list[StreamAct],
) -> None:
    alerts = [alert for found in judged(new_judge(), items) for alert in found]
    keys = [(alert.rule_id, alert.subject) for alert in alerts]

    assert len(set(keys)) == len(keys)
    assert all(0 < len(alert.subject) <= 128 for alert in alerts)
    assert all(len(set(alert.causes)) == len(alert.causes) for alert in alerts)


@settings(deadline=None, max_examples=100)
@given(items=acts())
def test_no_rule_reads_a_commitment(items: list[StreamAct]) -> None:
    """What is secret stays so: with every commitment another one, the same alerts are raised."""
    others = [item._replace(payload=_with_other_commitments(item.payload)) for item in items]

    said = [[alert.alert_id for alert in found] for found in judged(new_judge(), items)]
    assert [[it.alert_id for it in found] for found in judged(new_judge(), others)] == said


@settings(deadline=None, max_examples=150)
@given(items=acts())
def test_an_annulled_act_is_as_if_it_had_never_come_and_a_corrected_one_as_if_otherwise(
    items: list[StreamAct],
) -> None:
    """Against a judge whose matter is made again after each act from the acts that a gate counts.

    An annulment may come before what it annuls.
    """
    judge, said = new_judge(), []
    for count, item in enumerate(items, start=1):
        said.append(judge.judge(item, CONTROL))
        left = counted_acts(items[:count], CONTROL, ORIGIN)
        assert list(judge.matter.acts) == left
        judge.matter = Matter(STREAM, PARTS)
        for it in left:
            judge.matter.apply(it)

    assert judged(new_judge(), items) == said


def test_a_part_is_made_again_once_for_all_annulments_before_the_next_judged_act() -> None:
    """And not before a rule asks, and never for what it does not have."""
    made: list[Counted] = []

    class Counted:
        def __init__(self) -> None:
            made.append(self)

        def apply(self, item: StreamAct) -> None:
            """Remember nothing."""

    book = RuleBook()

    @book.rule("V-COE-01", "CaseFiled")
    def never(sight: Sight) -> list[Finding]:
        assert not annulled & {it.act.event_id for it in sight.matter.acts}
        sight.matter.part(Counted)
        return []

    dice = Random(1)
    kinds = [*["TextRecordMade"] * 20, *["EventAnnulled"] * 40, "CaseFiled", "CaseFiled"]
    items = [_act(index, kind, dice) for index, kind in enumerate(kinds)]
    for index, item in enumerate(items[20:60]):
        item.payload["targetEventId"] = event_id(f"act {index if index < 20 else 1_000}")
    annulled = {event_id(f"act {index}") for index in range(20)}
    judged(StreamJudge(STREAM, ORIGIN, book, (Counted,)), items)

    assert len(made) == 2


def _with_other_commitments(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_other_commitments(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_other_commitments(item) for item in value]
    return b"\xff" * 32 if value == bytes(32) else value

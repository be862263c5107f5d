"""What must be public follows from each kind of result, by the table of the rule set in force."""

import pytest

from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from ledger.domain.control_records import day_of
from ledger.domain.obligation import RESULTS
from ledger.rules.calendar import add_working_days
from ledger.rules.disclosure_duties import ASSESSED
from tests.support.ledger_copy import LedgerCopy, codec_of, sample
from tests.support.supervision import TYPES, derived_anew, publish_rules

DRAW = "RandomDrawConducted"
CHILD = {"partyType": "NATURAL", "ageBand": "UNDER_14"}
OFFICE = {"partyType": "LEGAL"}
STREAM = "case:1"


@pytest.fixture
def ledger():
    schemas = (*TYPES, *RESULTS, DRAW, ASSESSED, "DeadlineMissed")
    ledger = LedgerCopy(1, schemas=schemas)
    publish_rules(ledger, "test.1")
    return ledger


def result(ledger, event_type, party=OFFICE, draw=None):
    """Have something decided or found now; return its event id."""
    if draw:
        ledger.add(DRAW, sample(DRAW), stream=STREAM, log="0")
    row = RESULTS[event_type]
    made = {row.made_at: ledger.now} if row.made_at != "doc" else {}
    made |= {"doc": {"docDate": day_of(ledger.now)}} if row.made_at == "doc" else {}
    fields = {name: party for name in ("party", "object") if name in sample(event_type)}
    return ledger.add(event_type, sample(event_type, **made, **fields), stream=STREAM, log="0")


def duties(ledger):
    """Return what follows, as payloads."""
    acts = map(decode_act, derived_anew(ledger.logs).values())
    return [codec_of(ASSESSED).decode(it.payload) for it in acts if it.event_type == ASSESSED]


@pytest.mark.parametrize("event_type", sorted(RESULTS))
def test_each_kind_of_result_has_its_duty_and_its_day(ledger, event_type):
    """Licences in seven working days, other results in twenty, no penalty at will."""
    made_on = day_of(ledger.now)
    event_id = result(ledger, event_type, draw=event_type == "InspectionRecordMade")

    (duty,) = duties(ledger)

    days = {"publish_working_days": 7, "publish_other_working_days": 20}
    row = RESULTS[event_type]
    due = None if row.days is None else add_working_days(made_on, days[row.days], {}).day
    assert (duty["sourceEventId"], duty["channel"]) == (event_id, "PORTAL")
    assert (duty["result"], duty["dueDate"]) == (row.result, due)
    assert (duty["creditClass"], duty["ruleIds"]) == (None, [row.rule_id])


def test_of_a_child_nothing_is_public(ledger):
    """Whatever was granted or found."""
    for event_type in ("LicenceGranted", "NoPenaltyDecisionMade"):
        result(ledger, event_type, CHILD)

    assert {it["result"] for it in duties(ledger)} == {"MUST_NOT"}


def test_only_the_result_of_a_random_inspection_is_public(ledger):
    """One before the draw, one after it; an annulled draw was none."""
    result(ledger, "InspectionRecordMade")
    drawn = result(ledger, "InspectionRecordMade", draw=True)
    acts = [decode_act(decode_entry(it).act) for it in ledger.logs["0"]]
    (draw,) = (it.event_id for it in acts if it.event_type == DRAW)
    annulled = sample("EventAnnulled", targetEventId=draw)
    ledger.add("EventAnnulled", annulled, stream=STREAM, log="0")
    result(ledger, "InspectionRecordMade")

    assert [it["sourceEventId"] for it in duties(ledger)] == [drawn]

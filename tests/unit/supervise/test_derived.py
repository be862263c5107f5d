"""The bytes of an alert's act are fixed: pinned, and made by another library too."""

import io
import json
import re
from pathlib import Path

import fastavro

from consumers.supervise.derived import CAUSES_MAX, alert_act, day_alert_act, raised_alert
from ledger.chain.act import decode_act
from ledger.limits import ACT_SIZE_BYTES_MAX
from ledger.rules.day_close.closing import DayAlert
from ledger.rules.day_close.rule import Ref
from ledger.rules.rule_examples import ORIGIN, acts_of
from ledger.rules.violations.engine import Alert
from schemas.loader import schema_text
from tests.support.control import event_id
from tests.support.second_writer import second_act, second_event_id

ALERT_ID = "ce979ae89f6a49dbe342a22bbf247a93a126a1f253bd0258e62065d6492ab0b2"
ACTS = [
    {
        "type": "EnforcementDecisionMade",
        "id": "enforcement",
        "at": "2026-10-20T10:00:00+08:00",
        "received": "2026-10-20T10:00:02.000003+08:00",
        "item": "FINE-2026-01",
    }
]
GOLDEN = (
    "c301c81c8e5a8593083cce979ae89f6a89dba342a22bbf247a932c5375706572766973696f6e416c6572745261"
    "6973656402497e6add1fba32d00c636173653a310a416c6572748c01616c6572743a6365393739616538396636"
    "613439646265333432613232626266323437613933613132366131663235336264303235386536323036356436"
    "3439326162306232002431313433303130304643543030303032324c0028706c6174666f726d2e746573742e6c"
    "6564676572000086b2fcd0ff8eaf0686b2fcd0ff8eaf060000025e50ef2a5d7483c09dc44df536ec26b5020c63"
    "6173653a31021846494e452d323032362d3031ea01800163653937396165383966366134396462653334326132"
    "32626266323437613933613132366131663235336264303235386536323036356436343932616230623210562d"
    "434f452d30370c323032362e3202045e50ef2a5d7483c09dc44df536ec26b5f85ea6d3a8c78ba2a85b2dad4f80"
    "11e700"
)


def an_alert(causes=1):
    (trigger,) = acts_of({"acts": ACTS})
    named = tuple(event_id(f"cause {number}") for number in range(causes))
    return Alert(
        ALERT_ID, "V-COE-07", "2026.2", "HIGH", "case:1", trigger, (trigger.act.event_id, *named)
    )


def by_fastavro(alert):
    """The same act written by fastavro from docs/spec/derived.md, not by our code."""
    trigger = alert.trigger
    payload = {
        "alertId": ALERT_ID,
        "ruleId": "V-COE-07",
        "ruleSetVersion": "2026.2",
        "severity": "HIGH",
        "causeEventIds": list(alert.causes),
    }
    envelope = {
        "eventId": second_event_id(bytes.fromhex(ALERT_ID)),
        "streamKey": "case:1",
        "aggregateType": "Alert",
        "aggregateId": f"alert:{ALERT_ID}",
        "agencyId": trigger.act.agency_id,
        "at": trigger.entry.received_at,
        "causationId": trigger.act.event_id,
        "caseId": "case:1",
        "itemCode": "FINE-2026-01",
    }
    return second_act("SupervisionAlertRaised.v1.avsc", payload, envelope)


def test_the_act_is_the_golden_bytes():
    """Trigger, rule and causes fixed, the act is fixed; docs/spec/derived.md prints it."""
    act = alert_act(an_alert(), "platform.test.ledger")

    assert act.key == "case:1"
    assert act.openings == ()
    assert act.value.hex() == GOLDEN


def test_the_specification_prints_the_same_bytes():
    """Whoever reads the page compares with what we make."""
    page = (Path(__file__).parents[3] / "docs" / "spec" / "derived.md").read_text()

    assert GOLDEN in "".join(re.findall(r"^    ([0-9a-f]+)$", page, re.MULTILINE))


def test_another_library_makes_the_same_bytes():
    """fastavro, from the field list of the specification."""
    alert = an_alert()

    assert alert_act(alert, "platform.test.ledger").value == by_fastavro(alert)


def test_an_alert_of_very_many_causes_is_still_an_act():
    """What is left out is the same whoever derives it: the later ones."""
    act = alert_act(an_alert(CAUSES_MAX + 5), "platform.test.ledger")

    assert len(act.value) < ACT_SIZE_BYTES_MAX
    assert decode_act(act.value).event_type == "SupervisionAlertRaised"
    assert act == alert_act(an_alert(CAUSES_MAX + 9), "platform.test.ledger")


def test_an_alert_outside_a_case_names_none():
    """`caseId` is the trigger's: null where the matter is no case."""
    (trigger,) = acts_of({"acts": ACTS, "stream": "media:1"})
    alert = an_alert()._replace(trigger=trigger)

    act = decode_act(alert_act(alert, "platform.test.ledger").value)
    assert (act.stream_key, act.case_id, act.causation_id) == (
        "media:1",
        None,
        trigger.act.event_id,
    )
    assert ORIGIN not in act.aggregate_id


def a_day_alert(**fields):
    (trigger,) = acts_of({"acts": ACTS})
    act, entry = trigger.act, trigger.entry
    ref = Ref(
        "0", 0, act.event_id.hex(), entry.received_at, "case:1", act.agency_id, "case:1", None
    )
    causes = (act.event_id, event_id("earlier"))
    values = ("V-PROC-15", "2026.3", "MEDIUM", ref.event_id, ref, causes, "case:1", act.agency_id)
    return DayAlert(ALERT_ID, *values, entry.received_at, is_by_vault=False)._replace(**fields)


def test_only_an_alert_that_rests_on_the_vault_says_so():
    """In version 2, which fastavro reads; every other alert stays version 1 and byte for byte."""
    plain = decode_act(day_alert_act(a_day_alert(), "platform.test.ledger").value)
    value = day_alert_act(a_day_alert(is_by_vault=True), "platform.test.ledger").value
    act = decode_act(value)
    schema = fastavro.parse_schema(json.loads(schema_text("SupervisionAlertRaised.v2.avsc")))
    read = fastavro.schemaless_reader(io.BytesIO(act.payload), schema, None)

    assert (plain.schema_version, act.schema_version) == (1, 2)
    assert read["comparedBy"] == "VAULT_INDEX"
    same = {"schema_version": 1, "payload_schema": plain.payload_schema, "payload": plain.payload}
    assert act._replace(**same) == plain
    assert raised_alert(act) == raised_alert(plain)

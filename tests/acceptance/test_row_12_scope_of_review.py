"""Row 12: 制定重大执法决定法制审核目录清单 (12.1), 明确重大执法决定事项的标准 (12.2).

Works when the same case is judged “major” or “not major” by the catalogue version in force on the
decision date, and the judgement shows which rule matched. What a higher catalogue has and a lower
one has not is shown beside it.
"""

from __future__ import annotations

import pytest

from ledger.chain.ids import uuid_text
from tests.support.api import ask
from tests.support.open_ledger import WAIT_S, ago, day
from tests.support.penalties import DRAFT, FINE, ORGANISATION
from tests.support.running import program, wait_for

pytestmark = pytest.mark.kafka
LIST = "list:major"


CATALOGUES = "/v1/registers/review-catalogues"
CITY, COUNTY = "11430000FCT000065W", "11430104FCT000081H"  # Of no other test here.


def adopt(open_ledger, event_type, version, since, least_fen, office=None, **more):
    """Adopt an agency's catalogue in a version: fines from an amount on are major."""
    stream = open_ledger.stream(LIST, office or open_ledger.other)
    rule = {"ruleId": "CAT-7", "actKind": "PENALTY", "fineFenLegalMin": least_fen, **more}
    stream.add(
        event_type,
        at=ago(since),
        aggregate=("List", LIST),
        catalogueId="catalogue:1",
        version=version,
        rules=[rule],
        effectiveFrom=day(since),
    )
    stream.send()


def wait_until_shown(open_ledger, agency, version):
    """Wait until the portal's copy of the control log has a version."""

    def has_come():
        reply = ask(open_ledger.ledger, f"{CATALOGUES}/{agency}")
        return reply.status == 200 and reply.document["catalogue"]["version"] == version

    wait_for(has_come, WAIT_S, version)


def test_the_catalogue_of_the_decision_date_says_what_is_major(open_ledger):
    """Asked under the first version it is not; under the second it is, by the rule named."""
    adopt(open_ledger, "ReviewCatalogueAdopted", "v1", 20, FINE["amountFen"] + 1)
    case = open_ledger.case(open_ledger.other)
    case.add("CaseFiled", at=ago(15), party=ORGANISATION)
    case.add("DecisionGateRequested", draftHash=DRAFT, proposedPenalty=[FINE])
    case.send()
    first = case.entry("MajorDecisionAssessed")["payload"]
    assert (first["isMajor"], first["matched"], first["catalogueVersion"]) == (False, [], "v1")

    adopt(open_ledger, "ReviewCatalogueAmended", "v2", 5, FINE["amountFen"])
    case.add("DecisionGateRequested", draftHash=DRAFT, proposedPenalty=[FINE])
    assert case.send_refused()["failed"] == ["V-LR-01"]
    made = {"party": ORGANISATION, "penalties": [FINE], "draftHash": DRAFT}
    case.add("PenaltyDecisionMade", at=ago(10), **made)
    later = case.add("PenaltyDecisionMade", at=ago(1), **made)
    case.send()

    alert = case.alert("V-LR-01")  # One, though there are two decisions.
    assert alert["trigger_event_id"] == uuid_text(later.event_id)
    second = case.entries("MajorDecisionAssessed")[-1]["payload"]
    assert second["isMajor"] is True
    assert second["matched"] == [{"ruleId": "CAT-7", "catalogueVersion": "v2"}]
    broken = case.rules_broken()
    assert "V-LR-09" not in broken

    # The judgement shows the rule, and the catalogue of the day has it, to everybody.
    refused = case.entry("DecisionGateRefused")["event_id"]
    (matched,) = open_ledger.get(f"/v1/decision-gate/{refused}")["matched"]
    assert (matched["rule_id"], matched["catalogue_version"]) == ("CAT-7", "v2")
    assert matched["text"] == "行政处罚：全部事项；组织罚款 30,000 元以上"
    page = ask(open_ledger.ledger, f"/console/cases/{case.id}", role="supervisor").body.decode()
    assert f"CAT-7 {matched['text']}" in page
    wait_until_shown(open_ledger, open_ledger.other.agency, "v2")
    for on, version in ((6, "v1"), (5, "v2"), (21, "default-1")):
        shown = open_ledger.get(f"{CATALOGUES}/{open_ledger.other.agency}?on={day(on)}", None)
        assert shown["catalogue"]["version"] == version
        assert shown["catalogue"]["is_default"] == (version == "default-1")
    assert shown["missing"] == []


def test_what_a_lower_catalogue_leaves_out_of_the_higher_one_is_shown(open_ledger):
    """On the page, in the API and on the command line; a day before there was nothing to leave out."""
    offices = {code: open_ledger.new_office(code.lower(), code) for code in (CITY, COUNTY)}
    for code, superior in ((CITY, None), (COUNTY, CITY)):
        stream = open_ledger.stream(f"agency:{code}", offices[code])
        stream.add("AgencyRegistered", uscc=code, name=f"机关{code[:6]}", superiorId=superior)
        stream.send()
    kinds = {"ruleId": "CITY-1", "penaltyKinds": ["CLOSE"]}
    adopt(open_ledger, "ReviewCatalogueAdopted", "city-1", 9, 100_00, offices[CITY], **kinds)
    adopt(open_ledger, "ReviewCatalogueAdopted", "county-1", 20, 50_00, offices[COUNTY])

    path = f"/registers/review-catalogues/{COUNTY}"
    wait_until_shown(open_ledger, COUNTY, "county-1")
    lines = {
        on: [
            (line["rule_id"], line["agency_id"], line["is_missing"])
            for line in open_ledger.get(f"/v1{path}?on={day(on)}", None)["rules"]
        ]
        for on in (10, 9)
    }
    assert lines[10] == [("CAT-7", COUNTY, False)]
    assert lines[9] == [("CAT-7", COUNTY, False), ("CITY-1", CITY, True)]
    page = ask(open_ledger.ledger, path).body.decode()
    assert "上级目录有，本目录缺少" in page
    assert "责令关闭；或者组织罚款 100 元以上" in page
    shown = program("gate", "catalogue", COUNTY, "--data", open_ledger.ledger.data)
    assert "missing   CITY-1 city-1  行政处罚：全部事项；责令关闭" in shown.stdout, shown.stderr
    early = program("gate", "catalogue", COUNTY, "--on", day(10), "--data", open_ledger.ledger.data)
    assert "missing" not in early.stdout
    assert program("gate", "catalogue", "nobody").returncode == 2

"""Row 3, item 3.1: 严格执行行政执法人员持证上岗和资格管理制度.

Works when an on-site act by an officer whose credential was suspended the day before is accepted,
flagged CRITICAL, and visible to the supervisor within one projection cycle.
"""

from __future__ import annotations

import pytest

from ledger.chain.ids import uuid_text
from tests.support.open_ledger import ago, day
from tests.support.workshop import letters

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def officers(open_ledger):
    """Two officers with credentials; the first one's was suspended two days ago."""
    found = []
    for number in ("43011001", "43011002"):
        officer = open_ledger.stream(f"officer:{letters(20)}")
        aggregate = ("Officer", officer.id)
        agency = open_ledger.office.agency
        officer.add("OfficerRegistered", aggregate=aggregate, name="李某", agencyId=agency)
        officer.add(
            "CredentialIssued",
            aggregate=aggregate,
            credentialNo=number,
            scope=["PENALTY"],
            regionCode="430100",
            validFrom=day(300),
            validTo=day(-300),
        )
        found.append((officer, number))
    suspended = {"credentialNo": "43011001", "reason": "INVESTIGATION", "from": ago(2)}
    found[0][0].add("CredentialSuspended", aggregate=("Officer", found[0][0].id), **suspended)
    for officer, _ in found:
        officer.send()
    return [(officer.id, number) for officer, number in found]


def examined(open_ledger, officer):
    """Have an officer examine a place yesterday."""
    case = open_ledger.case()
    act = case.add("OnSiteExamined", at=ago(1), actors=[(*officer, "HANDLER")])
    case.send()
    return case, act


def test_the_act_is_accepted_flagged_and_seen_by_the_supervisor(open_ledger, officers):
    """An entry of the case, and a CRITICAL alert in the supervisor's list that names the act."""
    case, act = examined(open_ledger, officers[0])

    assert case.entry("OnSiteExamined")["event_id"] == uuid_text(act.event_id)
    alert = case.alert("V-CRED-01")
    assert (alert["severity"], alert["state"]) == ("CRITICAL", "RAISED")
    assert alert["trigger_event_id"] == uuid_text(act.event_id)
    newest = open_ledger.get("/v1/alerts?severity=CRITICAL&limit=100")["items"]
    assert alert["alert_id"] in [one["alert_id"] for one in newest]


def test_the_same_act_under_a_valid_credential_is_not_flagged(open_ledger, officers):
    """Whoever acts alone breaks another rule: the engine has looked at this act."""
    case, _ = examined(open_ledger, officers[1])

    broken = case.rules_broken()
    assert "V-CRED-02" in broken
    assert "V-CRED-01" not in broken

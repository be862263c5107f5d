"""Row 24, items 24.2 and 24.3: 岗前培训；取得法律职业资格的人员，可以简化或免于执法资格考试.

Works when a credential can be issued on either exam pass or exemption, and a credential issued on
neither is appended and flagged.
"""

from __future__ import annotations

import pytest

from tests.support.open_ledger import ago, day
from tests.support.workshop import letters

pytestmark = pytest.mark.kafka
ON = {
    "examined": ("OfficerExamPassed", {"examNo": "HN1"}),
    "exempted": ("OfficerExamExempted", {"basis": "LEGAL_QUALIFICATION"}),
}


def issued(open_ledger, ground):
    """Return an officer's stream with a credential that was issued on a ground, and its number."""
    number = letters(10).upper()
    officer = open_ledger.stream(f"officer:{letters(20)}")
    of = {"aggregate": ("Officer", officer.id), "actors": ()}
    agency = open_ledger.office.agency
    officer.add("OfficerRegistered", at=ago(60), name="王某", agencyId=agency, **of)
    officer.add("OfficerTrainingCompleted", at=ago(50), kind="PRE_POST", hours=40, **of)
    if ground is not None:
        event_type, payload = ON[ground]
        officer.add(event_type, at=ago(40), **payload, **of)
    officer.add(
        "CredentialIssued",
        at=ago(30),
        credentialNo=number,
        scope=["PENALTY"],
        regionCode="430100",
        validFrom=day(30),
        validTo=day(-300),
        **of,
    )
    officer.send()
    return officer, number


@pytest.mark.parametrize("ground", ON)
def test_a_credential_is_issued_on_either_ground(open_ledger, ground):
    """It is in the public register, and no rule speaks against it."""
    officer, number = issued(open_ledger, ground)

    assert "V-ORG-03" not in officer.rules_broken()
    shown = officer.shown_in(f"/v1/registers/officers/{officer.id}")
    assert [one["credential_no"] for one in shown["credentials"]] == [number]


def test_a_credential_on_neither_is_appended_and_flagged(open_ledger):
    """In the register as well: what happened is recorded; the supervisor is told."""
    officer, number = issued(open_ledger, None)

    assert officer.alert("V-ORG-03")["severity"] == "HIGH"
    shown = officer.shown_in(f"/v1/registers/officers/{officer.id}")
    assert [one["credential_no"] for one in shown["credentials"]] == [number]

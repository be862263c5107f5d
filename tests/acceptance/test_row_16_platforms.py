"""Row 16, items 16.1 and 16.2: 加强信息化平台建设.

Works when two different agency systems emit the same procedure and the supervisor sees both in one
timeline without special code.
"""

from __future__ import annotations

import pytest

from tests.support.open_ledger import WAIT_S, ago
from tests.support.penalties import ORGANISATION
from tests.support.running import wait_for

pytestmark = pytest.mark.kafka
PROCEDURE = ("LeadRegistered", "CaseFiled", "OnSiteExamined", "PenaltyDecisionMade")


def procedure(case):
    """Go through the same steps, day by day."""
    for number, event_type in enumerate(PROCEDURE):
        more = {"party": ORGANISATION} if number in (1, 3) else {}
        case.add(event_type, at=ago(9 - number), **more)


def test_two_systems_emit_one_procedure_and_the_supervisor_sees_both(open_ledger):
    """One through Kafka, one by HTTP, for two agencies: one list, the same steps and stages."""
    cases = {open_ledger.office: open_ledger.case(), open_ledger.other: None}
    cases[open_ledger.other] = open_ledger.case(open_ledger.other)
    for case in cases.values():
        procedure(case)
    cases[open_ledger.office].send_through_kafka()
    cases[open_ledger.other].send()

    for office, case in cases.items():
        case.entry(PROCEDURE[-1])
        own = [one for one in case.entries() if one["event_type"] in PROCEDURE]
        assert tuple(one["event_type"] for one in own) == PROCEDURE
        assert {one["emitter_id"] for one in own} == {office.emitter_id}
        assert {one["agency_id"] for one in own} == {office.agency}

    def timeline():
        items = open_ledger.get("/v1/cases?limit=100")["items"]
        return {one["case_id"]: one for one in items}

    names = {case.id for case in cases.values()}
    shown = wait_for(lambda: names <= set(timeline()) and timeline(), WAIT_S, "both cases")
    first, second = (shown[case.id] for case in cases.values())
    assert first["agency_id"] != second["agency_id"]
    assert first["stage"] == second["stage"]
    states = [open_ledger.get(f"/v1/cases/{case.id}/state") for case in cases.values()]
    stages = [[stage["is_accounted_for"] for stage in one["stages"]] for one in states]
    assert stages[0] == stages[1]
    assert any(stages[0])
    assert not all(stages[0])  # There was no legal review, and no service.

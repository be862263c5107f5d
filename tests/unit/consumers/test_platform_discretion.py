"""Advice on a fine is recorded for the agency that has the case, by its own benchmark."""

from __future__ import annotations

from consumers.platform.discretion import Choice
from tests.support.disclosure_story import Case, register_agencies
from tests.support.ledger_copy import AGENCY, OTHER_AGENCY, LedgerCopy
from tests.support.platform import Platform, publish_rules

ITEM = "HN-SJ-01"


def test_advice_is_by_whose_case_it_is_now():
    """A view, and with it an order, may still name who had the case before."""
    ledger = LedgerCopy(1)
    register_agencies(ledger)
    publish_rules(ledger)
    for agency, most in ((AGENCY, 100), (OTHER_AGENCY, 900)):
        grades = [{"circumstance": "一般", "minFen": 1, "maxFen": most}]
        payload = {"itemCode": ITEM, "grades": grades, "effectiveFrom": 0}
        stream = f"list:{ITEM}"
        ledger.add("DiscretionBenchmarkPublished", payload, stream=stream, agency_id=agency)
    platform, case = Platform(ledger), Case(ledger, 1)
    case.filed()
    case.act("JurisdictionTransferred", toAgency=OTHER_AGENCY)
    order = platform.order(case.stream, "officer:1")._replace(agency_id=AGENCY)
    (act,) = platform.commands.advise_discretion(order, Choice("一般", 500))
    item = platform.stream_act(act)
    assert item.act.agency_id == OTHER_AGENCY
    assert item.payload["officerChoice"] == "FOLLOWED"

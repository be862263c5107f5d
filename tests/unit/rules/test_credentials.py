"""Whether an officer might act, by what the register knew then and by what it knows now."""

from __future__ import annotations

from ledger.chain.act import Actor
from ledger.rules.violations.credentials import may_act
from tests.support.control import AGENCY, DAY, START, change, control_state, days
from tests.support.ledger_copy import sample

OFFICER = Actor("officer:1", "43010001", "HANDLER")
UNCITED = Actor("officer:1", None, "HANDLER")


def register():
    """Return a control log in which the officer has a credential for penalties."""
    state = control_state()
    payload = sample(
        "CredentialIssued",
        credentialNo="43010001",
        scope=["PENALTY"],
        regionCode="430100",
        validFrom=days("2026-01-01"),
        validTo=days("2028-12-31"),
    )
    change(state, "CredentialIssued", payload, aggregate_id="officer:1")
    return state


def test_a_suspension_learnt_later_speaks_against_what_was_fine_before():
    """The same question to a later state of the control log: what discovers late."""
    state = register()
    before = state.copy()
    payload = sample("CredentialSuspended", credentialNo="43010001")
    change(state, "CredentialSuspended", payload | {"from": START - DAY}, aggregate_id="officer:1")

    assert may_act(before, OFFICER, START, AGENCY, "PENALTY")
    assert not may_act(state, OFFICER, START, AGENCY, "PENALTY")
    assert may_act(state, OFFICER, START - 2 * DAY, AGENCY, "PENALTY")


def test_who_cites_no_credential_needs_one_all_the_same():
    assert may_act(register(), UNCITED, START, AGENCY, "PENALTY")
    assert not may_act(control_state(), UNCITED, START, AGENCY, "PENALTY")


def test_the_kind_of_enforcement_is_judged_where_it_is_known():
    assert may_act(register(), OFFICER, START, AGENCY, None)
    assert not may_act(register(), OFFICER, START, AGENCY, "COERCION")

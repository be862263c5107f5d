"""Facts of the control log are those of the size that is asked for."""

import pytest

from ledger.domain.control_facts import FACT_TYPES, ControlFacts
from ledger.errors import IncompleteError
from tests.support.ledger_copy import AGENCY, SCHEMAS, LedgerCopy, MemorySource, codec_of, sample


def facts_of(ledger: LedgerCopy) -> ControlFacts:
    facts = ControlFacts()
    for entry in MemorySource(ledger.logs).read("control", 0, 10_000, FACT_TYPES).entries:
        facts.apply(entry.data)
    facts.reached(len(ledger.logs["control"]))
    return facts


def test_a_renamed_agency_keeps_its_old_name_for_old_entries():
    """The entry that renames it counts from the size that includes it."""
    ledger = LedgerCopy(schemas=())
    sizes = [len(ledger.logs["control"])]
    for name in ("旧名", "新名"):
        payload = sample("AgencyRegistered", uscc=AGENCY, name=name)
        ledger.publish_schema("AgencyRegistered", 1, ledger_schema("AgencyRegistered"))
        ledger.add("AgencyRegistered", payload, stream=f"agency:{AGENCY}")
        sizes.append(len(ledger.logs["control"]))
    facts = facts_of(ledger)
    names = [facts.agency_name(AGENCY, size) for size in sizes]
    assert names == [None, "旧名", "新名"]
    assert facts.agency_name(AGENCY, sizes[1] + 1) == "旧名"
    assert facts.agency_name("11430100FCT000030F", sizes[2]) is None


def test_a_payload_is_read_by_the_schema_that_the_log_published():
    """Codec and Chinese term come from its text."""
    facts = facts_of(LedgerCopy())
    payload = codec_of("CaseFiled").encode(sample("CaseFiled", caseNo="1号"))
    assert facts.codec("CaseFiled", 1).decode(payload)["caseNo"] == "1号"
    assert facts.chinese_term("CaseFiled", 1) == "立案"


def test_a_schema_that_was_not_read_yet_is_missed():
    """No schema of ours is taken in its place."""
    facts = facts_of(LedgerCopy(schemas=()))
    with pytest.raises(IncompleteError):
        facts.codec("CaseFiled", 1)


def test_the_first_text_of_a_schema_stays():
    """One (type, version) has one text for ever; a second one in the log changes nothing."""
    ledger = LedgerCopy(schemas=())
    ledger.publish_schema("CaseFiled", 1, ledger_schema("CaseFiled"))
    ledger.publish_schema("CaseFiled", 1, ledger_schema("CaseFiled").replace("立案", "伪造"))
    assert facts_of(ledger).chinese_term("CaseFiled", 1) == "立案"


def ledger_schema(event_type: str) -> str:
    return SCHEMAS[event_type, 1]

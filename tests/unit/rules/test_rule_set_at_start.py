"""Which rule set and which calendars a start publishes: installed ones after older installed ones."""

import json

import pytest

from consumers.append.bootstrap import missing_records
from ledger.chain.act import decode_act
from ledger.clock import SystemClock, system_random
from ledger.domain.control import ControlState
from schemas.loader import RULE_SETS, calendar_texts, event_schemas, rule_set_text
from tests.support.control import (
    PLATFORM,
    START,
    change,
    ledger_created,
    published_settings,
    published_text,
    schema_published,
    signer,
)

OLD, MIDDLE, NEW = map(rule_set_text, RULE_SETS)


def state_with(*texts):
    """Return a ledger with everything published, and these rule sets one after the other."""
    state = ControlState()
    change(state, "LedgerCreated", ledger_created())
    for (event_type, version), text in event_schemas().items():
        change(state, "SchemaPublished", schema_published(event_type, version, text))
    for text in texts:
        change(state, "RuleSetPublished", published_text(json.loads(text)["version"], text))
    for kind, _, payload in published_settings():
        if kind == "CatalogueVersionPublished":
            change(state, kind, payload)
    for text in calendar_texts():
        change(
            state,
            "CalendarVersionPublished",
            published_text(json.loads(text)["version"], text),
        )
    state.advance(20, START)
    return state


def published(state, event_type="RuleSetPublished"):
    """Return the payloads of the rule sets, or of another type, that a start would publish."""
    records = missing_records(state, signer(PLATFORM), {}, SystemClock(), system_random)
    acts = [decode_act(record.value) for record in records]
    codec = state.codec(event_type, 1)
    return [codec.decode(act.payload) for act in acts if act.event_type == event_type]


def supervisors():
    """Return a rule set that a supervisor made of an installed one."""
    return json.dumps({**json.loads(OLD), "version": "hunan.1"}, ensure_ascii=False)


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ((), ["2026.3"]),
        ((OLD,), ["2026.3"]),
        ((OLD, MIDDLE), ["2026.3"]),
        ((NEW,), []),
        ((OLD, NEW), []),
        ((OLD, supervisors()), []),
        ((supervisors(),), []),
    ],
    ids=[
        "new ledger",
        "older ledger",
        "ledger with both",
        "newest",
        "both",
        "a supervisor's",
        "only a supervisor's",
    ],
)
def test_a_start_publishes_what_is_missing_and_overrules_nobody(held, expected):
    """And what it publishes can be applied: the next start has nothing to say."""
    state = state_with(*held)
    found = published(state)
    assert [it["version"] for it in found] == expected
    for payload in found:
        change(state, "RuleSetPublished", payload)
    assert published(state) == []


def test_an_older_ledger_goes_on_and_has_deadlines_from_then_on():
    """Its gates ask no less; before the publication no deadline started."""
    state = state_with(OLD)
    before = state.rule_set
    change(state, "RuleSetPublished", published(state)[0])
    after = state.rule_set
    assert (before.version, after.version) == ("2026.1", "2026.3")
    assert before.deadlines is None
    assert len(after.deadlines.rules) == 59
    assert all(set(ids) <= set(after.gates[gate]) for gate, ids in before.gates.items())
    assert before.numbers.items() <= after.numbers.items()


@pytest.mark.parametrize(
    ("version", "expected"),
    [("cn-2027.1", ["cn-2027.1"]), ("cn-2027.10", ["cn-2027.10"]), ("cn-2027.0", [])],
)
def test_the_official_year_replaces_the_provisional_one(monkeypatch, version, expected):
    """Once, and with its days; the same version is not published again."""
    *texts, provisional = calendar_texts()
    official = {
        **json.loads(provisional),
        "version": version,
        "provisional": False,
        "makeup_workdays": ["2027-02-14"],
    }
    state = state_with(NEW)
    assert state.calendar[2027].provisional
    installed = [*texts, json.dumps(official)]
    monkeypatch.setattr("consumers.append.bootstrap.calendar_texts", lambda: installed)

    found = published(state, "CalendarVersionPublished")
    assert [it["version"] for it in found] == expected
    for payload in found:
        change(state, "CalendarVersionPublished", payload)
    assert state.calendar[2027].provisional == (not expected)
    assert published(state, "CalendarVersionPublished") == []
    monkeypatch.undo()  # An older program is started again.
    assert published(state, "CalendarVersionPublished") == []


def test_calendar_versions_have_a_number_that_can_be_counted_on():
    """What a start compares: the year's series, and how often it was arranged."""
    for document in map(json.loads, calendar_texts()):
        series, _, number = document["version"].rpartition(".")
        assert (series, number.isdecimal()) == (f"cn-{document['year']}", True)

"""By which rule sets and calendar an entry was judged is known of any later state."""

import json

from consumers.supervise.control_history import ControlHistory
from schemas.loader import calendar_texts, rule_set_text
from tests.support.control import published_text
from tests.support.ledger_copy import LedgerCopy, MemorySource
from tests.support.supervision import ControlCopy

(YEAR,) = (it for it in map(json.loads, calendar_texts()) if it["year"] == 2026)


def test_a_later_state_has_the_terms_of_every_size_before_it():
    """As a fold of just so many entries has them."""
    ledger = LedgerCopy(1, schemas=("RuleSetPublished", "CalendarVersionPublished"))
    for number in (1, 2):
        version = f"test.{number}"
        rules = json.loads(rule_set_text()) | {"version": version}
        text = json.dumps(rules, ensure_ascii=False, separators=(",", ":"))
        ledger.add("RuleSetPublished", published_text(version, text), stream="platform:rules")
        year = json.dumps({**YEAR, "version": f"cn.{number}"})
        payload = published_text(f"cn.{number}", year)
        ledger.add("CalendarVersionPublished", payload, stream="platform:calendar")
    history = ControlHistory(ControlCopy(MemorySource(ledger.logs)))
    newest = history.newest()

    assert [len(newest.with_terms_of(it).rule_sets) for it in (1, newest.size)] == [0, 2]
    for size in range(1, newest.size + 1):
        then, of_then = history.at(size), newest.with_terms_of(size)
        assert of_then.rule_sets == then.rule_sets
        assert of_then.calendar == then.calendar
    assert newest.rule_set_at(ledger.now).version == "test.2"
    assert newest.calendar[2026].version == "cn.2"

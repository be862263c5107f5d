"""The supervision view answers alike from memory and from PostgreSQL, and answers right."""

import psycopg
import pytest

from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from ledger.chain.ids import alert_event_id, uuid_text
from ledger.chain.ids import alert_id as alert_id_of
from projections.supervision.view import AlertQuery
from tests.support.ledger_copy import (
    AGENCY,
    OTHER_AGENCY,
    START,
    LedgerCopy,
    MemorySource,
    sample,
)
from tests.support.supervision import (
    ALERT,
    ONCE,
    RULE,
    TYPES,
    MemorySender,
    MemoryTracking,
    enforce,
    memory_engine,
    publish_rules,
)
from tests.support.views import memory_readers, postgres_readers

ANSWERS = (
    *("AlertAcknowledged", "AlertExplained", "AlertEscalated", "AlertResolved"),
    *("AccountabilityDecided", "EventAnnulled", "CredentialSuspended"),
)


class Story:
    """Four matters with two alerts each; what became of one of each is told."""

    def __init__(self):
        self.ledger = LedgerCopy(2, schemas=(*TYPES, *ANSWERS))
        publish_rules(self.ledger, "test.1", "CRITICAL")
        self.triggers = {}
        for number, log in enumerate(("0", "1", "0", "1")):
            if number == 3:
                publish_rules(self.ledger, "test.2", "LOW")
            stream = f"case:{number}"
            self.triggers[stream] = enforce(self.ledger, stream, log)
        source = MemorySource(self.ledger.logs)
        engine = memory_engine(source, MemorySender(self.ledger), MemoryTracking())
        engine.supervise_batch()
        self.alerts, self.early = {}, 0
        for log in "01":
            for data in self.ledger.logs[log]:
                entry = decode_entry(data)
                act = decode_act(entry.act)
                if act.event_type == "SupervisionAlertRaised":
                    ids = self.alerts.setdefault(entry.stream_id, [])
                    ids.append((log, act.aggregate_id.removeprefix("alert:")))
        self.cure("case:0")
        self.learn_late("case:3", "1")
        self.compare_by_index("case:2", "0")
        self.answer("case:0", "AlertResolved", outcome="CONFIRMED", by="officer:9")
        self.answer("case:0", "AlertAcknowledged", by="officer:1")
        self.answer("case:1", "AlertAcknowledged", by="officer:1")
        self.answer("case:1", "AlertExplained", by="officer:2")
        self.answer("case:2", "AlertAcknowledged", agency=OTHER_AGENCY, by="officer:7")
        self.answer("case:2", "AlertEscalated", toOrg=OTHER_AGENCY)
        self.answer("case:2", "AlertAcknowledged", alertId="0" * 64, by="officer:1")

        self.decided = [self.decide(officer) for officer in ("officer:1", "officer:2")]
        annulled = sample("EventAnnulled", targetEventId=self.decided[1])
        self.ledger.add("EventAnnulled", annulled, stream="supervision:1", log="1")

    def decide(self, officer):
        """Have somebody's responsibility decided for two alerts, in a stream of its own."""
        alerts = [self.first("case:0"), self.first("case:1"), self.first("case:0")]
        body = sample("AccountabilityDecided", officerId=officer, alertIds=alerts, doc=None)
        return self.ledger.add("AccountabilityDecided", body, stream="supervision:1", log="1")

    def first(self, stream):
        """Return the id of the first alert of a matter."""
        return self.alerts[stream][0][1]

    def cure(self, stream):
        """Have a prerequisite of the first alert come too late, twice, and of an unknown one."""
        log, alert_id = self.alerts[stream][0]
        self.cures = []
        for raised in (alert_id, alert_id, "0" * 64):
            number = len(self.cures) + 1
            own = alert_id_of("V-TIME-03", stream, str(number))
            self.cures.append(bytes([number]) * 16)
            payload = {
                "alertId": own,
                "ruleId": "V-TIME-03",
                "ruleSetVersion": "test.1",
                "severity": "HIGH",
                "causeEventIds": [
                    self.cures[-1],
                    self.triggers[stream],
                    alert_event_id(raised),
                ],
            }
            fields = {"event_id": alert_event_id(own), "causation_id": self.cures[-1]}
            at = {"occurred_at": START + number}
            self.ledger.add(ALERT, payload, stream=stream, log=log, **fields, **at)

    def learn_late(self, stream, log):
        """Have a suspension known in the control log, and found by one alert of two that name it."""
        suspended = sample("CredentialSuspended")
        self.loss = self.ledger.add("CredentialSuspended", suspended, stream="officer:1")
        for rule in ("V-CRED-01", "V-CRED-03"):
            self.raise_alert(stream, log, rule, causation_id=self.loss)

    def compare_by_index(self, stream, log):
        """Have an alert raised that rests on the vault's index."""
        fields = {"comparedBy": "VAULT_INDEX", "version": 2}
        self.compared = self.raise_alert(stream, log, "V-PROC-15", **fields)

    def raise_alert(self, stream, log, rule, version=1, causation_id=None, **payload):
        """Have an alert of a rule raised before all others; return its id."""
        own = alert_id_of(rule, stream, "late")
        more = {"ruleSetVersion": "test.1", "severity": "HIGH", "causeEventIds": [], **payload}
        fields = {"event_id": alert_event_id(own), "causation_id": causation_id}
        body = {"alertId": own, "ruleId": rule, **more}
        self.early += 1
        at = {"occurred_at": START - self.early, "version": version}
        self.ledger.add(ALERT, body, stream=stream, log=log, **fields, **at)
        return own

    def answer(self, stream, event_type, agency=AGENCY, **payload):
        """Have somebody answer the first alert of a matter."""
        log, alert_id = self.alerts[stream][0]
        body = sample(event_type, **{"alertId": alert_id, **payload})
        self.ledger.add(event_type, body, stream=stream, log=log, agency_id=agency)


@pytest.fixture(scope="module")
def story():
    return Story()


@pytest.fixture(scope="module")
def postgres(postgres_server, story):
    name = postgres_server.create()
    with psycopg.connect(postgres_server.url(name), autocommit=True) as connection:
        yield postgres_readers(connection, story.ledger.logs).supervision
    postgres_server.drop(name)


@pytest.fixture(scope="module")
def memory(story):
    return memory_readers(story.ledger.logs).supervision


@pytest.fixture(params=["memory", "postgres"])
def reader(request):
    return request.getfixturevalue(request.param)


def test_an_alert_keeps_what_its_act_says(reader, story):
    """Rule, rule set, severity, trigger and causes; it is found by its id."""
    row = reader.alert(story.first("case:0"))

    trigger = uuid_text(story.triggers["case:0"])
    assert (row.stream_id, row.agency_id) == ("case:0", AGENCY)
    assert (row.rule_id, row.rule_set_version, row.severity) == (RULE, "test.1", "CRITICAL")
    assert (row.trigger_event_id, row.causes) == (trigger, f'["{trigger}"]')
    assert reader.alert("0" * 64) is None


@pytest.mark.parametrize(
    ("stream", "state"),
    [("case:0", "RESOLVED"), ("case:1", "EXPLAINED"), ("case:2", "RAISED"), ("case:3", "RAISED")],
)
def test_an_alert_goes_on_and_never_back(reader, story, stream, state):
    """Acknowledging after the resolution is noted; a stranger's acknowledgement is not."""
    assert reader.alert(story.first(stream)).state == state


def test_who_answered_is_kept(reader, story):
    """Each step with its person; escalation changes no state."""
    resolved, explained, escalated = (
        reader.alert(story.first(f"case:{number}")) for number in range(3)
    )

    assert (resolved.resolved_by, resolved.outcome) == ("officer:9", "CONFIRMED")
    assert resolved.acknowledged_by == "officer:1"
    assert (explained.acknowledged_by, explained.explained_by) == ("officer:1", "officer:2")
    assert (escalated.acknowledged_by, escalated.escalated_to) == (None, OTHER_AGENCY)


def test_a_late_cure_marks_the_alert_and_changes_nothing_else(reader, story):
    """The first prerequisite that came too late; it is no answer to the alert."""
    row = reader.alert(story.first("case:0"))
    others = [it for it in reader.alerts(AlertQuery(), 50).rows if it.alert_id != row.alert_id]

    assert (row.mark, row.late_cured_by) == ("LATE_CURE", uuid_text(story.cures[0]))
    assert (row.late_cured_at, row.state) == (START + 1, "RESOLVED")
    assert {it.mark for it in others} == {None, "DISCOVERED_LATE"}


def test_what_was_learnt_late_and_what_the_index_shows_is_said(reader, story):
    """Of the rule that is asked again, where the control log has what took the credential away."""
    (late,) = reader.alerts(AlertQuery(mark="DISCOVERED_LATE"), 50).rows
    rows = {it.alert_id: it.compared_by for it in reader.alerts(AlertQuery(), 50).rows}

    assert (late.rule_id, late.discovered_by) == ("V-CRED-01", uuid_text(story.loss))
    assert {key for key, word in rows.items() if word == "VAULT_INDEX"} == {story.compared}
    assert set(rows.values()) == {None, "VAULT_INDEX"}


@pytest.mark.parametrize(
    ("query", "streams"),
    [
        (
            AlertQuery(),
            [f"case:{number}" for number in (3, 3, 2, 2, 1, 1, 0, 0, 0, 0, 0, 3, 3, 2)],
        ),
        (AlertQuery(rule_id=ONCE), ["case:3", "case:2", "case:1", "case:0"]),
        (AlertQuery(severity="LOW"), ["case:3", "case:3"]),
        (AlertQuery(state="RESOLVED"), ["case:0"]),
        (AlertQuery(mark="LATE_CURE"), ["case:0"]),
        (AlertQuery(stream_id="case:1", rule_id=RULE), ["case:1"]),
        (AlertQuery(agency_id=OTHER_AGENCY), []),
    ],
)
def test_alerts_are_listed_newest_first(reader, query, streams):
    """By rule, severity, state, matter and agency, alone or together."""
    assert [row.stream_id for row in reader.alerts(query, 50).rows] == streams


def test_pages_follow_each_other_without_gap_or_overlap(reader):
    """Three a page, to the end."""
    seen, after = [], None
    for _ in range(5):
        page = reader.alerts(AlertQuery(), 3, after)
        seen += [row.alert_id for row in page.rows]
        after = page.next_cursor
    assert after is None
    assert seen == [row.alert_id for row in reader.alerts(AlertQuery(), 50).rows]


@pytest.mark.parametrize(("most", "counts"), [(10, {RULE: 4, ONCE: 4}), (3, {RULE: 3, ONCE: 3})])
def test_alerts_are_counted_by_rule(reader, most, counts):
    """No further than is asked; a rule without an alert is left out."""
    assert reader.count_by_rule([RULE, "V-NONE-01", ONCE], most) == counts


def test_what_was_decided_of_people_is_found_by_the_alert(reader, story):
    """In whatever stream it lies; not what was annulled."""
    for stream in ("case:0", "case:1"):
        (row,) = reader.accountability(story.first(stream))
        assert (row.officer_id, row.event_id) == ("officer:1", uuid_text(story.decided[0]))
    assert reader.accountability(story.first("case:2")) == []

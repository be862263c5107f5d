"""The rules of docs/spec/deadlines.md, one by one, on the default rule set or on rows of a test."""

import hashlib
import uuid

import pytest

from ledger.chain.avro import compile_codec
from ledger.rules.deadline_missed import (
    accrued_fen,
    missed_envelope,
    missed_payload,
    needs_act,
    severity_of,
)
from ledger.rules.deadlines import Terms
from schemas.loader import event_schemas
from tests.support.control import days, event_id
from tests.support.deadlines import (
    CALENDAR,
    DECISION,
    DOC,
    OFFICIAL,
    PAID,
    RULES,
    TERMS,
    act,
    instant,
    last_instant,
    only,
    rules_of,
    run,
)
from tests.support.ledger_copy import OTHER_AGENCY


def served(at, **fields):
    return act("DocumentServed", at, {"doc": DOC}, **fields)


def state(found, deadline_id="D-SRV-01"):
    return only(found.all(), deadline_id).state


# -- when it is kept ---------------------------------------------------------------------------


def test_the_day_of_the_trigger_does_not_count_and_the_last_one_ends_at_midnight():
    """Decided on 28 September at 23:59; due on 13 October at 24:00, that instant included."""
    due = instant("2026-10-14 00:00")
    assert only(run([DECISION])[0].all(), "D-SRV-01").due_at == due
    assert state(run([DECISION, served("2026-10-14 00:00")])[0]) == "MET"
    assert state(run([DECISION, served("2026-10-14 00:00:01")])[0]) == "MISSED"


def test_an_act_that_came_a_day_after_it_happened_is_late_reported():
    """More than 24 hours; whether the due day had passed makes no difference."""
    in_time = served("2026-10-12 09:00", received="2026-10-13 09:00")
    late = served("2026-10-12 09:00", received="2026-10-13 09:00:01")
    after = served("2026-10-13 20:00", received="2026-10-20 09:00")
    assert state(run([DECISION, in_time])[0]) == "MET"
    assert state(run([DECISION, late])[0]) == "MET_LATE_REPORTED"
    engine, missed = run([DECISION, after])
    assert state(engine) == "MET_LATE_REPORTED"
    assert only(missed, "D-SRV-01").state == "MISSED"  # As of the due instant.
    assert only(engine.all(), "D-SRV-01").missed_on_record


def test_what_was_received_up_to_the_due_instant_counts_and_no_more():
    """Time passing to the due instant itself judges nothing."""
    engine, _ = run([DECISION])
    assert engine.advance(last_instant("2026-10-13"), TERMS) == []
    missed = engine.advance(last_instant("2026-10-13") + 1, TERMS)
    assert {it.deadline_id for it in missed} == {"D-DIS-01", "D-SRV-01"}
    assert engine.advance(last_instant("2026-12-01"), TERMS) == []


def test_a_trigger_that_comes_late_is_judged_after_its_own_transaction():
    """Whole cases are entered at once; what came in the same transaction is not missed."""
    received = "2026-11-02 09:00"
    late = act("PenaltyDecisionMade", "2026-09-28 10:00", {"doc": DOC}, received=received)
    kept = served("2026-10-09 09:00", received=received)
    engine, missed = run([late, kept], now="2026-11-03")
    assert state(engine) == "MET_LATE_REPORTED"
    assert [it for it in missed if it.deadline_id == "D-SRV-01"] == []
    assert only(run([late], now="2026-11-03")[1], "D-SRV-01").state == "MISSED"


def test_acts_that_come_before_their_trigger_fulfil_it():
    """Reports come in any order."""
    late = act("PenaltyDecisionMade", "2026-09-28 10:00", {"doc": DOC}, received="2026-10-10 09:00")
    waiting = act("OnSiteFineHandedIn", "2026-06-02 09:00")
    found = run(
        [waiting, act("FineCollectedOnSite", "2026-06-01 09:00", received="2026-06-03 09:00")]
    )
    assert state(found[0], "D-EXE-02") == "MET"
    # A service cannot be matched to a decision that nobody knows yet.
    assert state(run([served("2026-10-09 09:00"), late])[0]) == "OPEN"


def test_an_act_that_came_early_answers_one_trigger_only():
    """Money handed in once; two fines of that day were reported after it."""
    fine = {"received": "2026-06-03 09:00"}
    acts = [
        act("OnSiteFineHandedIn", "2026-06-02 09:00"),
        act("FineCollectedOnSite", "2026-06-01 09:00", name="first", **fine),
        act("FineCollectedOnSite", "2026-06-01 10:00", name="second", **fine),
    ]
    found = [it for it in run(acts)[0].all() if it.deadline_id == "D-EXE-02"]
    assert [it.state for it in found] == ["MET", "OPEN"]


def test_an_act_before_the_start_fulfils_nothing():
    """The money of yesterday is not that of today."""
    acts = [
        act("OnSiteFineHandedIn", "2026-05-31 09:00"),
        act("FineCollectedOnSite", "2026-06-01 09:00"),
    ]
    assert state(run(acts)[0], "D-EXE-02") == "OPEN"


# -- pauses and extensions ---------------------------------------------------------------------

FILED = act("CaseFiled", "2026-07-03 10:00", {"itemCode": "HN-SJ-05"})


def due_day(acts, deadline_id="D-PEN-02", terms=TERMS):
    return only(run(acts, terms=terms)[0].all(), deadline_id).due_at


def test_paused_days_do_not_count_from_the_pause_to_the_day_of_its_end():
    """Ten days, 1 to 10 September, move 8 October (holiday rolled) to 11, a Sunday, to 12."""
    pause = act("InvestigationSuspended", "2026-09-01 10:00")
    resumed = act("InvestigationResumed", "2026-09-10 10:00")
    assert due_day([FILED]) == last_instant("2026-10-08")
    assert due_day([FILED, pause]) is None
    assert due_day([FILED, pause, resumed]) == last_instant("2026-10-12")
    assert run([FILED, pause], now="2026-12-20")[1] == []


def test_an_appraisal_pauses_only_where_a_rule_set_says_so():
    """The row is there and off: a sector's rule decides."""
    acts = [FILED, act("AppraisalCommissioned", "2026-09-01 10:00")]
    assert due_day(acts) == last_instant("2026-10-08")


def test_an_extension_counts_once_in_time_and_up_to_its_most():
    """Thirty more days by the head, any number after a collective discussion."""

    def extended(at, to, name, *, collective=False):
        payload = {"newDue": to, "collective": collective}
        return act("DecisionDeadlineExtended", at, payload, name=name)

    far = extended("2026-10-01 10:00", "d:2026-12-15", "far")
    again = extended("2026-10-05 10:00", "d:2026-12-16", "again")
    together = extended("2026-10-20 10:00", "d:2026-12-18", "together", collective=True)
    late = extended("2026-10-09 10:00", "d:2026-12-15", "late")
    assert due_day([FILED, far]) == last_instant("2026-11-02")  # 31 October is a Saturday.
    assert due_day([FILED, far, again]) == last_instant("2026-11-02")
    assert due_day([FILED, far, together]) == last_instant("2026-12-18")
    assert due_day([FILED, late]) == last_instant("2026-10-08")


def test_an_extension_that_was_given_in_time_and_reported_late_lets_it_run_on():
    """The miss stays on record; it is not judged a second time as a new one."""
    payload = {"newDue": "d:2026-10-30", "collective": False}
    late = act("DecisionDeadlineExtended", "2026-10-08 10:00", payload, received="2026-10-12 10:00")
    engine, missed = run([FILED, late])
    deadline = only(engine.all(), "D-PEN-02")
    assert (deadline.state, deadline.missed_on_record) == ("OPEN", True)
    assert [it.deadline_id for it in missed] == ["D-PEN-02"]
    assert engine.advance(last_instant("2026-12-20"), TERMS) == []
    assert only(engine.all(), "D-PEN-02").state == "MISSED"


def test_testing_time_is_a_span_that_one_act_names():
    """From day to day, both left out (行政强制法 art. 25)."""
    fields = {"aggregate": "measure:1", "aggregate_type": "Measure"}
    imposed = act("MeasureImposed", "2026-08-24 10:00", {"measureKind": "SEIZE"}, **fields)
    payload = {"from": "d:2026-09-01", "to": "d:2026-09-03"}
    testing = act("MeasureTestingPeriodNotified", "2026-08-31 10:00", payload, **fields)
    assert due_day([imposed], "D-COE-02") == last_instant("2026-09-23")
    assert due_day([imposed, testing], "D-COE-02") == last_instant("2026-09-26")
    other = {**fields, "aggregate": "measure:2"}
    elsewhere = act("MeasureTestingPeriodNotified", "2026-08-31 10:00", payload, **other)
    assert due_day([imposed, elsewhere], "D-COE-02") == last_instant("2026-09-23")


# -- calendar, rule sets, agencies ------------------------------------------------------------


def test_a_day_over_the_year_is_provisional_until_the_year_is_arranged():
    """Counted anew with the official year, and never HIGH while it is not."""
    late = act("PenaltyDecisionMade", "2026-12-28 10:00", {"doc": DOC})
    engine, _ = run([late])
    deadline = only(engine.all(), "D-SRV-01")
    assert (deadline.due_at, deadline.provisional) == (last_instant("2027-01-07"), True)
    assert deadline.calendar_version == "cn-2027.0"
    assert (severity_of(deadline), deadline.rule.severity) == ("MEDIUM", "HIGH")
    holidays = CALENDAR[2027].holidays | {days("2027-01-04")}
    year = CALENDAR[2027]._replace(version="cn-2027.1", provisional=False, holidays=holidays)
    engine.advance(instant("2026-12-29 10:00"), TERMS._replace(calendar={**CALENDAR, 2027: year}))
    deadline = only(engine.all(), "D-SRV-01")
    assert (deadline.due_at, deadline.provisional) == (last_instant("2027-01-08"), False)
    assert severity_of(deadline) == "HIGH"


def test_a_last_day_that_might_roll_is_provisional_in_a_provisional_year():
    """Whether 14 January 2027 is worked is not known yet; whether 14 December 2026 is, is."""
    closed = act("CaseClosed", "2026-12-15 10:00")
    deadline = only(run([closed])[0].all(), "D-ARC-01")
    assert (deadline.due_at, deadline.provisional) == (last_instant("2027-01-14"), True)
    earlier = act("CaseClosed", "2026-11-14 10:00")
    assert not only(run([earlier])[0].all(), "D-ARC-01").provisional


def test_without_any_calendar_of_a_year_monday_to_friday_count():
    """And the day is provisional."""
    late = act("PenaltyDecisionMade", "2026-12-28 10:00", {"doc": DOC})
    deadline = only(run([late], terms=TERMS._replace(calendar=OFFICIAL))[0].all(), "D-SRV-01")
    assert (deadline.due_at, deadline.provisional) == (last_instant("2027-01-06"), True)
    assert deadline.calendar_version == "none"


def test_a_deadline_keeps_the_rule_set_under_which_it_started():
    """A new law governs what starts later, and acts still fulfil what started before."""
    rows = {"severity": "HIGH", "starts": ["A"], "fulfils": ["B"], "unit": "CD"}
    old = Terms("1", rules_of({"id": "D-X", "length": 10, **rows}), CALENDAR)
    new = Terms("2", rules_of({"id": "D-X", "length": 3, **rows}), CALENDAR)
    engine, _ = run([act("A", "2026-06-01 09:00", name="first")], terms=old)
    engine.apply(act("A", "2026-06-02 09:00", name="second"), new)
    due = [it.due_at for it in engine.all()]
    assert due == [last_instant("2026-06-11"), last_instant("2026-06-05")]
    engine.apply(act("B", "2026-06-05 10:00"), new)
    assert [it.state for it in engine.all()] == ["MET", "MET"]


def test_an_agency_may_have_its_own_length():
    """Its review workflow says so in the control log; the default is ten working days."""
    accepted = act("LegalReviewAccepted", "2026-06-01 09:00", aggregate="review:1")
    assert due_day([accepted], "D-LR-01") == last_instant("2026-06-15")
    own = TERMS._replace(lengths={"limitWorkingDays": 5})
    assert due_day([accepted], "D-LR-01", own) == last_instant("2026-06-08")


# -- variants, chains, other acts -------------------------------------------------------------


@pytest.mark.parametrize(
    ("severity", "length", "due"),
    [
        ("CRITICAL", 2, "2026-06-03"),
        ("HIGH", 5, "2026-06-08"),
        ("MEDIUM", 10, "2026-06-15"),
        ("LOW", 20, "2026-06-30"),
    ],
)
def test_an_alert_is_answered_by_its_severity(severity, length, due):
    """Working days, and 19 June 2026 is a holiday; the deadline says which length counts."""
    raised = act(
        "SupervisionAlertRaised", "2026-06-01 09:00", {"alertId": "a", "severity": severity}
    )
    assert due_day([raised], "D-SUP-01") == last_instant(due)
    assert only(run([raised])[0].all(), "D-SUP-01").term.length == length


def test_time_to_answer_an_alert_begins_when_the_ledger_has_it():
    """An alert has the time of the act that raised it, which may be months ago."""
    payload = {"alertId": "a", "severity": "CRITICAL"}
    raised = act("SupervisionAlertRaised", "2026-03-02 09:00", payload, received="2026-06-01 09:00")
    assert due_day([raised], "D-SUP-01") == last_instant("2026-06-03")


def test_recordings_of_a_kind_are_kept_for_ever():
    """Disposal breaks it at once; there is no day on which it could be judged."""
    fields = {"aggregate": "media:1", "aggregate_type": "Media"}
    uploaded = act("RecordingUploaded", "2026-06-01 09:00", {"category": "EVIDENCE"}, **fields)
    engine, missed = run([uploaded, act("MediaDisposed", "2036-06-01 09:00", **fields)])
    deadline = only(engine.all(), "D-REC-02")
    assert (deadline.state, deadline.due_at, missed) == ("MISSED", None, [])
    assert not needs_act(deadline)


def test_a_licence_that_nobody_answers_is_deemed_accepted():
    """The time to decide runs from the receipt (行政许可法 art. 32)."""
    fields = {"stream": "licence:1", "aggregate_type": "Licence"}
    engine, missed = run(
        [act("LicenceApplicationReceived", "2026-06-01 09:00", **fields)], now="2026-06-10"
    )
    assert [it.deadline_id for it in missed] == ["D-LIC-01"]
    assert missed[0].rule.deemed == "自收到申请材料之日起视为受理"
    assert only(engine.all(), "D-LIC-02").due_at == last_instant("2026-06-30")
    payload = {"at": "t:2026-06-01 09:00"}
    late = act("LicenceApplicationAccepted", "2026-06-10 09:00", payload, **fields)
    engine.apply(late, TERMS)
    only(engine.all(), "D-LIC-02")


def test_service_by_announcement_starts_what_service_starts():
    """Thirty days after, from the day on which the decision counts as served."""
    payload = {"doc": DOC, "from": "d:2026-10-12"}
    announced = act("ServiceAnnouncementPublished", "2026-10-12 09:00", payload)
    engine, _ = run([DECISION, announced], now="2026-11-12")
    assert only(engine.all(), "D-SRV-02").state == "MET"
    assert only(engine.all(), "D-EXE-01").due_at == last_instant("2026-11-26")
    assert only(engine.all(), "D-COE-07").started_day == days("2027-05-11")


def test_the_time_to_apply_to_court_follows_the_later_window():
    """Three months after the six of the litigation window, not after the sixty days."""
    found = run([DECISION, served("2026-10-12 09:00")])[0].all()
    assert only(found, "D-REM-01").due_at == last_instant("2026-12-11")
    assert only(found, "D-REM-02").due_at == last_instant("2027-04-12")
    assert only(found, "D-COE-07").due_at == last_instant("2027-07-12")


def test_the_additional_fine_grows_three_per_cent_a_day_up_to_the_fine():
    """From the day after the last day of payment; not during a remedy (art. 73)."""
    acts = [DECISION, served("2026-10-12 09:00")]
    found = only(run(acts)[0].all(), "D-EXE-04")
    assert found.started_day == days("2026-10-27")
    for day, expected in (("2026-10-27", 0), ("2026-10-28", 3_000), ("2026-11-06", 30_000)):
        assert accrued_fen(found, 100_000, instant(f"{day} 12:00")) == expected
    assert accrued_fen(found, 100_000, instant("2027-06-01 12:00")) == 100_000
    filed = act("ReconsiderationFiled", "2026-10-30 09:00")
    paused = only(run([*acts, filed])[0].all(), "D-EXE-04")
    assert accrued_fen(paused, 100_000, instant("2026-11-06 12:00")) == 6_000


def test_an_assessment_decides_about_publication_on_each_channel():
    """The decision itself starts the portal's; MUST adds channels, anything else takes away."""
    fields = {"aggregate": "disclosure:1", "aggregate_type": "Disclosure"}

    def assessed(channel, result):
        payload = {"sourceEventId": "#PenaltyDecisionMade", "channel": channel, "result": result}
        name = f"{channel}/{result}"
        return act("DisclosureObligationAssessed", "2026-09-29 09:00", payload, name=name, **fields)

    def found(*acts):
        engine, _ = run([DECISION, *acts])
        return [it.state for it in engine.all() if it.deadline_id == "D-DIS-01"]

    assert found() == ["OPEN"]
    assert found(assessed("PORTAL", "MUST")) == ["OPEN"]
    assert found(assessed("CREDIT", "MUST")) == ["OPEN", "OPEN"]
    assert found(assessed("PORTAL", "MAY_WITHHOLD")) == ["CANCELLED"]
    assert found(assessed("CREDIT", "MUST_NOT")) == ["OPEN"]


def test_what_was_never_published_need_not_be_withdrawn():
    """D-DIS-04 starts only after a publication of that decision."""
    payload = {"decisionEventId": "#PenaltyDecisionMade", "effectiveAt": "t:2026-10-20 09:00"}
    engine, _ = run([DECISION, act("DecisionRevoked", "2026-10-20 09:00", payload)])
    assert [it for it in engine.all() if it.deadline_id == "D-DIS-04"] == []


def test_the_last_notice_before_a_hearing_counts():
    """An earlier one named another day."""
    early = act("HearingNoticeServed", "2026-08-03 09:00", name="early")
    late = act("HearingNoticeServed", "2026-10-08 09:00", name="late")
    held = act("HearingHeld", "2026-10-12 09:00")
    engine, missed = run([early, late, held])
    assert [it.deadline_id for it in missed] == ["D-HEA-02"]  # At the event itself.
    assert only(engine.all(), "D-HEA-02").due_at == last_instant("2026-09-24")


def test_yearly_and_quarterly_deadlines_start_anew():
    """Of an agency, from the period in which it was registered."""
    registered = act("AgencyRegistered", "2026-02-03 09:00", stream="agency:11430100FCT000022L")
    engine, missed = run([registered], now="2027-02-10", scope="AGENCY")
    quarters = [it for it in engine.all() if it.deadline_id == "D-ORG-02"]
    assert [it.state for it in quarters] == ["MISSED"] * 4 + ["OPEN"]
    assert len({it.instance_id for it in quarters}) == 5
    years = [it for it in engine.all() if it.deadline_id == "D-ORG-01"]
    assert [it.due_at for it in years] == [last_instant("2027-01-31"), last_instant("2028-01-31")]
    assert len(missed) == 5


def test_a_trigger_of_long_ago_starts_no_period_that_was_over_when_it_came():
    """A hundred years of reports are missed by nobody; a moment of no century starts nothing."""

    def found(at):
        received = "2026-02-03 09:00"
        registered = act("AgencyRegistered", at, stream="agency:1", received=received)
        return run([registered], now="2026-04-30", scope="AGENCY")

    engine, missed = found("1926-02-03 09:00")
    assert [it.deadline_id for it in missed] == ["D-ORG-02"]
    assert len(engine.all()) == 3  # A year and two quarters.
    for wild in (-(2**62), 2**62):
        assert found(wild)[0].all() == []


def test_a_supervision_opinion_is_due_on_the_day_that_it_names_for_whom_it_addresses():
    """Not thirty days later, and not for the supervisor."""
    payload = {"due": days("2026-06-13"), "toAgency": OTHER_AGENCY}  # A Saturday: not moved.
    opinion = act("SupervisionOpinionIssued", "2026-06-01 10:00", payload)
    engine, missed = run([opinion], now="2026-06-14")
    deadline = only(engine.all(), "D-SUP-02")
    assert deadline.due_at == last_instant("2026-06-13")
    assert missed_envelope(only(missed, "D-SUP-02"))["agency_id"] == OTHER_AGENCY
    payload["due"] = 2**30  # No date of these centuries: the law's thirty days.
    (deadline,) = run([act("SupervisionOpinionIssued", "2026-06-01 10:00", payload)])[0].all()
    assert deadline.due_at == last_instant("2026-07-01")
    assert deadline.trigger.agency_id == OTHER_AGENCY


# -- the act ----------------------------------------------------------------------------------


def test_the_act_of_a_miss_is_made_from_the_deadline_alone():
    """Two engines make the same bytes; its times are the due instant, its cause the trigger."""
    first = only(run([DECISION], now="2026-11-01")[1], "D-SRV-01")
    second = only(
        run([DECISION, act("TextRecordMade", "2026-09-30 09:00")], now="2026-11-02")[1], "D-SRV-01"
    )
    codec = compile_codec(event_schemas()["DeadlineMissed", 1])
    assert codec.encode(missed_payload(first)) == codec.encode(missed_payload(second))
    envelope = missed_envelope(first)
    assert envelope == missed_envelope(second)
    assert envelope["occurred_at"] == envelope["recorded_at"] == last_instant("2026-10-13")
    assert envelope["causation_id"] == event_id("PenaltyDecisionMade")
    assert envelope["event_id"][6] >> 4 == 8
    assert missed_payload(first)["calendarVersion"] == "cn-2026.1"


def test_the_id_of_a_deadline_is_the_digest_of_its_texts():
    """docs/spec/deadlines.md: length-prefixed (deadline id, stream, trigger); computed by hand."""
    deadline = only(run([DECISION])[0].all(), "D-SRV-01")
    trigger = str(uuid.UUID(bytes=event_id("PenaltyDecisionMade")))
    texts = [text.encode() for text in ("D-SRV-01", "case:1", trigger)]
    joined = b"".join(len(text).to_bytes(4, "big") + text for text in texts)
    assert deadline.instance_id == hashlib.sha256(joined).hexdigest()


def test_ids_fit_the_schema_in_capitals():
    """DeadlineMissed.deadlineId has no small letters; no two ids become one by that."""
    ids = [name.upper() for name in RULES.rules]
    assert len(set(ids)) == len(ids)
    assert "D-DIS-01A" in ids


def test_a_date_of_no_century_starts_and_moves_nothing():
    """An emitter may write any number."""
    wild = act("ReformTaskPlanned", "2026-06-01 09:00", {"due": 2**31 - 1}, stream="org:1")
    assert run([wild], now="2026-12-20")[0].all() == []
    payload = {"newDue": 2**31 - 1, "collective": True}
    extended = act("DecisionDeadlineExtended", "2026-09-01 09:00", payload)
    assert due_day([FILED, extended]) == last_instant("2026-10-08")


def test_paying_in_instalments_extends_to_the_last_of_them():
    """PaymentDeferralApproved names several days."""
    acts = [DECISION, served("2026-10-12 09:00")]
    payload = {"dueDates": ["d:2026-11-30", "d:2026-12-31"]}
    deferred = act("PaymentDeferralApproved", "2026-10-20 09:00", payload)
    assert due_day([*acts, deferred], "D-EXE-01") == last_instant("2026-12-31")
    # What accrues after the last day of payment moves with it.
    assert due_day([*acts, deferred], "D-EXE-04") == last_instant("2027-02-03")
    paid = act("FinePaid", "2026-12-31 09:00", PAID)
    assert state(run([*acts, deferred, paid])[0], "D-EXE-01") == "MET"

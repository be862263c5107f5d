"""A corrected act counts as it reads now: for rules, for gates, for deadlines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from consumers.supervise.matter_deadlines import MatterDeadlines
from ledger.domain.amendments import amended
from ledger.domain.stream import StreamAct, counted_acts
from ledger.rules.deadline_instance import Deadline
from ledger.rules.rule_examples import ORIGIN, STREAM, acts_of, whole_payload
from ledger.rules.violations.book import BOOK, PARTS
from ledger.rules.violations.engine import Alert, StreamJudge
from tests.support.control import control_state, event_id

STATE = control_state()
PARTY = {"partyType": "NATURAL", "ageBand": "ADULT", "name": "甲"}
DOCUMENT = {
    "docType": "当场处罚决定书",
    "docDate": "2026-09-01",
    "fileHash": f"sha256:{'a' * 64}",
    "sealed": True,
}
STRANGER = "11430100FCT000030F"


def acts(*given: Mapping[str, Any]) -> list[StreamAct]:
    """Return acts of one stream, in their order."""
    return acts_of({"acts": list(given)})


def on_site(fine_fen: int) -> dict[str, Any]:
    """Return a decision made on the spot: 200 yuan are the most for a person."""
    penalties = [{"kind": "FINE", "amountFen": fine_fen}]
    payload = {"party": PARTY, "penalties": penalties, "doc": DOCUMENT}
    return {
        "type": "OnSitePenaltyDecided",
        "id": "decision",
        "at": "2026-09-01T10:00:00+08:00",
        "payload": payload,
    }


def corrected(
    target: StreamAct,
    payload: Mapping[str, Any],
    at: str = "2026-09-20T10:00:00+08:00",
    **more: Any,
) -> dict[str, Any]:
    """Return the correction of an act as an example has it."""
    kind = target.event_type
    data = STATE.codec(kind, 1).encode(whole_payload(kind, payload))
    schema = STATE.schemas[more.pop("schema", kind), 1].fingerprint
    body = {"targetEventId": target.act.event_id, "payloadSchema": schema, "payload": data}
    return {"type": "EventCorrected", "id": "correction", "at": at, "body": body, **more}


def stream(*given: Mapping[str, Any]) -> list[StreamAct]:
    """Return acts of one stream, corrections among them."""
    made = acts(*({name: it[name] for name in it if name != "body"} for it in given))
    return [
        item._replace(payload={**item.payload, **it.get("body", {})})
        for item, it in zip(made, given, strict=True)
    ]


def judged(items: list[StreamAct], rule_id: str) -> list[list[Alert]]:
    """Return what one rule says of each act."""
    judge = StreamJudge(STREAM, ORIGIN, BOOK, PARTS)
    said = [judge.judge(item, STATE) for item in items]
    return [[it for it in alerts if it.rule_id == rule_id] for alerts in said]


FIRST = acts(on_site(10_000))[0]


def test_what_the_new_values_violate_is_raised_by_the_correction() -> None:
    """Too high a fine comes to light: the correction is the trigger, the decision the subject."""
    correction = corrected(FIRST, on_site(900_000)["payload"])
    before, (alert,) = judged(stream(on_site(10_000), correction), "V-PROC-13")

    assert before == []
    assert alert.subject == FIRST.act.event_id.hex()
    assert alert.causes == (event_id("correction"), FIRST.act.event_id)
    assert alert.trigger.event_type == "EventCorrected"


def test_what_was_raised_stays_and_is_not_raised_again() -> None:
    """Whether the new values are lawful or not."""
    for fine_fen in (10_000, 800_000):
        correction = corrected(FIRST, on_site(fine_fen)["payload"])
        first, second = judged(stream(on_site(900_000), correction), "V-PROC-13")
        assert (len(first), second) == (1, [])


@pytest.mark.parametrize(
    "fault",
    [
        {"agency": STRANGER},
        {"emitter": "sup.justice"},
        {"schema": "CaseFiled"},
    ],
    ids=["another agency", "another kind of emitter", "another type"],
)
def test_a_correction_that_does_not_hold_changes_nothing(fault: dict[str, Any]) -> None:
    """For a gate either."""
    items = stream(on_site(10_000), corrected(FIRST, on_site(900_000)["payload"], **fault))

    assert judged(items, "V-PROC-13") == [[], []]
    assert counted_acts(items, STATE, ORIGIN)[0].payload == items[0].payload


def test_a_payload_that_is_no_value_of_the_type_changes_nothing() -> None:
    """Bytes that are not strict, or break a pattern."""
    bad = corrected(FIRST, on_site(900_000)["payload"])
    bad["body"]["payload"] += b"\0"

    assert judged(stream(on_site(10_000), bad), "V-PROC-13") == [[], []]


def test_an_annulled_correction_leaves_what_was_said_before() -> None:
    """The second one is taken back, the first holds again; then that one too."""
    second = corrected(FIRST, on_site(3)["payload"])
    second["id"] = "second"
    items = stream(on_site(1), corrected(FIRST, on_site(2)["payload"]), second)

    def fine(*annulled: str) -> int:
        taken_back = [
            {
                "type": "EventAnnulled",
                "at": "2026-09-21T10:00:00+08:00",
                "payload": {"targetEventId": name},
            }
            for name in annulled
        ]
        (decision,) = (
            it
            for it in amended([*items, *acts(*taken_back)], STATE)
            if it.event_type == "OnSitePenaltyDecided"
        )
        amount: int = decision.payload["penalties"][0]["amountFen"]
        return amount

    assert [fine(), fine("second"), fine("correction"), fine("second", "correction")] == [
        3,
        2,
        3,
        1,
    ]


def test_an_act_that_was_annulled_before_it_came_counts_nowhere() -> None:
    """Two systems send; which line is slower decides nothing. What a void annulment annuls stays."""
    annulled = {"type": "EventAnnulled", "payload": {"targetEventId": "decision"}}
    before = {**annulled, "id": "annulment", "at": "2026-08-30T10:00:00+08:00"}
    void = {
        **annulled,
        "at": "2026-08-29T10:00:00+08:00",
        "payload": {"targetEventId": "annulment"},
    }
    for first in ([before], [void, before]):
        items = stream(*first, on_site(900_000))
        assert judged(items, "V-PROC-13")[-1] == []
        assert items[-1] not in counted_acts(items, STATE, ORIGIN)


def test_a_deadline_of_an_act_that_was_annulled_before_it_came_does_not_run() -> None:
    """Nor is it fulfilled by one."""
    annulled = {"type": "EventAnnulled", "at": "2026-08-30T10:00:00+08:00"}
    done = {
        "type": "ReformTaskCompleted",
        "id": "done",
        "at": "2026-09-03T10:00:00+08:00",
        "payload": {"seedItem": "11.2", "level": "COUNTY"},
    }
    end = later("2026-09-18T10:00:00+08:00")
    counts = [
        len(missed_by(stream({**annulled, "payload": {"targetEventId": name}}, *story, end)))
        for name, story in (
            ("task", [task("2026-09-16")]),
            ("done", [task("2026-09-16"), done]),
            ("other", [task("2026-09-16"), done]),
        )
    ]
    assert counts == [0, 1, 0]


def missed_by(items: list[StreamAct]) -> list[Deadline]:
    """Return what is missed when all acts were taken in."""
    deadlines = MatterDeadlines(ORIGIN)
    return [one for item in items for one in deadlines.take_in(item, STATE)]


def task(due: str) -> dict[str, Any]:
    """Return a task of reform that is to be done by a day (D-ORG-03)."""
    return {
        "type": "ReformTaskPlanned",
        "id": "task",
        "at": "2026-09-01T10:00:00+08:00",
        "payload": {"seedItem": "11.2", "level": "COUNTY", "due": due, "lead": ["县司法局"]},
    }


def later(at: str) -> dict[str, Any]:
    """Return an act that lets time pass."""
    return {"type": "TextRecordMade", "at": at}


def test_a_deadline_is_counted_from_what_its_trigger_says_now() -> None:
    """Longer: it is missed later. Shorter: it is missed at once, at its own due instant. Once."""
    target = acts(task("2026-09-16"))[0]
    longer, shorter = (
        corrected(target, task(due)["payload"], "2026-09-10T10:00:00+08:00")
        for due in ("2026-10-16", "2026-09-05")
    )
    times = [later(f"2026-{day}T10:00:00+08:00") for day in ("09-18", "10-20", "10-21")]
    dues = [
        [it.due_at for it in missed_by(stream(task("2026-09-16"), *more))]
        for more in (times, [longer, *times], [shorter, *times], [*times, shorter])
    ]

    assert [len(it) for it in dues] == [1, 1, 1, 1]
    as_first, as_longer, as_shorter, too_late = (it[0] for it in dues)
    assert as_shorter < as_first < as_longer
    assert too_late == as_first


def test_a_deadline_whose_key_is_corrected_is_fulfilled_by_what_names_the_new_one() -> None:
    """And not by what names the old one; an annulled correction gives the old key back."""
    target = acts(task("2026-09-16"))[0]
    other = corrected(
        target,
        {**task("2026-09-16")["payload"], "seedItem": "12.1"},
        "2026-09-02T10:00:00+08:00",
    )
    annulled = {
        "type": "EventAnnulled",
        "at": "2026-09-04T10:00:00+08:00",
        "payload": {"targetEventId": "correction"},
    }

    def done(item: str) -> dict[str, Any]:
        payload = {"seedItem": item, "level": "COUNTY"}
        at = "2026-09-03T10:00:00+08:00"
        return {"type": "ReformTaskCompleted", "at": at, "payload": payload}

    end = later("2026-09-18T10:00:00+08:00")
    counts = [
        len(missed_by(stream(task("2026-09-16"), other, done(item), *more, end)))
        for item, more in (("12.1", ()), ("11.2", ()), ("12.1", (annulled,)))
    ]
    assert counts == [0, 1, 1]

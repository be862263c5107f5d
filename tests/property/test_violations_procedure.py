"""Rules of procedure, review and timing on any sequence of acts: no crash, no memory of its own.

Acts are drawn by type, moment, officer, aggregate and the few payload fields that rules look at;
the rest of a payload is the least its schema takes. Nothing about them need make sense.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.chain.act import Actor
from ledger.chain.ids import IDENTIFIER_PATTERN
from ledger.domain.control import ControlState
from ledger.domain.stream import StreamAct
from ledger.rules.violations.book import BOOK, PARTS
from ledger.rules.violations.chronicle import ALL_TYPES
from ledger.rules.violations.engine import Alert, StreamJudge
from schemas.catalogue import load_catalogue
from tests.support.control import (
    AGENCY_EMITTER,
    DAY,
    OTHER_AGENCY,
    START,
    SUPERVISOR_EMITTER,
    control_state,
    event_id,
    stream_act,
)
from tests.support.ledger_copy import sample

ORIGIN = "test.ledger/log/0"
ROWS = load_catalogue().rows
TYPES = [it for it in ALL_TYPES if ROWS[it].log != "control"]
ACTS_MAX = 24
OFFICERS = [f"officer:{number}" for number in range(3)]
officers = st.sampled_from(OFFICERS)
moments = st.integers(-4 * 24, 4 * 24).map(lambda hours: START + hours * DAY // 24)
days = moments.map(lambda at: at // DAY)
event_ids = st.integers(0, ACTS_MAX - 1).map(lambda number: event_id(f"act {number}"))
facts = st.lists(st.sampled_from(["F1", "F2", "mitigation:minor-party"]), max_size=2)
penalties = st.lists(
    st.builds(
        lambda kind, fen: {
            "kind": kind,
            "amountFen": fen,
            "objectCommitment": None,
            "durationDays": None,
        },
        st.sampled_from(["WARNING", "FINE", "CONFISCATE_GAINS", "REVOKE_LICENCE"]),
        st.sampled_from([None, 19_999, 20_001, 2_000_000]),
    ),
    max_size=2,
)
basis = st.lists(
    st.builds(
        lambda article: {
            "law": "中华人民共和国行政处罚法",
            "versionDate": 0,
            "article": article,
            "paragraph": None,
            "item": None,
        },
        st.sampled_from(["28", "32"]),
    ),
    max_size=2,
)
CONCLUSIONS = {
    "LegalReviewConcluded": ["AGREE", "PROBLEMS_FOUND"],
    "CollectiveDiscussionHeld": ["AGREED", "RETURNED"],
}
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(
        ("hearingRight", "granted", "withinTime", "hearingWaived", "criminalIndication"),
        st.booleans(),
    ),
    **dict.fromkeys(("collective", "provisional"), st.booleans()),
    **dict.fromkeys(("servedAt", "receivedAt", "heldAt", "hearingAt", "decidedAt"), moments),
    **dict.fromkeys(("filedAt", "at"), moments),
    **dict.fromkeys(("newDue", "violationEndDate"), days),
    **dict.fromkeys(("chair", "reviewer", "against"), officers),
    **dict.fromkeys(("statementEventId", "decisionEventId", "triggerEventId"), event_ids),
    "targetEventId": event_ids,
    "handlers": st.lists(officers, max_size=2),
    "deadlineId": st.sampled_from(["D-PEN-02", "D-PEN-04", "D-LR-01", "D-TRF-01", "D-SRV-01"]),
    "declared": st.lists(st.sampled_from(["STAT-1", "STAT-3"]), max_size=1),
    "draftHash": st.sampled_from(["sha256:aa", "sha256:bb"]),
    "proposedPenalty": penalties,
    "penalties": penalties,
    "factIds": facts,
    "basis": basis,
}


@st.composite
def acts(draw: st.DrawFn) -> StreamAct:
    """Draw an act; its place in the stream comes later."""
    event_type = draw(st.sampled_from(TYPES))
    payload = sample(event_type)
    for name in payload:
        if name in FIELDS:
            payload[name] = draw(FIELDS[name])
    if event_type in CONCLUSIONS:
        payload["conclusion"] = draw(st.sampled_from(CONCLUSIONS[event_type]))
    roles = st.sampled_from(["HANDLER", "CO_HANDLER", "REVIEWER", "HEARING_CHAIR"])
    actors = draw(st.lists(st.builds(Actor, officers, st.just("43010001"), roles), max_size=2))
    return stream_act(
        event_type,
        payload,
        at=draw(moments),
        actors=tuple(actors),
        aggregate_type=ROWS[event_type].aggregate,
        aggregate_id=draw(st.sampled_from(["case:1", "review:1", "evidence:1"])),
        emitter_id=draw(st.sampled_from([AGENCY_EMITTER, AGENCY_EMITTER, SUPERVISOR_EMITTER])),
    )


@st.composite
def streams(draw: st.DrawFn) -> list[StreamAct]:
    """Draw the acts of one stream in the order of their receipt."""
    drawn = draw(st.lists(acts(), min_size=1, max_size=ACTS_MAX))
    received_at, placed = START - 4 * DAY, []
    for index, item in enumerate(drawn):
        received_at = max(received_at, item.act.occurred_at + draw(st.integers(0, 5)) * DAY)
        act = item.act._replace(event_id=event_id(f"act {index}"))
        entry = item.entry._replace(
            leaf_index=index, stream_version=index + 1, received_at=received_at
        )
        placed.append(item._replace(entry=entry, act=act))
    return placed


@cache
def state() -> ControlState:
    return control_state()


def judge() -> StreamJudge:
    return StreamJudge("case:1", ORIGIN, BOOK, PARTS)


def judged(judging: StreamJudge, items: list[StreamAct]) -> list[Alert]:
    return [alert for item in items for alert in judging.judge(item, state())]


@settings(deadline=None)
@given(items=streams())
def test_any_acts_are_judged_and_every_alert_can_be_written_down(items: list[StreamAct]) -> None:
    """Each subject is an identifier and alerted once a rule; each cause is an act of the stream."""
    alerts = judged(judge(), items)

    known = {item.act.event_id for item in items}
    assert len({(it.rule_id, it.subject) for it in alerts}) == len(alerts)
    assert all(re.fullmatch(IDENTIFIER_PATTERN, it.subject) for it in alerts)
    for alert in alerts:
        assert len(set(alert.causes)) == len(alert.causes)
        cited = alert.trigger.payload.get("triggerEventId") or alert.trigger.payload.get(
            "targetEventId"
        )
        assert set(alert.causes) <= known | {cited}


@settings(deadline=None)
@given(items=streams(), cut=st.integers(0, ACTS_MAX))
def test_a_restart_anywhere_gives_the_same_alerts(items: list[StreamAct], cut: int) -> None:
    """Method: judge a prefix, throw the judge away, make it again from the prefix, go on."""
    before, after = items[:cut], items[cut:]
    first = judged(judge(), before)

    again = judge()
    assert judged(again, before) == first
    assert first + judged(again, after) == judged(judge(), items)


@settings(deadline=None)
@given(items=streams(), strangers=st.lists(acts(), max_size=5), data=st.data())
def test_what_a_stranger_writes_changes_nothing(
    items: list[StreamAct], strangers: list[StreamAct], data: st.DataObject
) -> None:
    """Method: put acts of an agency that has nothing to do with the matter anywhere behind its
    first act; whatever they say, they are neither judged nor prerequisites.
    """
    mixed = list(items)
    for index, item in enumerate(strangers):
        act = item.act._replace(
            event_id=event_id(f"stranger {index}"),
            agency_id=OTHER_AGENCY,
            emitter_id="agy.stranger",
        )
        place = data.draw(st.integers(1, len(mixed)))
        mixed.insert(place, item._replace(act=act))

    assert judged(judge(), mixed) == judged(judge(), items)

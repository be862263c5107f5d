"""Where a machine stands, and that whatever has no arrow is judged by the rule its table names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.domain.machines import IRREGULAR, LATE, REGULAR, Courses, fold_machines
from ledger.domain.stream import StreamAct, counted_acts
from ledger.rules.example_ledger import AGENCY, START
from ledger.rules.rule_examples import ORIGIN, example_state
from ledger.rules.violations.book import BOOK, PARTS
from ledger.rules.violations.engine import DERIVED, StreamJudge
from schemas.machine_tables import Arrow, Machine
from tests.support.machines import (
    MACHINES,
    MINUTE_MICROS,
    act,
    arrows_of,
    history,
    stream_of,
    taken,
)


def ways(machine: Machine) -> dict[str, list[Arrow]]:
    """Return the shortest way to each state that acts alone lead to."""
    found: dict[str, list[Arrow]] = {machine.initial: []}
    waiting = [machine.initial]
    for state in waiting:
        for arrow in arrows_of(machine):
            begins = found[state] or not machine.opens or arrow.event_type in machine.opens
            target = arrow.target
            if begins and state in arrow.sources and target is not None and target not in found:
                found[target] = [*found[state], arrow]
                waiting.append(target)
    return found


def unlawful(machine: Machine) -> Iterator[tuple[str, list[StreamAct]]]:
    """Yield a history for each act that has no arrow from a state; it ends with that act."""
    for state, way in ways(machine).items():
        for arrow in arrows_of(machine):
            begins = way or not machine.opens or arrow.event_type in machine.opens
            acts = history(machine, [*way, arrow]) if begins else []
            if acts and taken(machine, acts)[1] == IRREGULAR:
                yield state, acts


@pytest.mark.parametrize("name", MACHINES)
def test_every_state_is_reached_by_acts_or_by_time(name: str) -> None:
    machine = MACHINES[name]
    by_whole = {it.target for held in machine.whole.values() for it in held}
    for state, way in ways(machine).items():
        assert taken(machine, history(machine, way))[0].state == state
    assert set(ways(machine)) | by_whole | {machine.expired} >= set(machine.states)


@pytest.mark.parametrize("name", MACHINES)
def test_what_has_no_arrow_is_flagged_by_the_rule_of_its_state(name: str) -> None:
    machine, control, missing, seen = MACHINES[name], example_state({}), set(), 0
    for state, acts in unlawful(machine):
        if acts[-1].event_type in DERIVED:  # The engine's own: no rule judges what it derives.
            continue
        judge = StreamJudge(stream_of(machine), ORIGIN, BOOK, PARTS)
        alerts = [judge.judge(item, control) for item in acts][-1]
        if machine.states[state].flag not in {it.rule_id for it in alerts}:
            missing.add((acts[-1].event_type, state))
        seen += 1
    assert missing == set()
    assert seen > 5


def arrows(name: str, *event_types: str) -> list[Arrow]:
    """Return the first arrow of each type."""
    return [MACHINES[name].arrows[it][0] for it in event_types]


SUBMITTED, ACCEPTED, AGREED = arrows(
    "legal-review-1", "LegalReviewSubmitted", "LegalReviewAccepted", "LegalReviewConcluded"
)


def test_an_act_without_an_arrow_moves_the_state_and_is_kept() -> None:
    review = MACHINES["legal-review-1"]
    course, kind = taken(review, history(review, [SUBMITTED, AGREED]))
    assert (course.state, kind) == ("PASSED", IRREGULAR)
    assert [(it.before, it.after, it.flag) for it in course.irregular] == [
        ("SUBMITTED", "PASSED", "V-TIME-02")
    ]
    assert course.led_by is course.irregular[0]


def test_an_act_that_came_late_moves_nothing() -> None:
    review = MACHINES["legal-review-1"]
    acts = [act(review, SUBMITTED, 0), act(review, AGREED, 1, 9), act(review, ACCEPTED, 2, 5)]
    course, kind = taken(review, acts)
    assert (course.state, kind, course.irregular[-1].flag) == ("PASSED", LATE, None)


def test_an_access_without_a_window_is_no_approval() -> None:
    retrieval = MACHINES["retrieval-1"]
    asked, accessed = arrows("retrieval-1", "RetrievalRequested", "RecordAccessed")
    course, kind = taken(retrieval, history(retrieval, [asked, accessed]))
    assert (course.state, kind) == ("REQUESTED", IRREGULAR)


def test_a_credential_ends_with_its_last_day() -> None:
    credential = MACHINES["credential-1"]
    issued, suspended = arrows("credential-1", "CredentialIssued", "CredentialSuspended")
    course, _ = taken(credential, history(credential, [issued]))
    assert course.until is not None
    assert course.state_at(course.until) == "VALID"
    assert course.state_at(course.until + 1) == "EXPIRED"
    late = act(credential, suspended, 1, (course.until - START) // MINUTE_MICROS + 1)
    step = course.step(late)
    assert step is not None
    assert (step.before, step.after, step.kind) == ("EXPIRED", "SUSPENDED", IRREGULAR)


def test_an_archived_case_leads_each_piece_of_evidence_on() -> None:
    custody = MACHINES["physical-custody-1"]
    (registered,) = arrows("physical-custody-1", "EvidenceRegistered")
    (archived,) = custody.whole["CaseFileArchived"]
    first = act(custody, registered, 0)
    second = act(custody, registered, 1)
    second = second._replace(act=second.act._replace(aggregate_id="evidence:2"))
    after = act(custody, registered, 3)
    after = after._replace(act=after.act._replace(aggregate_id="evidence:3"))
    courses = fold_machines([first, second, act(custody, archived, 2), after])
    found = {it.subject: it.state for it in courses if it.machine is custody}
    assert found == {"one:1": "ARCHIVED", "evidence:2": "ARCHIVED", "evidence:3": "REGISTERED"}


def test_electronic_evidence_is_not_in_two_machines() -> None:
    digital = MACHINES["digital-custody-1"]
    registered, sealed = arrows("digital-custody-1", "EvidenceRegistered", "EvidenceSealed")
    courses = fold_machines(history(digital, [registered, sealed]))
    found = {it.machine.name: it.state for it in courses if it.subject == "one:1"}
    assert found == {"digital-custody-1": "SEALED"}


def test_a_strangers_act_and_an_annulled_one_move_nothing() -> None:
    review, control = MACHINES["legal-review-1"], example_state({})
    acts = history(review, [SUBMITTED, ACCEPTED, AGREED])
    strange = acts[2].act._replace(agency_id="11430100006100009X")
    counted = counted_acts([*acts[:2], acts[2]._replace(act=strange)], control, ORIGIN)
    assert [it.state for it in fold_machines(counted) if it.machine is review] == ["ACCEPTED"]
    judge = StreamJudge(stream_of(review), ORIGIN, BOOK, PARTS)
    for item in acts[:2]:
        judge.judge(item, control)
    judge.judge(acts[2]._replace(act=strange), control)
    held = judge.matter.part(Courses).all()
    assert [it.state for it in held if it.machine is review] == ["ACCEPTED"]
    assert acts[0].act.agency_id == AGENCY
    assert {it.kind for course in held for it in course.reached.values()} == {REGULAR}

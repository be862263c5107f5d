"""What the platform commands in a retrieval passes its gates, or is refused by the right rule."""

from __future__ import annotations

import pytest

from consumers.generate.commands import Command
from consumers.generate.records import SimulatedRecord
from consumers.platform.performer import FilePerformer
from consumers.platform.retrieval import Request
from ledger.chain.tree import leaf_hash, tree_root
from ledger.errors import RejectedError
from tests.support.disclosure_story import DAY, Case, register_agencies
from tests.support.ledger_copy import AGENCY, OTHER_AGENCY, LedgerCopy, sample
from tests.support.platform import LOG, Platform, publish_rules

RETRIEVAL = "retrieval:1"
REQUEST = Request(
    RETRIEVAL, OTHER_AGENCY, "SUPERVISION", "年度评查", "COPY", ["media:1"], ["doc:1"]
)


@pytest.fixture
def platform() -> Platform:
    ledger = LedgerCopy(1)
    register_agencies(ledger)
    publish_rules(ledger)
    return Platform(ledger)


@pytest.fixture
def case(platform: Platform) -> Case:
    case = Case(platform.ledger, 1)
    case.filed()
    return case


def requested(platform: Platform, case: Case) -> None:
    order = platform.order(case.stream, "officer:9")
    platform.take(platform.commands.request_retrieval(order, REQUEST))


def approved(platform: Platform, case: Case) -> None:
    requested(platform, case)
    order = platform.order(case.stream, "officer:8")
    window = (order.at, order.at + 5 * DAY)
    platform.take(platform.commands.approve_retrieval(order, RETRIEVAL, *window))


def access(platform: Platform, case: Case, officer: str = "officer:9", target: str = "media:1"):
    order = platform.order(case.stream, officer)
    commands = platform.commands
    return commands.access_record(order, RETRIEVAL, "access:1", target, "10.0.0.1")


def test_the_whole_life_of_a_retrieval_passes_its_gates(platform: Platform, case: Case):
    """Request, approval, access, copy, end, close."""
    approved(platform, case)
    (accessed,) = platform.take(access(platform, case))
    window = platform.commands.read(case.stream).retrieval(RETRIEVAL).windows
    assert accessed.payload["windowId"] in window
    assert (accessed.payload["mediaId"], accessed.payload["docId"]) == ("media:1", None)
    order = platform.order(case.stream, "officer:9")
    (copied,) = platform.take(platform.commands.copy_record(order, RETRIEVAL, "doc:1"))
    assert copied.payload["docId"] == "doc:1"
    assert copied.payload["watermarkId"].startswith("wm-")
    platform.take(platform.commands.end_access(order, RETRIEVAL, "access:1", 17))
    platform.take(platform.commands.close_retrieval(order, RETRIEVAL, "COMPLETED"))


def test_reasons_and_addresses_are_sealed(platform: Platform, case: Case):
    """The basis concerns the case, the network address the person."""
    order = platform.order(case.stream, "officer:9")
    (act,) = platform.commands.request_retrieval(order, REQUEST)
    assert [(it.path, it.subject_id) for it in act.openings] == [("/basis", case.stream)]
    approved(platform, case)
    (act,) = access(platform, case)
    assert [(it.path, it.subject_id) for it in act.openings] == [("/ip", "officer:9")]


def test_an_access_without_approval_is_an_act_that_its_gate_refuses(platform: Platform, case: Case):
    """The attempt is on record."""
    requested(platform, case)
    (act,) = access(platform, case)
    assert "V-RET-01" in platform.refused_by(act)


@pytest.mark.parametrize(
    ("officer", "target", "rule"),
    [("officer:7", "media:1", "G-RET-PERSON"), ("officer:9", "media:2", "V-RET-02")],
)
def test_an_access_by_another_or_to_another_record_is_refused(
    platform: Platform, case: Case, officer: str, target: str, rule: str
):
    """A window is for a person and a scope."""
    approved(platform, case)
    (act,) = access(platform, case, officer, target)
    assert platform.refused_by(act) == [rule]


def test_the_requester_cannot_approve(platform: Platform, case: Case):
    """Two people."""
    requested(platform, case)
    order = platform.order(case.stream, "officer:9")
    (act,) = platform.commands.approve_retrieval(order, RETRIEVAL, order.at, order.at + DAY)
    assert platform.refused_by(act) == ["V-RET-06"]


def test_nothing_is_approved_that_nobody_asked_for(platform: Platform, case: Case):
    """There is no scope to open a window for."""
    order = platform.order(case.stream, "officer:8")
    with pytest.raises(RejectedError) as refused:
        platform.commands.approve_retrieval(order, RETRIEVAL, order.at, order.at + DAY)
    assert refused.value.code == "NO_REQUEST"


def test_rejection_denial_and_emergency_are_acts(platform: Platform, case: Case):
    """An emergency opens a window at once."""
    requested(platform, case)
    approver = platform.order(case.stream, "officer:8")
    person = platform.order(case.stream, "officer:9")
    commands = platform.commands
    taken = platform.take(commands.reject_retrieval(approver, RETRIEVAL, "与本案无关"))
    taken += platform.take(commands.deny_access(person, RETRIEVAL, "media:1", "NO_APPROVAL"))
    emergency = REQUEST._replace(retrieval_id="retrieval:2")
    taken += platform.take(commands.use_emergency_access(person, emergency))
    order = platform.order(case.stream, "officer:9")
    access = commands.access_record(order, "retrieval:2", "access:2", "media:1", "10.0.0.1")
    taken += platform.take(access)
    assert [item.event_type for item in taken] == [
        "RetrievalRejected",
        "AccessDenied",
        "EmergencyAccessUsed",
        "RecordAccessed",
    ]


def test_archiving_names_the_root_of_the_stream_as_it_is(platform: Platform, case: Case):
    """RFC 6962 over the leaves of the stream's entries so far."""
    entries = platform.ledger.stream(LOG, case.stream)
    order = platform.order(case.stream, "officer:5")
    (archived,) = platform.take(platform.commands.archive_case(order, "ARC-1", "Y30", "NONE"))
    assert archived.payload["throughVersion"] == len(entries) == 2
    assert archived.payload["streamRoot"] == tree_root([leaf_hash(data) for data in entries])


class Sent:
    """Takes acts into the ledger, or refuses them by their gate as the appender does."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.types: list[str] = []

    def __call__(self, acts) -> None:
        """Append acts, or ``GateRefused`` in their place."""
        for act in acts:
            item = self.platform.stream_act(act)
            self.types.append(item.event_type)
            failed = self.platform.refused_by(act)
            if not failed:
                self.platform.take([act])
                continue
            refusal = sample("GateRefused", failed=failed)
            self.platform.ledger.add(
                "GateRefused",
                refusal,
                stream=item.act.stream_key,
                log=LOG,
                causation_id=item.act.event_id,
            )


def record(case: Case, kind: str, officer: str, **fields: object) -> SimulatedRecord:
    command = Command(kind, AGENCY, officer, case_id=case.stream, **fields)
    at = case.ledger.now
    return SimulatedRecord(at, "platform", case.stream, None, (), command)


def test_a_file_carried_out_twice_sends_nothing_twice(platform: Platform, case: Case):
    """What the ledger has, and what a gate refused, is known by its id."""
    request = {"retrieval_id": RETRIEVAL, "org": OTHER_AGENCY, "purpose": "SUPERVISION"}
    at = platform.ledger.now
    records = [
        record(case, "request_retrieval", "officer:9", reason="评查", mode="VIEW",
               media_ids=("media:1",), **request),
        record(case, "access_record", "officer:9", retrieval_id=RETRIEVAL, access_id="access:0",
               target_id="media:1", ip="10.0.0.1"),
        record(case, "approve_retrieval", "officer:8", retrieval_id=RETRIEVAL, from_micros=at,
               to_micros=at + DAY),
        record(case, "access_record", "officer:9", retrieval_id=RETRIEVAL, access_id="access:1",
               target_id="media:1", ip="10.0.0.1"),
        record(case, "close_retrieval", "officer:9", retrieval_id=RETRIEVAL, outcome="COMPLETED"),
        record(case, "archive_case", "officer:5", archive_no="ARC-1", retention="Y10"),
    ]  # fmt: skip
    sent = Sent(platform)
    performer = FilePerformer(platform.commands, sent)
    for item in records:
        performer.perform(item)
    assert sent.types == [
        "RetrievalRequested",
        "RecordAccessed",
        "RetrievalApproved",
        "RecordAccessed",
        "RetrievalClosed",
        "CaseFileArchived",
    ]
    size = len(platform.ledger.logs[LOG])
    for item in records:
        performer.perform(item)
    assert len(sent.types) == 6
    assert len(platform.ledger.logs[LOG]) == size
    assert not performer.refused
    assert len(performer.refused_before) == 1  # The access before the approval.
    assert "V-RET-01" in performer.refused_before[0]


def test_an_order_given_before_is_told_apart_taken_refused_and_unknown(
    platform: Platform, case: Case
):
    """A refusal has its rules; the act that came before it under another order is not its own."""
    requested(platform, case)
    order = platform.order(case.stream, "officer:9", reference="sha256:a")
    assert platform.commands.earlier(order, "RecordAccessed") is None
    sent = Sent(platform)
    acts = platform.commands.access_record(order, RETRIEVAL, "access:1", "media:1", "10.0.0.1")
    rules = platform.refused_by(acts[0])
    sent(acts)
    refused = platform.commands.earlier(order, "RecordAccessed")
    assert refused is not None
    assert refused.refusal is not None
    assert (list(refused.acts), list(refused.refusal.payload["failed"])) == ([], rules)
    assert rules
    other = order._replace(reference="sha256:b", correlation_id=b"c" * 16)
    assert platform.commands.earlier(other, "RecordAccessed") is None
    taken = platform.take(platform.commands.reject_retrieval(other, RETRIEVAL, "不符"))
    assert taken[0].act.correlation_id == b"c" * 16
    earlier = platform.commands.earlier(other, "RetrievalRejected")
    assert earlier is not None
    assert earlier.refusal is None
    assert [one.act.event_id for one in earlier.acts] == [taken[0].act.event_id]


def test_a_command_that_cannot_become_an_act_is_counted(platform: Platform, case: Case):
    """History goes on without it."""
    sent = Sent(platform)
    performer = FilePerformer(platform.commands, sent)
    performer.perform(record(case, "publish_disclosure", "officer:2", disclosure_id="disclosure:1"))
    assert performer.refused == {"NO_DRAFT": 1}
    assert not sent.types

"""What people have the platform do, through the API and through the buttons, gates included.

On a ledger of its own, because it is changed: a few generated cases, emitted and published.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from ledger.chain.act import decode_act
from ledger.chain.notes import read_vkeys
from ledger.chain.receipt import verify_receipt
from tests.support.api import Reply, ask, send_bytes
from tests.support.browser import DESKTOP, opened_page
from tests.support.howto import run_page
from tests.support.permits import DRAFT, add_strangers, asking_permit, unreviewed_case
from tests.support.running import RunningLedger, program, wait_for
from tests.support.settled import NOTHING_BY_ITSELF, wait_until_judged, wait_until_settled


@pytest.fixture(scope="module")
def working(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningLedger]:
    """A ledger with a few decided cases, for this module alone."""
    folder = tmp_path_factory.mktemp("working")
    for path in (folder, *folder.parents[:2]):
        path.chmod(0o755)  # The database server runs as another user when tests run as root.
    file = folder / "cases.avro"
    made = program("generate", "--cases", 6, "--seed", 11, "--violations", "0", "-o", file)
    assert made.returncode == 0, made.stderr
    broker = request.config.getoption("--broker")
    start = "2025-12-01T09:00:00+08:00"
    options = ("--synthetic", "--sim-start", start, "--broker", broker)
    ledger = RunningLedger(folder / "data", *options)
    ledger.settings = NOTHING_BY_ITSELF
    add_strangers(ledger.data / "keys")
    ledger.start()
    try:
        done = program("emit", file, "--data", ledger.data, "--json")
        assert done.returncode == 0, done.stderr + ledger.words()
        wait_until_settled(ledger)
        yield ledger
    finally:
        ledger.stop()


class Decided:
    """A decided case of an organisation, and its decision."""

    def __init__(self, ledger: RunningLedger) -> None:
        cases = ask(ledger, "/v1/cases?limit=100", role="supervisor").document["items"]
        case = next(row for row in cases if row["doc_no"] and row["organisation"])
        self.case_id: str = case["case_id"]
        self.doc_no: str = case["doc_no"]
        self.org: str = case["agency_id"]
        path = f"/v1/cases/{self.case_id}/entries"
        self.entries = ask(ledger, path, role="supervisor").document["items"]
        decision = next(e for e in self.entries if e["event_type"] == "PenaltyDecisionMade")
        self.decision_id: str = decision["event_id"]

    def media(self) -> str:
        """Return the id of a recording of the case."""
        recording = next(e for e in self.entries if e["event_type"] == "RecordingUploaded")
        return str(recording["aggregate_id"])


@pytest.fixture(scope="module")
def decided(working: RunningLedger) -> Decided:
    return Decided(working)


def command(
    ledger: RunningLedger, role: str, kind: str, body: dict[str, Any], **headers: str
) -> Reply:
    return ask(ledger, f"/v1/commands/{kind}", "POST", body, role=role, **headers)


def drafted(ledger: RunningLedger, decided: Decided, disclosure_id: str) -> dict[str, str]:
    """Draft a disclosure of the decision; return the body of the steps that follow."""
    ids = {"case_id": decided.case_id, "disclosure_id": disclosure_id}
    reply = command(
        ledger, "clerk", "draft_disclosure", {**ids, "source_event_id": decided.decision_id}
    )
    assert reply.status == 201, reply.body
    wait_until_judged(ledger, reply.document["outcomes"][-1])
    return ids


def test_three_people_publish_and_one_withdraws(working: RunningLedger, decided: Decided) -> None:
    """Draft, review, publish, withdraw: each is an entry with a receipt; pages follow."""
    ids = drafted(working, decided, "disclosure:through")

    early = command(working, "approver", "publish_disclosure", ids)
    assert (early.status, early.document["code"]) == (409, "GATE_REFUSED")
    assert "G-DIS-APPROVED" in early.document["failed"]

    assert command(working, "reviewer", "review_disclosure", ids).status == 201
    published = command(working, "approver", "publish_disclosure", ids)
    assert published.status == 201
    assert published.document["outcomes"][-1]["receipt"].startswith("c2sp.org/tlog-proof@v1\n")
    path = "/v1/disclosures/disclosure:through"
    wait_for(lambda: ask(working, path).status == 200, 60, "the published record")

    reason = "决定书文号有误，更正后重新公示。"
    gone = {**ids, "ground": "WRONGLY_PUBLISHED", "reason": reason}
    assert command(working, "supervisor", "withdraw_disclosure", gone).status == 201
    wait_for(lambda: ask(working, path).status == 410, 60, "the notice of withdrawal")
    stone = ask(working, path).document["tombstone"]
    assert (stone["public_reason"], stone["doc_no"]) == (reason, None)
    page = ask(working, "/disclosures/disclosure:through", accept="text/html")
    assert page.status == 410
    assert decided.doc_no not in page.body.decode()


def test_a_reason_with_a_persons_number_is_not_published(
    working: RunningLedger, decided: Decided
) -> None:
    """The public reason is scanned like every public text; nothing of it is echoed."""
    ids = drafted(working, decided, "disclosure:scan")
    assert command(working, "reviewer", "review_disclosure", ids).status == 201
    assert command(working, "approver", "publish_disclosure", ids).status == 201
    number = "11010519491231002X"

    reply = command(
        working,
        "approver",
        "withdraw_disclosure",
        {**ids, "ground": "ALTERED", "reason": f"当事人{number}提出异议"},
    )

    assert 400 <= reply.status < 500
    assert number not in reply.body.decode()


def asking(decided: Decided, **more: Any) -> dict[str, Any]:
    """Return the body of a request for a retrieval."""
    wanted = {"org": decided.org, "purpose": "SUPERVISION", "reason": "专项监督检查"}
    return {"case_id": decided.case_id, **wanted, "media_ids": [decided.media()], **more}


def test_a_command_with_a_key_is_carried_out_once(working: RunningLedger, decided: Decided) -> None:
    """Given again it gets receipts of the same entries, and the ids that were made."""
    body = {"case_id": decided.case_id, "source_event_id": decided.decision_id}

    first = command(working, "clerk", "draft_disclosure", body, idempotency_key="once-1")
    again = command(working, "clerk", "draft_disclosure", body, idempotency_key="once-1")

    assert (first.status, again.status) == (201, 200)
    assert (first.document["already_done"], again.document["already_done"]) == (False, True)
    assert again.document["ids"] == first.document["ids"]
    assert first.document["ids"]["disclosure_id"].startswith("disclosure:")

    def places(reply: Reply) -> list[tuple[str, str, str]]:
        whole = reply.document["outcomes"]
        return [(one["event_id"], one["origin"], one["index"]) for one in whole]

    assert set(places(first)) <= set(places(again))
    for outcome in again.document["outcomes"]:
        assert outcome["outcome"] == "duplicate"
        act = ask(working, f"/v1/entries/0/{outcome['index']}/act", role="auditor")
        log = read_vkeys(Path(working.run["logs"][1]["vkey_file"]).read_text())
        assert verify_receipt(outcome["receipt"].encode(), act.body, log).index == int(
            outcome["index"]
        )


def test_a_refused_command_stays_refused_under_its_key(
    working: RunningLedger, decided: Decided
) -> None:
    """The same refusal with its rules, for the same body and for a corrected one."""
    ids = drafted(working, decided, "disclosure:refused")
    assert command(working, "reviewer", "review_disclosure", ids).status == 201
    assert command(working, "approver", "publish_disclosure", ids).status == 201
    body = {**ids, "ground": "REVOKED", "reason": "决定已被撤销。"}

    def withdraw(**more: Any) -> Reply:
        given = {**body, **more}
        return command(working, "approver", "withdraw_disclosure", given, idempotency_key="w1")

    first, again, corrected = withdraw(), withdraw(), withdraw(ground="ALTERED")

    assert (first.status, first.document["code"]) == (409, "GATE_REFUSED")
    assert first.document["failed"] == ["G-DIS-CAUSE"]
    for reply in (again, corrected):
        assert (reply.status, reply.document["code"]) == (409, "GATE_REFUSED")
        assert reply.document["failed"] == first.document["failed"]
        assert reply.document["event_id"] == first.document["event_id"]


def test_a_key_is_for_one_body_in_one_matter(working: RunningLedger, decided: Decided) -> None:
    """A second command under a used key is refused, and changes nothing."""
    cases = ask(working, "/v1/cases?limit=100", role="supervisor").document["items"]
    other = next(row["case_id"] for row in cases if row["case_id"] != decided.case_id)
    body = asking(decided)
    first = command(working, "supervisor", "request_retrieval", body, idempotency_key="key-1")
    assert first.status == 201, first.body

    for changed in ({"reason": "另一事由"}, {"mode": "COPY"}, {"case_id": other}):
        given = {**body, **changed}
        reply = command(working, "supervisor", "request_retrieval", given, idempotency_key="key-1")
        assert (reply.status, reply.document["code"]) == (409, "IDEMPOTENCY_KEY_REUSED"), changed

    given = {**body, "mode": "VIEW"}  # The default, said aloud: the same command.
    again = command(working, "supervisor", "request_retrieval", given, idempotency_key="key-1")
    assert (again.status, again.document["ids"]) == (200, first.document["ids"])
    of_another = command(working, "auditor", "request_retrieval", body, idempotency_key="key-1")
    assert of_another.status == 201


def test_one_key_sent_many_times_at_once_is_one_command(
    working: RunningLedger, decided: Decided
) -> None:
    """Every answer names the one retrieval that was made."""
    body = asking(decided)

    def send(_number: int) -> Reply:
        reply = command(working, "clerk", "request_retrieval", body, idempotency_key="crowd-1")
        while reply.status == 503:  # Committed by another, not yet promised: send again, it says.
            reply = command(working, "clerk", "request_retrieval", body, idempotency_key="crowd-1")
        return reply

    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(send, range(8)))

    assert {reply.status for reply in replies} <= {200, 201}, [reply.body for reply in replies]
    assert len({reply.document["ids"]["retrieval_id"] for reply in replies}) == 1
    assert len({reply.document["outcomes"][0]["index"] for reply in replies}) == 1


@pytest.mark.parametrize(
    ("role", "kind", "status"),
    [
        (None, "draft_disclosure", 401),
        ("reviewer", "draft_disclosure", 403),
        ("clerk", "review_disclosure", 403),
        ("reviewer", "publish_disclosure", 403),
        ("clerk", "approve_retrieval", 403),
        ("operator", "request_retrieval", 403),
    ],
)
def test_each_command_is_for_its_roles(
    working: RunningLedger, decided: Decided, role: str | None, kind: str, status: int
) -> None:
    bodies = {
        "draft_disclosure": {"source_event_id": decided.decision_id},
        "approve_retrieval": {
            "retrieval_id": "retrieval:x",
            "opens_at": "2026-11-26T00:00:00+08:00",
            "closes_at": "2026-11-27T00:00:00+08:00",
        },
        "request_retrieval": {"org": decided.org, "purpose": "SUPERVISION", "reason": "检查"},
    }
    rest = bodies.get(kind, {"disclosure_id": "disclosure:x"})

    reply = ask(
        working, f"/v1/commands/{kind}", "POST", {"case_id": decided.case_id, **rest}, role=role
    )

    assert reply.status == status


@pytest.mark.parametrize(
    ("role", "status", "code"),
    [(None, 401, "NOT_LOGGED_IN"), ("clerk", 403, "FORBIDDEN"), ("reviewer", 422, "INVALID")],
)
@pytest.mark.parametrize("body", [b"{}", b"{", b"", b'{"more": 1}'])
def test_who_may_not_learns_nothing_of_the_body(
    working: RunningLedger, body: bytes, role: str | None, status: int, code: str
) -> None:
    """Login and role come before the body."""
    reply = send_bytes(working, "/v1/commands/review_disclosure", body, "application/json", role)

    assert (reply.status, reply.document["code"]) == (status, code)


@pytest.mark.parametrize("kind", ["text/plain", "", "application/x-www-form-urlencoded"])
def test_a_command_that_does_not_say_it_is_json_is_not_read(
    working: RunningLedger, kind: str
) -> None:
    reply = send_bytes(working, "/v1/commands/review_disclosure", b"{}", kind, "reviewer")

    assert (reply.status, reply.headers["accept-post"]) == (415, "application/json")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "INVALID"),
        ({"case_id": "case:none", "disclosure_id": "disclosure:x"}, 404, "NOT_FOUND"),
        ({"case_id": "a b", "disclosure_id": "disclosure:x"}, 422, "INVALID"),
        ({"case_id": None, "disclosure_id": "disclosure:none"}, 409, "NO_DRAFT"),
        ({"case_id": None, "disclosure_id": "disclosure:x", "more": 1}, 422, "INVALID"),
    ],
)
def test_a_command_that_cannot_be_built_says_why(
    working: RunningLedger, decided: Decided, body: dict[str, Any], status: int, code: str
) -> None:
    given = {**body, "case_id": decided.case_id} if body.get("case_id", 0) is None else body

    reply = command(working, "reviewer", "review_disclosure", given)

    assert (reply.status, reply.document["code"]) == (status, code)


def test_a_retrieval_goes_from_request_to_end(working: RunningLedger, decided: Decided) -> None:
    """Asked by one, approved by another; before and after the window nobody sees anything."""
    asked = command(working, "supervisor", "request_retrieval", asking(decided))
    assert asked.status == 201, asked.body

    ids = {"case_id": decided.case_id, **asked.document["ids"]}
    look = {**ids, "target_id": decided.media()}
    early = command(working, "supervisor", "access_record", look)
    assert (early.status, early.document["code"]) == (409, "GATE_REFUSED")
    window = {"opens_at": "2026-01-01T00:00:00+08:00", "closes_at": "2099-01-01T00:00:00+08:00"}
    too_long = command(working, "archivist", "approve_retrieval", {**ids, **window})
    assert too_long.status == 409

    from datetime import UTC, datetime, timedelta

    now = datetime.now(UTC)
    window = {
        "opens_at": (now - timedelta(minutes=1)).isoformat(),
        "closes_at": (now + timedelta(hours=1)).isoformat(),
    }
    approved = command(working, "archivist", "approve_retrieval", {**ids, **window})
    assert approved.status == 201, approved.body
    seen_by_id = command(working, "supervisor", "access_record", look)
    assert seen_by_id.status == 201
    assert command(working, "auditor", "access_record", look).status == 409

    def seen() -> list[dict[str, Any]]:
        whole = ask(working, f"/v1/retrievals/{ids['retrieval_id']}", role="auditor").document
        # Not found until the view has taken in the request, whose receipt is older than that.
        return [one for one in whole.get("access_log", []) if one["kind"] == "VIEW"]

    (access,) = wait_for(seen, 60, "the access in the log")
    assert (access["who"], access["approver"]) == ("person:supervisor", "person:archivist")
    assert access["access_id"] == seen_by_id.document["ids"]["access_id"]
    over = {**ids, "access_id": access["access_id"], "bytes_sent": 10}
    assert command(working, "supervisor", "end_access", over).status == 201
    assert command(working, "supervisor", "close_retrieval", ids).status == 201
    assert command(working, "supervisor", "access_record", look).status == 409


@pytest.mark.browser
def test_the_buttons_do_the_same(
    browser: Browser, working: RunningLedger, decided: Decided
) -> None:
    """A reviewer and an approver press theirs; who may not, has none."""
    drafted(working, decided, "disclosure:buttons")
    steps = [("reviewer", "DRAFT", "审核通过"), ("approver", "APPROVED", "发布")]
    for role, state, label in steps:
        with opened_page(browser, DESKTOP) as page:
            login = working.run["logins"][role]
            page.goto(working.url("/console/login?next=/console/disclosures"))
            page.fill("#user", login["user"])
            page.fill("#password", Path(login["password_file"]).read_text().strip())
            page.click("main button")
            form = f'form:has(input[value="disclosure:buttons"]) button:text-is("{label}")'

            def has_button(page=page, form=form, state=state) -> bool:
                page.goto(working.url(f"/console/disclosures?state={state}"))
                return page.locator(form).count() == 1

            wait_for(has_button, 60, label)
            page.click(form)
            page.wait_for_selector('body[data-ready="1"]')
            assert f"state={state}" in page.url
    record = "/v1/disclosures/disclosure:buttons"
    wait_for(lambda: ask(working, record).status == 200, 60, "the published record")


def test_a_person_is_named_in_the_replay_and_no_secret_is(
    working: RunningLedger, decided: Decided
) -> None:
    """What was typed as a reason is sealed: neither entries nor pages hold it."""
    ids = drafted(working, decided, "disclosure:returned")
    secret = "事实部分表述不清"
    body = {**ids, "returned_because": secret}
    assert command(working, "reviewer", "review_disclosure", body).status == 201

    def entries() -> list[dict[str, Any]]:
        path = f"/v1/cases/{decided.case_id}/entries?limit=2000"
        items = ask(working, path, role="supervisor").document["items"]
        return [e for e in items if e["aggregate_id"] == ids["disclosure_id"]]

    found = wait_for(lambda: len(entries()) >= 2 and entries(), 60, "the review in the replay")
    assert found[-1]["actors"][0]["officer_id"] == "person:reviewer"
    assert secret not in json.dumps(found, ensure_ascii=False)


# --- the permit of a decision --------------------------------------------------------------------


@pytest.fixture(scope="module")
def unreviewed(working: RunningLedger) -> str:
    """A case of which no draft was ever reviewed."""
    return unreviewed_case(working)


def test_a_permit_is_for_one_draft_for_ten_working_days(
    working: RunningLedger, unreviewed: str
) -> None:
    """Asked again under its key, and read by its id, it is the same permit."""
    first = asking_permit(working, unreviewed, key="p1")
    again = asking_permit(working, unreviewed, key="p1")

    assert (first.status, again.status) == (201, 200), first.body
    permit = first.document
    assert (permit["outcome"], permit["is_major"], permit["failed_rules"]) == ("CLEARED", False, [])
    assert (permit["draft_hash"], permit["is_expired"]) == (DRAFT, False)
    by_hand = {"receipt", "tree_size"}  # Of the newest promise, each time.
    for reply in (again, ask(working, f"/v1/decision-gate/{permit['gate_id']}", role="auditor")):
        whole = reply.document
        assert whole["already_done"]
        assert {**whole, "permit": None, "already_done": False} == {**permit, "permit": None}
        same = {name: whole["permit"][name] for name in set(permit["permit"]) - by_hand}
        assert same == {name: permit["permit"][name] for name in same}
    act = decode_act(base64.b64decode(permit["permit"]["act"]))
    assert (act.event_type, act.stream_key) == ("DecisionGateCleared", unreviewed)
    other = asking_permit(working, unreviewed, key="p1", draft_hash="sha256:" + "6b" * 32)
    assert (other.status, other.document["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")


def test_a_refusal_names_its_rules_in_words(working: RunningLedger, unreviewed: str) -> None:
    """A major decision without review: the request is recorded, and stays refused under its key."""
    refused = [asking_permit(working, unreviewed, key="p2", declared=["STAT-1"]) for _ in range(2)]
    for reply in refused:
        assert (reply.status, reply.document["code"]) == (409, "GATE_REFUSED")
        assert reply.document["failed"] == ["V-LR-01"]
        (line,) = reply.document["failed_rules"]
        assert line["text"] == "重大执法决定未经法制审核"
    (event_id,) = {reply.document["event_id"] for reply in refused}
    found = ask(working, f"/v1/decision-gate/{event_id}", role="supervisor").document
    assert (found["outcome"], found["is_major"], found["permit"]) == ("REFUSED", True, None)
    assert [one["rule_id"] for one in found["matched"]] == ["STAT-1"]
    assert found["failed_rules"] == [line]


@pytest.mark.parametrize(
    ("role", "change", "status", "code"),
    [
        (None, {}, 401, "NOT_LOGGED_IN"),
        ("reviewer", {}, 403, "FORBIDDEN"),
        ("clerk", {"case_id": "case:none"}, 404, "NOT_FOUND"),
        ("clerk", {"draft_hash": "md5:00"}, 422, "INVALID"),
        ("clerk", {"proposed_penalty": [{"kind": "NOTHING"}]}, 422, "INVALID"),
        ("clerk", {"proposed_penalty": []}, 422, "INVALID"),
        ("clerk", {"more": 1}, 422, "INVALID"),
    ],
)
def test_what_is_no_request_for_a_permit_says_why(
    working: RunningLedger,
    unreviewed: str,
    role: str | None,
    change: dict[str, Any],
    status: int,
    code: str,
) -> None:
    reply = asking_permit(working, unreviewed, role=role, **change)

    assert (reply.status, reply.document["code"]) == (status, code)


def test_a_permit_is_the_agencys_alone(working: RunningLedger, unreviewed: str) -> None:
    """A clerk of another agency neither asks nor reads; who oversees reads."""
    permit = asking_permit(working, unreviewed, key="p3").document
    path = f"/v1/decision-gate/{permit['gate_id']}"
    for reply in (
        asking_permit(working, unreviewed, role="stranger-clerk"),
        ask(working, path, role="stranger-clerk"),
    ):
        assert (reply.status, reply.document["code"]) == (403, "OTHER_AGENCY")
    assert ask(working, path, role="stranger-supervisor").status == 200


def test_the_page_about_permits_holds(
    working: RunningLedger, unreviewed: str, tmp_path: Path
) -> None:
    """A permit that verifies, a refusal with its words, and the same by command."""
    done = run_page("ask-for-a-permit.md", {"DATA": working.data, "CASE": unreviewed}, tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    codes = [line for line in done.stdout.splitlines() if line in ("201", "409")]
    assert codes == ["201", "409"]
    assert "origin made by the ledger" in done.stdout + done.stderr
    assert "V-LR-01 重大执法决定未经法制审核" in done.stderr

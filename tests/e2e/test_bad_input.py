"""Bad input gets a clear error and loses nothing: through Kafka and through HTTP, on a running ledger.

Each kind of bad record (tests/support/bad_input.py, bad_acts.py) is sent with a sound one right
behind it in its partition. Looked at from behind: the entry that says what was refused, the vault's
copy of the bytes, what the emitter and the rejected topic are told.
"""

import base64
import json
import re
import socket
from urllib.parse import urlsplit

import pytest

from consumers.topics import ACTS, CONTROL, TOPICS
from ledger.chain.act import decode_act, encode_act
from ledger.chain.digests import raw_hash
from ledger.chain.outcomes import COMMITTED, DUPLICATE, GATE_REFUSED, REJECTED
from ledger.errors import MalformedError
from tests.support.bad_acts import assistance
from tests.support.bad_input import CASES, HTTP, KAFKA
from tests.support.bad_scene import Scene
from tests.support.ledger_copy import sample
from tests.support.running import RunningLedger, fetch, program
from tests.support.topics import every_byte_of_topics
from tests.support.workshop import CONTENT_TYPE, ITEM_SCHEMA, SECOND, container, now

pytestmark = pytest.mark.kafka
LOGS = 2  # A wrong partition needs a second one.
OUTGOING = tuple(it.name for it in TOPICS if it.name not in (ACTS, CONTROL))


@pytest.fixture(scope="module")
def scene(request, tmp_path_factory):
    """A running ledger of two case logs with a real clock, emitters, and what looks at it."""
    folder = tmp_path_factory.mktemp("bad")
    for path in (folder, *folder.parents[:2]):
        path.chmod(0o755)  # The database server runs as another user when tests run as root.
    broker = ["--broker", request.config.getoption("--broker")]
    ledger = RunningLedger(folder / "data", "--synthetic", "--logs", str(LOGS), *broker)
    ledger.start()
    try:
        made = Scene(ledger)
        yield made
        made.close()
    finally:
        ledger.stop()


def cases_by(road):
    """Return the cases that can come by a road, as parameters."""
    return [pytest.param(case, id=case.name) for case in CASES if road in case.roads]


def event_id_of(value):
    """Return the event id of bytes that can be read as an act, else None."""
    try:
        return decode_act(value or b"").event_id
    except MalformedError:
        return None


def test_the_list_is_whole():
    """Nobody has lost a kind of bad input on the way."""
    assert len({case.name for case in CASES}) == len(CASES) >= 64
    assert sum(KAFKA in case.roads for case in CASES) == len(CASES)
    assert sum(HTTP in case.roads for case in CASES) >= 58


@pytest.mark.parametrize("case", cases_by(KAFKA))
def test_by_kafka(scene, case):
    """Refused with its code, recorded, kept in the vault, told to whom it may be, passed over."""
    parcel = case.make(scene.bench())
    log = scene.log_of(parcel)
    bad, good = scene.shop.produce([parcel, scene.sound(parcel)])
    assert scene.answers.outcome(good).outcome.outcome == COMMITTED

    notice = scene.answers.notice(bad)
    assert (notice["code"], notice["pointer"]) == (case.code, case.pointer)
    (item,) = [it for it in scene.inside.refusals(log) if it["source"] == notice["source"]]
    assert (item["rawHash"], item["reasonCode"], item["pointer"]) == (
        notice["raw_hash"],
        case.code,
        case.pointer,
    )
    kept = scene.inside.quarantined(log, notice["source"])
    assert kept.raw == (parcel.value or b"")
    assert raw_hash(kept.salt, kept.raw) == notice["raw_hash"]
    check_told(scene, case, parcel, bad)


def check_told(scene, case, parcel, bad):
    """The emitter is told only what its own proven submission brought on itself."""
    event_id = event_id_of(parcel.value)
    if not case.is_proven:
        # The sound act's receipt came after, in the same partition of the receipts topic.
        assert bad not in scene.answers.told
        return
    told = scene.answers.outcome(bad)
    assert told.outcome.outcome == REJECTED
    assert told.outcome.event_id == event_id
    assert (told.outcome.problem.code, told.outcome.problem.pointer) == (case.code, case.pointer)
    assert (told.outcome.leaf_index, told.outcome.extra, told.outcome.path) == (None, None, ())
    assert told.emitter_id == decode_act(parcel.value).emitter_id
    if case.code != "R4_EVENT_ID_REUSED":
        assert not scene.inside.holds(scene.log_of(parcel), event_id)


@pytest.mark.parametrize("case", cases_by(HTTP))
def test_by_http(scene, case):
    """The status and code of the answer; the ledger has the same refusal, and goes on."""
    parcel = case.make(scene.bench())
    log = scene.log_of(parcel)
    start = scene.inside.size(log)
    reply = scene.shop.post_parcels(parcel)
    assert (reply.status, reply.kind) == (case.status, "application/problem+json")
    assert (reply.document["code"], reply.document["status"]) == (case.code, case.status)
    assert reply.document.get("pointer") == case.pointer
    assert reply.document["title"]
    assert reply.document["trace_id"]
    event_id = event_id_of(parcel.value)
    if event_id is not None:
        assert reply.document["event_id"].replace("-", "") == event_id.hex()

    (item,) = scene.inside.refusals(log, start)
    assert (item["reasonCode"], item["pointer"]) == (case.code, case.pointer)
    kept = scene.inside.quarantined(log, item["source"])
    assert kept.raw == (parcel.value or b"")
    scene.shop.commit(scene.sound(parcel))


def test_a_batch_gets_one_answer_an_act(scene):
    """Sound and bad acts in one container: each has its own status, in the container's order."""
    sound = [
        scene.sound(scene.shop.good(scene.shop.stream_in(n), scene.offices.good)) for n in (0, 1)
    ]
    bad = [case for case in CASES if HTTP in case.roads][::7]
    parcels = [case.make(scene.bench(1)) for case in bad]
    reply = scene.shop.post_parcels(sound[0], *parcels, sound[1])
    assert reply.status == 200
    statuses = [item["status"] for item in reply.document["outcomes"]]
    assert statuses == [201, *(case.status for case in bad), 201]
    codes = [item["problem"]["code"] for item in reply.document["outcomes"][1:-1]]
    assert codes == [case.code for case in bad]


@pytest.mark.parametrize("road", [KAFKA, HTTP])
def test_stripped_openings_are_completed_later(scene, road):
    """Stripped on the way: appended as incomplete; sent again whole: the same receipt, completed."""
    bench = scene.bench()
    act, opening = assistance(bench)
    whole = scene.shop.sealed(act, scene.offices.good, [opening])
    stripped = scene.shop.parcel(act, scene.offices.good)
    log = scene.log_of(whole)
    first = scene.deliver(road, stripped)
    ((entry, found, _),) = own_entries(scene, log, "AssistanceRequested.v1", act.event_id)
    assert (entry.opened, encode_act(found)) == (0, encode_act(act))
    assert scene.inside.openings(log, act.event_id) == 0
    second = scene.deliver(road, whole)
    assert (first.outcome, second.outcome) == (COMMITTED, DUPLICATE)
    assert first.leaf_index == second.leaf_index == entry.leaf_index
    ((completed, _, payload),) = [
        it
        for it in scene.inside.entries(log, "OpeningsCompleted.v1", entry.leaf_index)
        if it[2]["eventId"] == act.event_id
    ]
    assert (payload["count"], completed.stream_id) == (1, bench.stream)
    assert scene.inside.openings(log, act.event_id) == 1
    third = scene.deliver(road, whole)
    assert (third.outcome, third.leaf_index) == (DUPLICATE, entry.leaf_index)
    assert (
        len(
            [
                it
                for it in scene.inside.entries(log, "OpeningsCompleted.v1")
                if it[2]["eventId"] == act.event_id
            ]
        )
        == 1
    )


@pytest.mark.parametrize("road", [KAFKA, HTTP])
def test_a_rejected_id_may_be_sent_again_mended(scene, road):
    """Damaged openings are refused; the same act, sealed well, is committed with them."""
    act, opening = assistance(scene.bench())
    whole = scene.shop.sealed(act, scene.offices.good, [opening])
    broken = scene.shop.sealed(act, scene.offices.good, [opening], key_id=77)
    assert scene.deliver(road, broken).outcome == REJECTED
    mended = scene.deliver(road, whole)
    assert mended.outcome == COMMITTED
    log = scene.log_of(whole)
    assert scene.inside.openings(log, act.event_id) == 1


@pytest.mark.parametrize("road", [KAFKA, HTTP])
def test_a_shut_gate_refuses_for_ever(scene, road):
    """An approval of a retrieval that nobody asked for: ``GateRefused`` once, the same answer twice."""
    bench = scene.bench()
    payload = sample(
        "RetrievalApproved", approver="officer:2", watermark="W1", to=now() + 3_600 * SECOND
    ) | {"from": now()}
    act = scene.shop.act("RetrievalApproved", payload, bench.stream, scene.offices.good)
    parcel = scene.shop.parcel(act, scene.offices.good)
    log = scene.log_of(parcel)
    first, again = scene.deliver(road, parcel), scene.deliver(road, parcel)
    assert first.outcome == again.outcome == GATE_REFUSED
    assert "G-RET-STATE" in first.failed
    assert first.failed == again.failed
    ((entry, _, refused),) = [
        it for it in scene.inside.entries(log, "GateRefused.v1") if it[0].stream_id == bench.stream
    ]
    assert (refused["action"], refused["eventId"]) == ("RetrievalApproved", act.event_id)
    assert tuple(refused["failed"]) == first.failed
    assert not scene.inside.holds(log, act.event_id)
    assert first.leaf_index in (None, entry.leaf_index)


def own_entries(scene, log, topic, event_id):
    """Return the entries of one event id."""
    return [it for it in scene.inside.entries(log, topic) if it[1].event_id == event_id]


def test_bad_input_leaves_its_bytes_encrypted_in_the_vault_only(scene):
    """Every kind once more, each with letters of its own; they are searched for everywhere.

    Where they may be: the incoming topics, which have what was sent, and the broker's own files.
    """
    marks, sent = {}, []
    for case in CASES:
        bench = scene.bench()
        marks[bench.mark] = case.name
        sent += scene.shop.produce([case.make(bench)])
    for place in sent:
        assert scene.answers.notice(place)
    incoming = every_byte_of_topics(scene.shop.kafka, without=OUTGOING)
    assert sum(mark.encode() in incoming for mark in marks) >= len(CASES) - 4
    places = dict(scene.inside.tables())
    places["outgoing topics"] = every_byte_of_topics(scene.shop.kafka, without=(ACTS, CONTROL))
    for role, address in scene.ledger.run["health"].items():
        places[f"metrics of {role}"] = fetch(address + "/metrics")[1]
    places |= files_below(scene.ledger.data, without=("postgres", "kafka"))
    assert len(places) > 30
    assert len(places["outgoing topics"]) > 100_000
    found = {
        (name, place)
        for mark, name in marks.items()
        for place, data in places.items()
        if any(form in data for form in forms_of(mark))
    }
    assert not found
    for path, data in files_below(scene.ledger.data / "postgres").items():
        # The cluster with its write-ahead log is large: only the letters as they are.
        runs = {run.decode() for run in re.findall(rb"(?=([a-z]{24}))", data)}
        assert not runs & set(marks), path


def files_below(folder, without=()):
    """Return the content of every file below a folder by its relative path."""
    root = folder.resolve()
    paths = {path.relative_to(root): path for path in root.rglob("*") if path.is_file()}
    return {str(it): path.read_bytes() for it, path in paths.items() if it.parts[0] not in without}


def forms_of(mark):
    """Return the byte forms in which letters could lie somewhere."""
    raw = mark.encode()
    yield raw
    yield raw.hex().encode()
    for shift in range(3):
        # All but the ends, which depend on the neighbours.
        yield base64.b64encode(bytes(shift) + raw)[4:-4]


def test_logs_verify_after_bad_input(scene):
    """Whatever was refused before, in whatever order: every log proves itself."""
    for case in CASES[::5]:
        scene.shop.produce([case.make(scene.bench(1))])
    scene.shop.commit(scene.shop.good(scene.shop.stream_in(1), scene.offices.good))
    for log in scene.ledger.run["logs"]:
        done = program("verify", "log", log["url"], "--vkey", log["vkey_file"], "--json")
        assert done.returncode == 0, done.stdout
        assert json.loads(done.stdout.strip().splitlines()[-1])["findings"] == []


# What exists at the HTTP door only: containers and requests that never become records.


def bodies(scene):
    """Return what may be wrong with a whole request: body, content type, status and code."""
    good = [scene.shop.good(scene.shop.stream_in(0), scene.offices.good).item()]
    whole = container(good)
    named = ITEM_SCHEMA | {"name": "lianzheng.Something"}
    right = CONTENT_TYPE
    return {
        "wrong content type": (whole, "application/json", 415, "UNSUPPORTED_MEDIA_TYPE"),
        "no content type": (whole, "", 415, "UNSUPPORTED_MEDIA_TYPE"),
        "form": (b"a=b", "application/x-www-form-urlencoded", 415, "UNSUPPORTED_MEDIA_TYPE"),
        "nothing": (b"", right, 400, "R1_MALFORMED_CONTAINER"),
        "json": (b'{"act": "x"}', right, 400, "R1_MALFORMED_CONTAINER"),
        "truncated": (whole[:-1], right, 400, "R1_MALFORMED_CONTAINER"),
        "cut in the item": (whole[:-60], right, 400, "R1_MALFORMED_CONTAINER"),
        "surplus byte": (whole + b"\0", right, 400, "R1_MALFORMED_CONTAINER"),
        "wrong magic": (b"Obj\x02" + whole[4:], right, 400, "R1_MALFORMED_CONTAINER"),
        "another schema": (container(good, named), right, 400, "R1_MALFORMED_CONTAINER"),
        "empty batch": (container([]), right, 400, "R1_BATCH_SIZE"),
        "1025 acts": (container(good * 1_025), right, 400, "R1_BATCH_SIZE"),
        "17 MiB": (whole + bytes(17 << 20), right, 413, "BODY_TOO_LARGE"),
    }


def test_requests_that_are_refused_whole_produce_nothing(scene):
    """Status and code of each; not one record of them reaches a log."""
    sizes = {log: scene.inside.size(log) for log in ("control", "0", "1")}
    for name, (body, kind, status, code) in bodies(scene).items():
        reply = scene.shop.post(body, kind)
        assert (reply.status, reply.document["code"]) == (status, code), name
        assert reply.kind == "application/problem+json", name
    scene.shop.commit(scene.shop.good(scene.shop.stream_in(0), scene.offices.good))
    assert scene.inside.refusals("0", sizes["0"]) == []
    assert scene.inside.refusals("1", sizes["1"]) == []
    grown = scene.inside.size("0") - sizes["0"]
    alerts = scene.inside.entries("0", "SupervisionAlertRaised.v1", sizes["0"])
    assert grown - len(alerts) <= 2  # The sound act, at most a heartbeat.


def test_methods_that_the_intake_does_not_have(scene):
    """Acts can be handed in, and neither listed, replaced, changed nor deleted."""
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        reply = scene.shop.post(b"", method=method)
        assert (reply.status, reply.document["code"]) == (405, "R11_APPEND_ONLY"), method


MALFORMED = {
    "noise": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20,
    "no version": b"POST /v1/acts\r\n\r\n",
    "space in the target": b"POST /v1/ acts HTTP/1.1\r\nhost: x\r\n\r\n",
    "two lengths": b"POST /v1/acts HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
    "length that is no number": b"POST /v1/acts HTTP/1.1\r\nhost: x\r\ncontent-length: five\r\n\r\nhello",
    "chunks that are none": b"POST /v1/acts HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
    "endless header": b"POST /v1/acts HTTP/1.1\r\nhost: x\r\nx: " + b"a" * 2_000_000 + b"\r\n\r\n",
    "null in a header": b"POST /v1/acts HTTP/1.1\r\nhost: x\r\ncontent-type: a\0b\r\ncontent-length: 0\r\n\r\n",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_http_is_refused_and_the_door_stays_open(scene, name):
    """Bytes that are no request end their own connection: 4xx or nothing, never 5xx, never a hang."""
    answer = exchange(scene.ledger, MALFORMED[name])
    assert not answer or answer.split(b" ", 2)[1][:1] == b"4", answer[:200]
    scene.shop.commit(scene.shop.good(scene.shop.stream_in(0), scene.offices.good))


def test_half_a_request_holds_nobody_up(scene):
    """A sender that stops in the middle of its body keeps only its own connection."""
    head = f"POST /v1/acts HTTP/1.1\r\nhost: x\r\ncontent-type: {CONTENT_TYPE}\r\ncontent-length: 9999\r\n\r\n"
    with socket.create_connection(address_of(scene.ledger), timeout=10) as connection:
        connection.sendall(head.encode() + b"Obj\x01")
        scene.shop.commit(scene.shop.good(scene.shop.stream_in(1), scene.offices.good))
        connection.setblocking(False)
        with pytest.raises(BlockingIOError):  # Open, and nothing was answered.
            connection.recv(1)


def address_of(ledger):
    """Return host and port of the portal."""
    parts = urlsplit(ledger.run["http"])
    return parts.hostname, parts.port


def exchange(ledger, request):
    """Send bytes, close our side, and return what comes back until the end."""
    with socket.create_connection(address_of(ledger), timeout=10) as connection:
        try:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            parts = []
            while part := connection.recv(65_536):
                parts.append(part)
        except OSError:
            return b""  # The connection was ended before we had sent or read everything.
    return b"".join(parts)

"""The HTTP API of a running ledger: proofs that hold, bytes that are exact, doors that are shut.

What is served is checked with ``ledger.chain``'s verifiers and with plain hashes, never by asking
the portal again.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ledger.chain.act import decode_act
from ledger.chain.checkpoint import open_checkpoint
from ledger.chain.entry import decode_entry, split_entry
from ledger.chain.ids import uuid_text
from ledger.chain.notes import read_vkeys
from ledger.chain.proofs import leaf_hash, verify_consistency, verify_inclusion
from ledger.chain.receipt import verify_receipt
from ledger.chain.tiles import decode_bundle
from tests.support.api import ask, post_form, send_bytes
from tests.support.running import RunningLedger


def keys_of(ledger: RunningLedger, log: str) -> list:
    file = next(one["vkey_file"] for one in ledger.run["logs"] if one["url"].endswith(f"/{log}"))
    return read_vkeys(Path(file).read_text())


def checkpoint_of(ledger: RunningLedger, log: str, note: bytes):
    """Return the checkpoint in a note, its signature checked by the key file."""
    return open_checkpoint(note, keys_of(ledger, log))


@pytest.mark.parametrize("log", ["control", "0"])
def test_tiles_lead_to_the_published_checkpoint(seeded: RunningLedger, log: str) -> None:
    """Hashes of the served entries are those of the level-0 tiles, all covered by the size."""
    size = checkpoint_of(seeded, log, ask(seeded, f"/logs/{log}/checkpoint").body).size
    number, width = divmod(size, 256)
    path = f"{number:03d}.p/{width}" if width else f"{number - 1:03d}"

    bundle = ask(seeded, f"/logs/{log}/tile/entries/{path}")
    tile = ask(seeded, f"/logs/{log}/tile/0/{path}")

    leaves = b"".join(leaf_hash(entry) for entry in decode_bundle(bundle.body))
    assert tile.body == leaves
    assert "immutable" in tile.headers["cache-control"]


@pytest.mark.parametrize(
    "path",
    [
        "/logs/0/tile/0/999",
        "/logs/0/tile/entries/999",
        "/logs/0/tile/0/x999/999",
        "/logs/0/tile/0/000.p/256",
        "/logs/0/tile/9/000",
        "/logs/7/checkpoint",
        "/logs/17/checkpoint",
        "/logs/0/../../keys/platform.key",
        "/logs/0/tile/..%2f..%2f..%2fkeys%2fplatform.key",
        "/logs/0/promise",
    ],
)
def test_what_is_beyond_the_promise_or_no_file_of_a_log_is_not_there(
    seeded: RunningLedger, path: str
) -> None:
    reply = ask(seeded, path)

    assert reply.status in {404, 422}
    assert reply.headers["content-type"] == "application/problem+json"


def test_immutable_files_have_strong_tags_and_digests(seeded: RunningLedger) -> None:
    """The ETag is the SHA-256; who has the bytes gets 304, and HEAD gives no body."""
    path = "/logs/control/tile/0/000"
    whole = ask(seeded, path)
    digest = hashlib.sha256(whole.body)

    assert whole.headers["etag"] == f'"{digest.hexdigest()}"'
    assert whole.headers["repr-digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    assert ask(seeded, path, if_none_match=whole.headers["etag"]).status == 304
    head = ask(seeded, path, "HEAD")
    assert (head.status, head.body, head.headers["etag"]) == (200, b"", whole.headers["etag"])


@pytest.mark.parametrize("index", [0, 1, 255, 256, 300])
def test_inclusion_proofs_hold(seeded: RunningLedger, index: int) -> None:
    """The path leads from the served entry to the root that the log signed."""
    proof = ask(seeded, f"/v1/proofs/inclusion?log=control&index={index}").document
    entry = ask(seeded, f"/v1/entries/control/{index}", role="auditor").body
    checkpoint = checkpoint_of(seeded, "control", proof["checkpoint"].encode())

    path = [base64.b64decode(node) for node in proof["path"]]
    assert base64.b64decode(proof["leaf_hash"]) == leaf_hash(entry)
    verify_inclusion(leaf_hash(entry), index, checkpoint.size, path, checkpoint.root)


def test_consistency_proofs_hold_between_any_two_sizes(seeded: RunningLedger) -> None:
    """Roots of smaller trees are recomputed from the bundles and led to the signed root."""
    note = ask(seeded, "/logs/control/checkpoint").body
    checkpoint = checkpoint_of(seeded, "control", note)
    entries = decode_bundle(ask(seeded, "/logs/control/tile/entries/000").body)
    from ledger.chain.tree import tree_root

    for size in (1, 2, 7, 128, 255, 256):
        root = tree_root([leaf_hash(entry) for entry in entries[:size]])
        url = f"/v1/proofs/consistency?log=control&from={size}&to={checkpoint.size}"
        path = [base64.b64decode(node) for node in ask(seeded, url).document["path"]]
        verify_consistency(size, root, checkpoint.size, checkpoint.root, path)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/proofs/inclusion?log=control&index=99999999", 404, "NOT_FOUND"),
        ("/v1/proofs/inclusion?log=control&index=-1", 422, "INVALID"),
        ("/v1/proofs/inclusion?log=control&index=9223372036854775807", 422, "INVALID"),
        ("/v1/proofs/inclusion?log=99&index=0", 422, "INVALID"),
        ("/v1/proofs/inclusion?index=0", 422, "INVALID"),
        ("/v1/proofs/consistency?log=control&from=9&to=3", 422, "INVALID"),
        ("/v1/proofs/consistency?log=control&from=1&to=99999999", 404, "NOT_FOUND"),
        ("/v1/receipts/00000000-0000-0000-0000-000000000000", 404, "NOT_FOUND"),
        ("/v1/receipts/nonsense", 422, "INVALID"),
        ("/v1/entries/control/99999999", 404, "NOT_FOUND"),
        ("/v1/schemas/0000000000000000", 404, "NOT_FOUND"),
        ("/v1/disclosures?cursor=AAAA", 400, "BAD_CURSOR"),
        ("/v1/disclosures?limit=0", 422, "INVALID"),
        ("/v1/disclosures?limit=101", 422, "INVALID"),
        ("/v1/cases", 401, "NOT_LOGGED_IN"),
        ("/v1/retrievals", 401, "NOT_LOGGED_IN"),
    ],
)
def test_requests_that_cannot_be_met_say_why(
    seeded: RunningLedger, path: str, status: int, code: str
) -> None:
    reply = ask(seeded, path)

    assert (reply.status, reply.document["code"]) == (status, code)
    assert reply.headers["content-type"] == "application/problem+json"


def test_receipts_are_served_for_every_kind_of_entry(seeded: RunningLedger) -> None:
    """Each verifies with the act in its entry and the log's key alone."""
    for log in ("control", "0"):
        bundle = decode_bundle(ask(seeded, f"/logs/{log}/tile/entries/000").body)
        for entry in bundle[:: len(bundle) // 8]:
            _, act = split_entry(entry)
            event_id = uuid_text(decode_act(act).event_id)
            receipt = ask(seeded, f"/v1/receipts/{event_id}").body
            report = verify_receipt(receipt, act, keys_of(seeded, log))
            assert report.index == decode_entry(entry).leaf_index


def test_where_bundles_are_public_each_entry_is(seeded: RunningLedger) -> None:
    """An open ledger hides no entry that its bundle shows; acts are the ends of their entries."""
    entries = decode_bundle(ask(seeded, "/logs/0/tile/entries/000").body)
    for entry in entries[::40]:
        path = f"/v1/entries/0/{decode_entry(entry).leaf_index}"
        assert ask(seeded, path).body == entry
        assert ask(seeded, path + "/act").body == split_entry(entry)[1]


def test_a_record_is_exactly_what_was_published(seeded: RunningLedger) -> None:
    """Bytes, ETag, digest header and content hash are one."""
    for row in ask(seeded, "/v1/disclosures?limit=100").document["items"]:
        reply = ask(seeded, row["record"])
        assert "sha256:" + hashlib.sha256(reply.body).hexdigest() == row["content_hash"]
        assert reply.headers["etag"] == f'"{row["content_hash"][7:]}"'
        proof = ask(seeded, row["record"] + "/proof").document
        assert proof["content_hash"] == row["content_hash"]


def test_pages_of_a_list_follow_one_another_without_gap_or_double(seeded: RunningLedger) -> None:
    """Two at a time gives the same rows in the same order as all at once."""
    whole = [r["disclosure_id"] for r in ask(seeded, "/v1/disclosures?limit=100").document["items"]]
    found, path = [], "/v1/disclosures?limit=2"
    while path:
        reply = ask(seeded, path)
        found += [row["disclosure_id"] for row in reply.document["items"]]
        path = reply.headers.get("link", "").partition(">")[0].lstrip("<")
    assert found == whole
    assert len(whole) > 2


def test_searches_find_by_number_agency_and_organisation(seeded: RunningLedger) -> None:
    row = ask(seeded, "/v1/disclosures").document["items"][0]
    from urllib.parse import quote

    for query in (
        f"doc_no={quote(row['doc_no'])}",
        f"agency={quote(row['agency_name'][:4])}",
        f"agency={row['agency_id']}",
        f"organisation={quote(row['organisation'] or row['agency_name'])}"
        if row["organisation"]
        else "",
        f"organisation={row['uscc']}" if row["uscc"] else "",
    ):
        if not query:
            continue
        items = ask(seeded, f"/v1/disclosures?{query}").document["items"]
        assert row["disclosure_id"] in [one["disclosure_id"] for one in items], query


def test_a_search_that_may_hold_a_name_is_a_post(seeded: RunningLedger) -> None:
    row = ask(seeded, "/v1/disclosures").document["items"][0]

    reply = ask(seeded, "/v1/disclosures/search", "POST", {"text": row["violation_type"]})

    assert row["disclosure_id"] in [one["disclosure_id"] for one in reply.document["items"]]
    assert ask(seeded, "/v1/disclosures/search", "POST", {"text": "x" * 65}).status == 422


def test_the_list_is_two_files_too(seeded: RunningLedger) -> None:
    """Both have every record that the same search finds, the spreadsheet with the masked names."""
    rows = ask(seeded, "/v1/disclosures?limit=100").document["items"]
    agency = rows[0]["agency_id"]
    for query in ("", f"?agency={agency}", f"?agency_id={agency}"):
        separator = "&" if query else "?"
        listed = ask(seeded, f"/v1/disclosures{query}{separator}limit=100").document["items"]

        sheet = ask(seeded, f"/v1/disclosures.csv{query}")
        file = ask(seeded, f"/v1/disclosures.json{query}")

        assert sheet.body.startswith(b"\xef\xbb\xbf")
        assert file.document == {"items": listed, "next_cursor": None}
        lines = list(csv.DictReader(io.StringIO(sheet.body.decode("utf-8-sig"), newline="")))
        assert [line["公示标识"] for line in lines] == [row["disclosure_id"] for row in listed]
        assert all(line["行政相对人"] and line["处罚种类"] for line in lines)


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("/v1/disclosures?doc_no=5", "/query/doc_no"),
        ("/v1/disclosures?agency=%E6%B9%98", "/query/agency"),
        ("/v1/disclosures.csv?organisation=A", "/query/organisation"),
        ("/v1/disclosures.json?doc_no=5", "/query/doc_no"),
    ],
)
def test_a_filter_too_short_is_refused(seeded: RunningLedger, path: str, pointer: str) -> None:
    reply = ask(seeded, path)

    assert reply.status == 422
    assert [(one["pointer"], one["code"]) for one in reply.document["errors"]] == [
        (pointer, "TOO_SHORT")
    ]


@pytest.mark.parametrize("body", [{"text": "长"}, {"txt": "长沙市"}])
def test_a_search_by_what_cannot_be_searched_is_refused(
    seeded: RunningLedger, body: dict[str, str]
) -> None:
    """A text too short, and a member nobody knows: neither may answer with the whole list."""
    assert ask(seeded, "/v1/disclosures/search", "POST", body).status == 422


@pytest.mark.parametrize("path", ["/disclosures?doc_no=5", "/disclosures?agency=%E6%B9%98"])
def test_the_page_says_that_a_text_is_too_short(seeded: RunningLedger, path: str) -> None:
    reply = ask(seeded, path, accept="text/html")

    assert reply.status == 422
    text = reply.body.decode()
    assert "至少要两个字" in text
    assert "<table" not in text


def test_a_free_search_is_answered_and_downloaded_by_post(seeded: RunningLedger) -> None:
    """What is searched for is in no address, and the file has what the page has found."""
    row = ask(seeded, "/v1/disclosures").document["items"][0]
    from urllib.parse import quote

    form = f"text={quote(row['doc_no'])}"
    page = post_form(seeded, "/disclosures/search", form)
    sheet = post_form(seeded, "/disclosures/search.csv", form)

    assert 'action="/disclosures/search.csv"' in page.body.decode()
    assert row["disclosure_id"] in sheet.body.decode()
    assert post_form(seeded, "/disclosures/search", f"text={quote('长')}").status == 422


def test_the_page_links_to_files_of_the_same_search(seeded: RunningLedger) -> None:
    agency = ask(seeded, "/v1/disclosures").document["items"][0]["agency_id"]

    text = ask(seeded, f"/disclosures?agency={agency}", accept="text/html").body.decode()

    assert f'href="/v1/disclosures.csv?agency={agency}"' in text
    assert f'href="/v1/disclosures.json?agency={agency}"' in text


def test_a_case_is_listed_read_and_replayed(seeded: RunningLedger) -> None:
    """Entries and state at a moment agree with each other, by either clock."""
    cases = ask(seeded, "/v1/cases?limit=100", role="supervisor").document["items"]
    case = next(row for row in cases if row["doc_no"])
    url = f"/v1/cases/{case['case_id']}"
    from urllib.parse import quote

    number = quote(case["doc_no"])
    found = ask(seeded, f"/v1/cases?number={number}", role="auditor").document["items"]
    assert case["case_id"] in [row["case_id"] for row in found]
    entries = ask(seeded, url + "/entries", role="reviewer").document["items"]
    assert [int(one["version"]) for one in entries] == list(range(1, int(case["entries"]) + 1))
    assert ask(seeded, url + "/state", role="clerk").document["version"] == case["entries"]
    standing = ask(seeded, url + "/state", role="clerk").document["machines"]
    by_version = {one["version"]: one["event_type"] for one in entries}
    assert "case-1" in {one["machine"] for one in standing}
    assert all(
        by_version[one["led_by"]["version"]] == one["led_by"]["event_type"] for one in standing
    )
    middle = entries[len(entries) // 2]
    for clock, field in (("received", "received_at"), ("occurred", "occurred_at")):
        moment = quote(middle[field])
        query = f"?clock={clock}&at={moment}"
        state = ask(seeded, url + "/state" + query, role="clerk").document
        counted = ask(seeded, url + "/entries" + query, role="clerk").document["items"]
        assert [one["version"] for one in counted] == [
            one["version"] for one in entries if one[field] <= middle[field]
        ]
        assert int(state["entries"]) == len(counted) < len(entries)
        assert "PenaltyDecisionMade" not in state["milestones"] or clock == "occurred"
    page = ask(seeded, url + "/entries?limit=3&after=2", role="clerk").document
    assert [one["version"] for one in page["items"]] == ["3", "4", "5"]
    assert page["next_after"] == "5"


@pytest.mark.parametrize("role", ["operator", "public"])
def test_cases_are_for_staff(seeded: RunningLedger, role: str) -> None:
    given = None if role == "public" else role
    expected = 401 if given is None else 403

    assert ask(seeded, "/v1/cases", role=given).status == expected
    assert ask(seeded, "/v1/retrievals", role=given).status == expected


def test_an_unknown_token_is_refused(seeded: RunningLedger) -> None:
    reply = ask(seeded, "/v1/cases", authorization="Bearer nonsense")

    assert reply.status == 401
    assert reply.headers["www-authenticate"].startswith("Bearer")


def test_retrievals_say_who_why_and_on_whose_approval(seeded: RunningLedger) -> None:
    items = ask(seeded, "/v1/retrievals?limit=100", role="archivist").document["items"]
    approved = next(row for row in items if row["approver"])
    whole = ask(seeded, f"/v1/retrievals/{approved['retrieval_id']}", role="auditor").document

    assert whole["requester"]
    assert whole["requester"] != whole["approver"]
    assert whole["purpose"]
    assert whole["access_log"]
    accesses = ask(seeded, "/v1/retrievals/accesses?unapproved=true", role="supervisor").document
    assert all(row["approver"] is None for row in accesses["items"])


def test_registers_and_schemas_are_public(seeded: RunningLedger) -> None:
    agencies = ask(seeded, "/v1/registers/agencies").document["items"]
    assert agencies
    one = ask(seeded, f"/v1/registers/agencies/{agencies[0]['agency_id']}").document
    assert one == agencies[0]
    officers = ask(seeded, f"/v1/registers/officers?agency_id={one['agency_id']}").document["items"]
    assert all(row["agency_id"] == one["agency_id"] for row in officers)
    assert all(row["credentials"] for row in officers)
    emitters = ask(seeded, "/v1/registers/emitters").document["items"]
    assert all(row["vkey"].startswith(row["emitter_id"] + "+") for row in emitters)
    schemas = ask(seeded, "/v1/schemas").document["items"]
    text = ask(seeded, schemas[0]["url"])
    assert "sha256:" + hashlib.sha256(text.body).hexdigest() == schemas[0]["text_hash"]


def test_the_description_is_of_ours_and_loads_nothing(seeded: RunningLedger) -> None:
    document = ask(seeded, "/openapi.json").document

    assert document["openapi"].startswith("3.1")
    assert "/v1/acts" in document["paths"]
    assert b"cdn" not in ask(seeded, "/docs").body
    for operations in document["paths"].values():
        for operation in operations.values():
            assert "default" in operation["responses"]


def test_a_form_without_its_token_changes_nothing(seeded: RunningLedger) -> None:
    """A cookie alone, as another site's form would send it, is refused."""
    password = Path(seeded.run["logins"]["clerk"]["password_file"]).read_text().strip()
    answer = post_form(seeded, "/console/login", f"user=clerk&password={password}")
    assert answer.status == 303
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    for path in ("/console/disclosures/draft_disclosure", "/console/logout"):
        form = "case_id=case:1&csrf_token=wrong"
        reply = post_form(seeded, path, form, cookie.partition(";")[0])
        assert (reply.status, reply.document["code"]) == (403, "CSRF")


def test_a_login_leads_nowhere_else(seeded: RunningLedger) -> None:
    """The page after a login is one of ours, whatever the address said."""
    for target in ("//evil.example", "https://evil.example", "/console\\@evil", "/consolex"):
        reply = ask(seeded, f"/console/login?next={target}", accept="text/html")
        assert b'name="next" value="/console"' in reply.body


def test_a_page_of_a_bad_address_names_what_is_wrong(seeded: RunningLedger) -> None:
    """The fields are listed, in Chinese."""
    case = ask(seeded, "/v1/cases", role="supervisor").document["items"][0]["case_id"]
    path = f"/console/cases/{case}?at=garbage-4301"

    page = ask(seeded, path, role="supervisor", accept="text/html")

    assert page.status == 422
    text = page.body.decode()
    assert "/query/at" in text
    assert "应为 RFC 3339 时间" in text


def test_a_body_without_end_is_refused_before_it_is_sent(seeded: RunningLedger) -> None:
    """200 MB announced: 413 at once, at the search and at the intake."""
    parts = urlsplit(seeded.run["http"])
    for path, kind in (
        ("/v1/disclosures/search", "application/json"),
        ("/v1/acts", "application/vnd.lianzheng.acts+avro"),
        ("/console/login", "application/x-www-form-urlencoded"),
    ):
        head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: {kind}\r\n"
        with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
            connection.sendall(head.encode() + b"content-length: 209715200\r\n\r\n")
            assert connection.recv(65_536).split(b" ")[1] == b"413", path


def test_a_body_is_taken_for_what_it_says_it_is(seeded: RunningLedger) -> None:
    """Text is no JSON; the case of a media type does not count, here or at the intake."""
    search = "/v1/disclosures/search"
    assert send_bytes(seeded, search, b"{}", "text/plain").status == 415
    assert send_bytes(seeded, search, b"{}", "").status == 415
    assert send_bytes(seeded, search, b"{}", "Application/JSON; charset=utf-8").status == 200
    shouted = "APPLICATION/VND.LIANZHENG.ACTS+AVRO"
    reply = send_bytes(seeded, "/v1/acts", b"no container", shouted)
    assert (reply.status, reply.document["code"]) == (400, "R1_MALFORMED_CONTAINER")

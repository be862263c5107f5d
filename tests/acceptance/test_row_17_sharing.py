"""Row 17, items 17.1 to 17.3: 推进信息共享.

Works when a daily reconciliation proves that every push has an acknowledgement with the same record
hash, or lists the ones that do not.
"""

from __future__ import annotations

import json

import pytest

from ledger.chain.digests import sha256_digest
from portal.programs.push import FAILED, push_due, read_channels
from tests.support.api import ask
from tests.support.open_ledger import WAIT_S
from tests.support.outside_channel import TOKEN, outside_channel
from tests.support.penalties import decided, publish
from tests.support.running import program, wait_for

pytestmark = pytest.mark.kafka
AGREEMENT, BATCH = "DataShareAgreementRegistered.v1", "DataExchangeBatchRecorded.v1"
GAPS = "/v1/reconciliation/gaps"
PAGE = "/console/reconciliation"


@pytest.fixture
def channel():
    with outside_channel() as running:
        yield running


class Sharing:
    """One published record, and what the reconciliation says of it."""

    def __init__(self, ledger, channel, folder, doc_no):
        self.ledger = ledger
        self.made = decided(ledger, doc_no)
        self.made.case.rules_broken()  # Judged: a reviewer acknowledges what was found by then.
        publish(ledger, self.made)
        self.case = self.made.case.id
        self.file = channel.config(folder, "CREDIT")
        wait_for(self.gaps, WAIT_S, "the record in the reconciliation")

    def gaps(self):
        """Return what is missing on the credit platform of this case."""
        items = self.ledger.get(f"{GAPS}?limit=100")["items"]
        return [it for it in items if it["case_id"] == self.case and it["channel"] == "CREDIT"]

    def push(self, *words):
        """Run the command that pushes."""
        data = self.ledger.ledger.data
        return program("reconciliation", "push", "--channels", self.file, "--data", data, *words)

    def push_here(self):
        """Do the same in this process, which is quicker; return how many pushes ended how."""
        said = []
        done = push_due(self.ledger.ledger.data, read_channels(self.file), said.append)
        assert TOKEN not in "".join(said)
        return done

    def wait_for(self, state):
        """Wait until the reconciliation says this of the record; None: it is no gap."""
        wanted = [] if state is None else [state]
        wait_for(
            lambda: [one["state"] for one in self.gaps()] == wanted, WAIT_S, f"push to be {state}"
        )

    def acts(self, event_type):
        """Return the payloads of a type in the case, to the credit platform."""
        found = [one["payload"] for one in self.made.case.entries(event_type)]
        return [payload for payload in found if payload["target"] == "CREDIT"]


def test_every_push_has_a_receipt_with_the_same_hash_or_is_listed(open_ledger, channel, tmp_path):
    """Not pushed, no answer, a receipt for another hash: listed; then the receipt: not any more."""
    sharing = Sharing(open_ledger, channel, tmp_path, "长市监处罚〔2026〕1701号")
    sharing.wait_for("UNASSESSED")

    channel.mode = "no answer"
    failed = sharing.push()
    assert failed.returncode == 3, failed.stderr
    assert TOKEN not in failed.stderr
    sharing.wait_for("PUSHED")
    channel.mode = "other hash"
    assert sharing.push_here()[FAILED] >= 1
    sharing.wait_for("PUSHED")
    assert sharing.acts("DisclosurePushAcknowledged") == []
    (gap,) = sharing.gaps()

    channel.mode = "receipt"
    done = sharing.push("--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["pushes"]["accepted"] >= 1
    sharing.wait_for(None)

    messages = [one for one in channel.arrived if one.batch == gap["batch_id"]]
    assert len(messages) == 3  # At least once, always the same message.
    assert len(set(messages)) == 1
    assert channel.held[gap["record_hash"]] == messages[0].record
    assert messages[0].authorization == f"Bearer {TOKEN}"
    (pushed,) = sharing.acts("DisclosurePushed")
    (receipt,) = sharing.acts("DisclosurePushAcknowledged")
    assert pushed["recordHash"] == receipt["recordHash"] == gap["record_hash"]
    assert receipt["status"] == "ACCEPTED"
    size = len(channel.arrived)
    assert sharing.push_here()[FAILED] == 0
    assert [one for one in channel.arrived[size:] if one.batch == gap["batch_id"]] == []

    _the_day_says_so(open_ledger, gap)


def _the_day_says_so(open_ledger, gap):
    """API, spreadsheet, page and command agree about the day."""
    day, agency = gap["due_from"][:10], gap["agency_id"]
    path = f"/v1/reconciliation?day={day}&agency={agency}"
    (line,) = [it for it in open_ledger.get(path)["items"] if it["channel"] == "CREDIT"]
    assert line["published"] == line["acknowledged"] + line["gaps"]
    assert line["acknowledged"] >= 1
    assert line["emitted"] >= line["received"] > 0
    shown = program("reconciliation", "show", "--day", day, "--json",
                    "--data", open_ledger.ledger.data)  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    assert line in json.loads(shown.stdout)["items"]
    table = ask(open_ledger.ledger, f"/v1/reconciliation.csv?day={day}", role="supervisor")
    assert f"{day},{agency},{line['agency_name']},信用平台,".encode() in table.body
    page = ask(open_ledger.ledger, f"{PAGE}?day={day}", role="supervisor")
    assert "信用平台" in page.body.decode()
    assert "接入系统" in page.body.decode()


def test_what_is_withdrawn_is_taken_back_from_the_channel(open_ledger, channel, tmp_path):
    sharing = Sharing(open_ledger, channel, tmp_path, "长市监处罚〔2026〕1702号")
    assert sharing.push_here()[FAILED] == 0
    sharing.wait_for(None)
    body = {**sharing.made.ids, "ground": "WRONGLY_PUBLISHED", "reason": "公示有误，现予撤下。"}
    reply = open_ledger.command("approver", "withdraw_disclosure", body)
    assert reply.status == 201, reply.body
    sharing.wait_for("DUE")

    assert sharing.push_here()[FAILED] == 0
    sharing.wait_for(None)
    (pushed,) = [it for it in sharing.acts("DisclosurePushed") if it["action"] == "WITHDRAW"]
    assert pushed["recordHash"] not in channel.held
    assert channel.arrived[-1].action == "WITHDRAW"


def test_systems_that_send_are_listed_with_when_they_were_last_heard(open_ledger, channel):
    emitters = open_ledger.get("/v1/reconciliation/emitters?limit=100")["items"]
    (found,) = [one for one in emitters if one["emitter_id"] == open_ledger.office.emitter_id]
    assert found["last_heard"] is not None
    assert (found["silent"], found["silent_hours"]) == (False, 0)


def test_who_may_not_read_it_is_told_so(open_ledger):
    for path in ("/v1/reconciliation", GAPS, "/v1/reconciliation/emitters", PAGE):
        assert ask(open_ledger.ledger, path, role="clerk").status == 403


def test_agreements_and_exchanged_batches_are_acts(open_ledger, tmp_path):
    """With the digests of the document, the batch and the other side's receipt."""
    files = {name: tmp_path / name for name in ("agreement", "batch", "receipt")}
    for name, file in files.items():
        file.write_text(name)
    office, other = open_ledger.office.agency, open_ledger.other.agency
    data = ("--data", open_ledger.ledger.data)
    agreed = program(
        "reconciliation", "agree", "--party", office, "--party", other, "--doc", files["agreement"],
        "--doc-date", "2026-01-05", "--from", "2026-02-01", *data,
    )  # fmt: skip
    assert agreed.returncode == 0, agreed.stderr
    ((entry, _, agreement),) = open_ledger.inside.entries("control", AGREEMENT)
    assert agreement["parties"] == [office, other]
    done = program(
        "reconciliation", "exchange", other, "--direction", "SENT", "--count", "3",
        "--batch", files["batch"], "--receipt", files["receipt"],
        "--agreement", str(entry.leaf_index), "--json", *data,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    held = [one for log in "01" for one in open_ledger.inside.entries(log, BATCH)]
    ((_, _, batch),) = held
    assert (batch["count"], batch["hash"], batch["receipt"]) == (3, said["hash"], said["receipt"])
    assert said["hash"] == sha256_digest(b"batch")
    assert batch["agreement"]["leafIndex"] == entry.leaf_index

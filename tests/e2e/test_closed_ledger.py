"""A ledger as in production: no synthetic data, its entries for auditors only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from ledger.chain.notes import read_vkeys
from ledger.chain.tiles import decode_bundle
from schemas.catalogue import load_catalogue
from tests.support.api import ask
from tests.support.running import RunningLedger


@pytest.fixture(scope="module")
def closed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningLedger]:
    folder = tmp_path_factory.mktemp("closed")
    for path in (folder, *folder.parents[:2]):
        path.chmod(0o755)  # The database server runs as another user when tests run as root.
    broker = request.config.getoption("--broker")
    ledger = RunningLedger(folder / "data", "--logs", "4", "--broker", broker)
    ledger.start()
    try:
        yield ledger
    finally:
        ledger.stop()


def test_bundles_are_for_auditors(closed: RunningLedger) -> None:
    """Hashes and checkpoints are for everybody, entries for who has an auditor's token."""
    path = "/logs/control/tile/entries/000.p/1"
    entry = "/v1/entries/control/0"
    width = int(ask(closed, "/v1/logs").document["logs"][0]["tree_size"]) % 256
    path = f"/logs/control/tile/entries/000.p/{width}"

    assert ask(closed, path).status == 401
    assert ask(closed, path, role="clerk").status == 403
    reply = ask(closed, path, role="auditor")
    assert reply.status == 200
    assert reply.headers["cache-control"].startswith("private")
    assert ask(closed, path.replace("entries", "0")).status == 200
    assert ask(closed, entry).status == 200  # LedgerCreated is public in every ledger.


def test_an_entry_is_public_if_its_type_is(closed: RunningLedger) -> None:
    """What the catalogue does not call public is for auditors, entry by entry."""
    size = int(ask(closed, "/v1/logs").document["logs"][0]["tree_size"])
    bundle = f"/logs/control/tile/entries/000.p/{size % 256}"
    entries = decode_bundle(ask(closed, bundle, role="auditor").body)
    types = {decode_act(decode_entry(one).act).event_type: one for one in entries}
    rows = load_catalogue().rows
    for event_type, entry in types.items():
        path = f"/v1/entries/control/{decode_entry(entry).leaf_index}"
        assert ask(closed, path).status == (200 if rows[event_type].public else 401), event_type
        assert ask(closed, path, role="auditor").body == entry


def test_no_page_says_that_the_data_is_synthetic(closed: RunningLedger) -> None:
    for path in ("/", "/audit", "/registers/agencies", "/nowhere"):
        assert "模拟数据" not in ask(closed, path, accept="text/html").body.decode()


def test_empty_lists_say_so(closed: RunningLedger) -> None:
    """A ledger on its first day has pages that make sense."""
    words = {
        "/": "目前没有公示信息",
        "/disclosures/withdrawn": "没有撤下的公示",
        "/registers/agencies": "还没有登记执法主体",
        "/registers/officers": "没有登记的执法人员",
        "/audit/emitters": "尚无登记的接入系统",
    }
    for path, text in words.items():
        assert text in ask(closed, path).body.decode(), path
    console = {
        "/console/cases": "账本中还没有案件",
        "/console/retrievals": "还没有查阅记录",
        "/console/alerts": "没有预警",
        "/console/deadlines": "没有待办的期限",
        "/console/reconciliation": "没有登记的接入系统",
        "/console/retrievals/requests": "没有符合条件的调阅",
    }
    for path, text in console.items():
        assert text in ask(closed, path, role="supervisor").body.decode(), path


def test_every_log_is_listed_with_its_key(closed: RunningLedger) -> None:
    """Control log and four case logs, each with the key that its file says."""
    logs = ask(closed, "/v1/logs").document["logs"]

    assert [row["log"] for row in logs] == ["control", "0", "1", "2", "3"]
    for row in logs:
        served = ask(closed, row["url"] + "/vkey").body.decode()
        assert [key.vkey for key in read_vkeys(served)] == row["vkeys"]
    assert "其余 2 个日志" in ask(closed, "/").body.decode()


def test_other_sites_may_read_what_is_public_only(closed: RunningLedger) -> None:
    assert ask(closed, "/v1/logs").headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in ask(closed, "/console/login").headers
    preflight = ask(closed, "/v1/cases", "OPTIONS", origin="https://evil.example")
    assert preflight.status == 405

"""The page on new event types, done as it stands there, all the way to a proved entry."""

import json
import re
import shlex
import shutil
import time

import pytest

from consumers.emitter.submission import UnsealedAct
from ledger.chain.act import Act, encode_act
from ledger.chain.avro import compile_codec
from ledger.chain.ids import uuid7
from ledger.chain.schema_text import fingerprint
from tests.support.running import ROOT, RunningLedger, program

pytestmark = pytest.mark.kafka
AGENCY = "11430100FCT000022L"
EMITTER = "noise.example"
CASE = "case:7f0c7a3e-54d0-4c1e-8b6e-0d7f2a1b9c33"
PAGE = (ROOT / "docs" / "howto" / "add-an-event-type.md").read_text()
(SCHEMA,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
(ROW,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = [shlex.split(line) for line in re.findall(r"^\$ lianzheng (.*)$", PAGE, re.MULTILINE)]


@pytest.fixture
def extended(tmp_path):
    """A copy of the packages with one more .avsc, one more row and the catalogue's new version."""
    for path in (tmp_path, *tmp_path.parents[:2]):
        path.chmod(0o755)
    copy = tmp_path / "project"
    for package in ("schemas", "ledger", "projections", "consumers", "portal"):
        shutil.copytree(
            ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copytree(
        ROOT / "infra", copy / "infra", ignore=shutil.ignore_patterns("target"), symlinks=True
    )
    made = program(*COMMANDS[0], root=copy)
    assert made.returncode == 0, made.stderr
    assert json.loads((copy / "schemas" / "NoiseMeasured.v1.avsc").read_text()) == json.loads(
        SCHEMA
    )
    catalogue = (copy / "schemas" / "catalogue.yaml").read_text()
    assert catalogue.endswith(ROW)
    assert re.search('^version: "noise"$', catalogue, flags=re.MULTILINE)
    return copy


def test_a_new_type_needs_no_python(extended, tmp_path, request):
    """Written by one command, checked, published at start, registered twice, emitted, replayed and verified."""
    check, *registrations = COMMANDS[1:]
    checked = program(*check, root=extended)
    assert checked.returncode == 0, checked.stdout
    assert f"\n{checked.stderr}" in PAGE
    broker = request.config.getoption("--broker")
    ledger = RunningLedger(tmp_path / "data", "--synthetic", "--broker", broker)
    ledger.root = extended
    ledger.start()
    try:
        for words in registrations:
            made = program(*words, "--data", ledger.data, root=extended)
            assert made.returncode == 0, made.stderr
        submit(ledger, noise_act())
        replay = program("case", "replay", CASE, "--json", "--data", ledger.data, root=extended)
        entries = json.loads(replay.stdout)["entries"]
        assert [entry["payload"]["decibelTenths"] for entry in entries] == [641]
        for log in ledger.run["logs"]:
            assert program("verify", "log", log["url"], "--vkey", log["vkey_file"]).returncode == 0
    finally:
        ledger.stop()


def noise_act():
    """Return an act of the new type."""
    now = time.time_ns() // 1000
    act = Act(
        uuid7(now // 1000, bytes(range(10))), "NoiseMeasured", 1, fingerprint(SCHEMA), CASE, "Case", CASE,
        None, AGENCY, None, EMITTER, 1, (), now, now, None, None, None, CASE, None,
        compile_codec(SCHEMA).encode({"decibelTenths": 641, "device": "NM-7", "note": None}),
    )  # fmt: skip
    return UnsealedAct(CASE, encode_act(act))


def submit(ledger, act):
    """Send one act over HTTP with the key that the registration made; expect 201."""
    import urllib.request

    from consumers.emitter.submission import build_items
    from consumers.emitter.transport import CONTAINER_TYPE, container
    from ledger.clock import SystemClock, system_random
    from ledger.store.key_files import read_signer

    signer = read_signer(ledger.data / "keys" / "emitters", EMITTER)
    name = ledger.run["logs"][0]["origin"].split("/")[0]
    items = build_items(name, [act], [signer], None, SystemClock(), system_random)
    request = urllib.request.Request(
        ledger.url("/v1/acts"), container(items), {"Content-Type": CONTAINER_TYPE}, method="POST"
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        assert answer.status == 201

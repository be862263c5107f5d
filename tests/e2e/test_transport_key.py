"""A new transport key while acts are under way: what is sealed to either key opens."""

import json
import stat
import threading
from collections import Counter
from pathlib import Path

import pytest
from kafka import TopicPartition

from consumers.emitter.client import EmitterClient
from consumers.emitter.emit_file import EmitSummary, FileEmitter
from consumers.emitter.emitter_keys import EmitterKeys
from consumers.emitter.kafka_line import KafkaLine
from consumers.emitter.ledger_copy import read_control_state, vault_key
from consumers.emitter.transport import Topics
from consumers.generate.records import read_records
from consumers.kafka_client import KafkaAddress, open_consumer
from consumers.topics import ACTS
from ledger.chain.notes import read_vkeys
from ledger.clock import SystemClock, system_random
from portal.cli.verifying import open_source
from portal.programs.files import platform_signer
from tests.support.running import RunningLedger, program, wait_for

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def ledger(request, tmp_path_factory):
    """A ledger of its own, because its keys are changed."""
    folder = tmp_path_factory.mktemp("rotating")
    for path in (folder, *folder.parents[:2]):
        path.chmod(0o755)  # The database server runs as another user when tests run as root.
    broker = request.config.getoption("--broker")
    running = RunningLedger(folder / "data", "--synthetic", "--broker", broker)
    running.start()
    yield running
    running.stop()


def control_state(ledger):
    """Return what the published control log says now."""
    log = ledger.run["logs"][0]
    return read_control_state(
        open_source(log["url"]), read_vkeys(Path(log["vkey_file"]).read_text())
    )


def history(ledger, seed):
    """Write a case; return the file."""
    file = ledger.data.parent / f"{seed}.avro"
    made = program("generate", "--cases", 1, "--seed", seed, "--violations", 0, "-o", file)
    assert made.returncode == 0, made.stderr
    return file


def emit_under(ledger, state, file):
    """Emit a file's acts as a client that read the control log before; return the summary."""
    clock, stopping, summary = SystemClock(), threading.Event(), EmitSummary()
    line = KafkaLine(KafkaAddress(ledger.run["kafka"]), Topics(state.catalogue).topic, clock)
    client = EmitterClient(line, summary.answered, stopping, clock)
    keys = EmitterKeys(ledger.data / "keys" / "emitters", system_random)
    platform = platform_signer(ledger.data)
    emitter = FileEmitter(
        client, state, keys, platform, None, summary, stopping, clock, system_random
    )  # fmt: skip
    try:
        with file.open("rb") as stream:
            emitter.emit(record for record in read_records(stream) if record.act is not None)
    finally:
        client.close()
    return summary


def keys_sealed_to(ledger):
    """Return how many acts on the topic are sealed to each transport key."""
    consumer = open_consumer(KafkaAddress(ledger.run["kafka"]))
    place = TopicPartition(ACTS, 0)
    consumer.assign([place])
    consumer.seek_to_beginning(place)
    found = Counter()
    while consumer.position(place) < consumer.end_offsets([place])[place]:
        for record in consumer.poll(500).get(place, ()):
            headers = dict(record.headers)
            if "lz-sealed" in headers:
                found[int.from_bytes(headers["lz-seal"][:4], "big")] += 1
    consumer.close()
    return found


def opened(ledger, file):
    """Return how many openings of a file's case the ledger has verified, and how many there were."""
    with file.open("rb") as stream:
        records = [
            r for r in read_records(stream) if r.act is not None and r.key.startswith("case:")
        ]
    (case,) = {record.key for record in records}
    shown = json.loads(program("case", "replay", case, "--json", "--data", ledger.data).stdout)
    ours = {record.act[10:26].hex(): len(record.openings) for record in records}
    stored = {e["event_id"]: e["opened"] for e in shown["entries"] if e["event_id"] in ours}
    return sum(stored.values()), sum(ours[event_id] for event_id in stored)


def test_acts_sealed_to_the_old_key_and_to_the_new_one_open(ledger):
    """Before, under way, and after; nothing is restarted and nothing is refused for its seal."""
    before, under_way, after = (history(ledger, seed) for seed in (21, 22, 23))
    first = program("emit", before, "--data", ledger.data, "--json")
    assert first.returncode == 0, first.stderr + ledger.words()
    old = control_state(ledger)
    old_id = vault_key(old).key_id

    rotated = program("ledger", "rotate-transport-key", "--data", ledger.data, "--json")
    assert rotated.returncode == 0, rotated.stderr
    key = json.loads(rotated.stdout)
    new_id = key["key_id"]
    assert new_id == old_id + 1
    assert stat.S_IMODE(Path(key["key_file"]).stat().st_mode) == 0o600
    assert (ledger.data / "keys" / f"transport-{old_id}.key").exists()

    wait_for(lambda: new_id in control_state(ledger).transport_keys, 30, "the new key published")
    now = control_state(ledger)
    assert vault_key(now).key_id == new_id
    assert now.transport_keys[old_id] == old.transport_keys[old_id]

    late = emit_under(ledger, old, under_way)
    second = program("emit", after, "--data", ledger.data, "--json")
    assert second.returncode == 0, second.stderr + ledger.words()
    assert late.outcomes["committed"] > 50
    assert not [code for code in late.codes if code.startswith("R9")]
    for file in (before, under_way, after):
        verified, sent = opened(ledger, file)
        assert verified == sent > 0
    assert keys_sealed_to(ledger).keys() == {old_id, new_id}


def test_each_rotation_is_a_key_of_its_own(ledger):
    """Ids go up; the newest is published for as long as was asked."""
    ids = []
    for days in (30, 31):
        made = program(
            "ledger", "rotate-transport-key", "--days", days, "--data", ledger.data, "--json"
        )
        assert made.returncode == 0, made.stderr
        ids.append(json.loads(made.stdout)["key_id"])
    assert ids[1] == ids[0] + 1
    wait_for(lambda: ids[1] in control_state(ledger).transport_keys, 30, "the new key published")
    keys = control_state(ledger).transport_keys
    for key_id, days in zip(ids, (30, 31), strict=True):
        assert keys[key_id].valid_to - keys[key_id].valid_from == days * 86_400_000_000
    assert len({key.public_key for key in keys.values()}) == len(keys)

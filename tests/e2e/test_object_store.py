"""A ledger whose second copy and promises lie in a bucket, from its birth to its restart."""

import json
import sys

import pytest

from portal.stack.process import ChildProcess, clean_environment, free_port, wait_for_port
from tests.support.api import ask
from tests.support.running import RunningLedger, fetch, program, wait_for
from tests.support.s3_server import BUCKET, S3Server
from tests.support.workshop import Workshop

pytestmark = pytest.mark.kafka

PREFIX = "provinces/hunan"
SECRET = "never-in-any-log-5f0c"


def aws_environment(endpoint):
    """Return what finds a bucket and opens it."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "tests",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_ALLOW_HTTP": "true",
    }


@pytest.fixture
def server():
    """An object store without objects."""
    started = S3Server()
    yield started
    started.stop()


@pytest.fixture
def ledger(server, tmp_path, request):
    """A ledger in a bucket, created and not yet started."""
    for path in (tmp_path, *tmp_path.parents[:2]):
        path.chmod(0o755)  # The database server runs as another user when tests run as root.
    broker = request.config.getoption("--broker")
    made = RunningLedger(tmp_path / "data", "--synthetic", "--broker", broker)
    made.settings = {
        "LEDGER_TILE_STORE": f"s3://{BUCKET}/{PREFIX}",
        **aws_environment(server.endpoint),
    }
    created = command(made, "ledger", "create", "--synthetic", "--broker", broker)
    assert created.returncode == 0, created.stderr
    yield made
    if made.process is not None:
        made.stop()


def command(ledger, *words, **changes):
    """Run a command beside a ledger, with its settings."""
    settings = {**ledger.settings, **changes}
    return program(*words, "--data", ledger.data, settings=settings)


def append(ledger, word, count):
    """Have ``count`` acts of one case committed; return its stream."""
    workshop = Workshop(ledger)
    office = workshop.office(word)
    workshop.register(office, ["FineRemitted"])
    stream = workshop.stream_in(0)
    for _ in range(count):
        workshop.commit(workshop.good(stream, office))
    workshop.close()
    return stream


def promised(ledger):
    """Return the size of every log by its promise."""
    status = command(ledger, "ledger", "status", "--json")
    assert status.returncode == 0, status.stderr
    return [int(log["tree_size"]) for log in json.loads(status.stdout)["logs"]]


def published(ledger):
    """Return the size of every log by its checkpoint over HTTP."""
    notes = [fetch(log["url"] + "/checkpoint")[1] for log in ledger.run["logs"]]
    return [int(note.split(b"\n")[1]) for note in notes]


def prove(ledger, folder):
    """Verify every log over HTTP and from an export; return the sizes."""
    wait_for(lambda: published(ledger) == promised(ledger), 60, "checkpoints")
    sizes = []
    for log in ledger.run["logs"]:
        name = log["url"].rsplit("/", 1)[1]
        copy = folder / name
        copied = command(ledger, "export", "log", "--log", name, copy)
        assert copied.returncode == 0, copied.stderr
        for place in (log["url"], copy):
            found = program("verify", "log", place, "--vkey", log["vkey_file"], "--json")
            assert found.returncode == 0, found.stdout + found.stderr
        sizes.append(int(json.loads(found.stdout)["tree_size"]))
    return sizes


def test_a_ledger_lives_in_a_bucket(ledger, server, tmp_path):
    """Born, appended to, served, proved, restarted, appended to, proved; no folder of tiles."""
    ledger.start()
    stream = append(ledger, "first", 3)
    before = prove(ledger, tmp_path / "before")
    for log in ledger.run["logs"]:
        name = log["url"].rsplit("/", 1)[1]
        assert fetch(log["url"] + "/checkpoint") == (
            200,
            server.objects[f"{PREFIX}/{name}/checkpoint"],
        )
    tile = ask(ledger, f"/logs/0/tile/0/000.p/{before[1]}")
    assert tile.body == server.objects[f"{PREFIX}/0/tile/0/000.p/{before[1]}"]
    assert ledger.stop() == 0
    ledger.start()
    append(ledger, "second", 2)
    after = prove(ledger, tmp_path / "after")
    assert after[1] >= before[1] + 2
    proved = command(ledger, "verify", "stream", stream)
    assert proved.returncode == 0, proved.stderr
    assert ledger.stop() == 0
    recovered = command(ledger, "ledger", "recover", "--json")
    assert {log["recovered"] for log in json.loads(recovered.stdout)["logs"]} == {0}
    assert all(name.startswith(PREFIX + "/") for name in server.objects)
    assert not (ledger.data / "tiles").exists()


def test_another_store_has_no_promise_and_nothing_starts(ledger):
    """An empty folder, and another prefix of the same bucket: exit 10, as tampering."""
    words = ("up", "--http", "127.0.0.1:0")
    for other in ("", str(ledger.data / "elsewhere"), f"s3://{BUCKET}/provinces/hubei"):
        refused = command(ledger, *words, LEDGER_TILE_STORE=other)
        assert refused.returncode == 10, refused.stderr
        assert "the tile store has no promise" in refused.stderr


def test_a_place_that_is_none_or_holds_a_secret_is_refused(ledger):
    """Exit 2, and the secret is not repeated."""
    for wrong in ("ftp://tiles", "s3://", f"s3://id:{SECRET}@tiles/x", "s3://tiles?key=1"):
        refused = command(ledger, "export", "log", "--log", "0", LEDGER_TILE_STORE=wrong)
        assert refused.returncode == 2, refused.stderr
        assert SECRET not in refused.stderr


def test_secrets_of_the_bucket_are_in_no_file(ledger, server):
    """Nor what roles say while the bucket is away."""
    ledger.start()
    server.stop()
    away = fetch(ledger.run["logs"][0]["url"] + "/checkpoint")
    assert away[0] == 503
    assert SECRET not in away[1].decode() + ledger.words()
    refused = command(ledger, "ledger", "status")
    assert refused.returncode == 3
    assert "tile store is away" in refused.stderr
    ledger.stop()
    texts = [*ledger.data.glob("*.json"), *(ledger.data / "diagnostics").iterdir()]
    assert texts
    assert not [path for path in texts if SECRET in path.read_text(errors="replace")]


def test_a_bucket_that_ignores_conditions_is_refused(tmp_path, request):
    """Method: localbucket, which knows If-None-Match and takes every If-Match."""
    for path in (tmp_path, *tmp_path.parents[:2]):
        path.chmod(0o755)
    port = free_port()
    (tmp_path / "buckets" / BUCKET).mkdir(parents=True)
    bucket = ChildProcess(
        "localbucket",
        [sys.executable, "-m", "localbucket", str(tmp_path / "buckets"), "--port", str(port)],
        diagnostics=tmp_path / "localbucket.log",
        environment=clean_environment(),
    )
    bucket.start()
    try:
        wait_for_port(bucket, port, 30)
        words = ("ledger", "create", "--broker", request.config.getoption("--broker"))
        settings = aws_environment(f"http://127.0.0.1:{port}")
        settings["LEDGER_TILE_STORE"] = f"s3://{BUCKET}"
        refused = program(*words, "--data", tmp_path / "data", settings=settings)
    finally:
        bucket.stop(5)
    assert refused.returncode == 3, refused.stderr
    assert "conditional puts" in refused.stderr

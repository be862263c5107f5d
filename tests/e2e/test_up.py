"""`lianzheng up`: starts, recovers, stops, and leaves nothing behind, whatever is killed."""

import json
import os
import signal
import stat

import pytest

from tests.support.running import RunningLedger, children_of, fetch, program, wait_for

pytestmark = pytest.mark.kafka


@pytest.fixture
def ledger(tmp_path, request):
    """A running ledger of its own for tests that break it."""
    for path in (tmp_path, *tmp_path.parents[:2]):
        path.chmod(0o755)
    broker = request.config.getoption("--broker")
    running = RunningLedger(tmp_path / "data", "--synthetic", "--broker", broker)
    running.start()
    yield running
    if running.process.poll() is None:
        running.stop()


def role_pids(ledger, word):
    """Return the pids of roles whose command line has a word."""
    return [pid for pid, words in children_of(ledger.process.pid).items() if word in words]


def sizes(ledger):
    """Return the tree sizes of all logs."""
    return {log["origin"]: int(log["tree_size"]) for log in ledger.json("/v1/logs")["logs"]}


def test_run_json_says_where_everything_is(ledger):
    """Addresses answer, vkey files and passwords are there, keys are not readable by others."""
    run = ledger.run
    assert fetch(run["http"] + "/")[0] == 200
    assert [log["origin"].split("/", 1)[1] for log in run["logs"]] == ["control", "log/0"]
    for log in run["logs"]:
        status, note = fetch(log["url"] + "/checkpoint")
        assert status == 200
        assert note.decode().splitlines()[0] == log["origin"]
        with open(log["vkey_file"]) as file:
            assert file.read().startswith(log["origin"] + "+")
    assert {"supervisor", "auditor", "clerk"} <= set(run["logins"])
    for login in run["logins"].values():
        assert stat.S_IMODE(os.stat(login["password_file"]).st_mode) == 0o600
    assert stat.S_IMODE((ledger.data / "keys").stat().st_mode) == 0o700


def test_stops_with_zero_and_goes_on_where_it_was(ledger):
    """SIGTERM leaves no process; a second start has no smaller log and the same roots."""
    before = sizes(ledger)
    below = children_of(ledger.process.pid)
    assert ledger.stop(signal.SIGTERM) == 0
    assert not [pid for pid in below if os.path.exists(f"/proc/{pid}")]
    assert not (ledger.data / "run.json").exists()
    ledger.start()
    after = sizes(ledger)
    assert all(after[origin] >= size for origin, size in before.items())
    assert ledger.stop(signal.SIGINT) == 0


def test_killed_supervisor_leaves_no_process(ledger):
    """SIGKILL of the supervisor ends every child, and the next start recovers."""
    below = children_of(ledger.process.pid)
    ledger.kill()
    wait_for(lambda: not [p for p in below if os.path.exists(f"/proc/{p}")], 120, "children")
    ledger.start()
    assert sizes(ledger)


@pytest.mark.parametrize(
    "word",
    [
        "append --log control",
        "append --log 0",
        "relay",
        "project",
        "supervise",
        "portal",
        "postgres -D",
    ],
)
def test_every_killed_process_comes_back(ledger, word):
    """SIGKILL of one role or server: the portal answers again, and the logs verify."""
    victims = role_pids(ledger, word)
    assert victims
    os.kill(victims[0], signal.SIGKILL)
    wait_for(lambda: not os.path.exists(f"/proc/{victims[0]}"), 60, "death")
    wait_for(lambda: role_pids(ledger, word), 120, "new process")
    wait_for(lambda: fetch(ledger.run["http"] + "/readyz")[0] == 200, 120, "readiness")
    for log in ledger.run["logs"]:
        found = program("verify", "log", log["url"], "--vkey", log["vkey_file"])
        assert found.returncode == 0, found.stdout + found.stderr


def test_a_second_program_on_the_same_folder_is_refused(ledger):
    """Two supervisors of one folder would be two owners of everything."""
    second = program("up", "--data", ledger.data, "--http", "127.0.0.1:0")
    assert second.returncode == 4
    assert "already runs" in second.stderr


def test_options_of_a_ledger_cannot_be_changed(ledger):
    """Name, number of logs and profile are in entry 0."""
    ledger.stop()
    for option, value in (("--name", "other.example"), ("--logs", "3"), ("--profile", "guomi")):
        changed = program("up", "--data", ledger.data, "--http", "127.0.0.1:0", option, value)
        assert changed.returncode == 4, changed.stderr


def test_a_database_behind_its_promise_ends_with_ten_and_is_recovered(ledger, tmp_path):
    """Yesterday's cluster put back: refused, then completed from the tile store."""
    import shutil

    ledger.stop()
    cluster = (ledger.data / "postgres").resolve()
    backup = tmp_path / "backup"
    shutil.copytree(cluster, backup, symlinks=True)
    registered = None
    ledger.start()
    registered = program(
        "emitter",
        "register",
        "agy.e2e.example",
        "--agency",
        "11430100FCT000022L",
        "--type",
        "CaseClosed",
        "--data",
        ledger.data,
    )
    assert registered.returncode == 0, registered.stderr
    grown = sizes(ledger)
    ledger.stop()
    owner = cluster.stat()
    shutil.rmtree(cluster)
    shutil.copytree(backup, cluster, symlinks=True)
    for folder, _, files in os.walk(cluster):
        os.chown(folder, owner.st_uid, owner.st_gid)
        for name in files:
            os.chown(os.path.join(folder, name), owner.st_uid, owner.st_gid)
    behind = program("up", "--data", ledger.data, "--http", "127.0.0.1:0")
    assert behind.returncode == 10, behind.stderr
    for command in ("check", "recover"):  # What is to be done stands in the line that ends it.
        assert f"lianzheng ledger {command} --data {ledger.data}" in behind.stderr
    looked = program("ledger", "check", "--data", ledger.data)
    assert looked.returncode == 11, looked.stderr
    assert "entries are promised" in looked.stdout
    recovered = program("ledger", "recover", "--data", ledger.data)
    assert recovered.returncode == 0, recovered.stderr
    whole = program("ledger", "check", "--data", ledger.data)
    assert whole.returncode == 0, whole.stdout + whole.stderr
    ledger.start()
    after = sizes(ledger)
    assert all(after[origin] >= size for origin, size in grown.items())
    status = json.loads(program("ledger", "status", "--json", "--data", ledger.data).stdout)
    assert {log["origin"]: log["tree_size"] for log in status["logs"]}


def test_a_guomi_ledger_with_two_case_logs_proves_itself(tmp_path, request):
    """SM3 links, three logs, each with its own appender; all verify from outside."""
    for path in (tmp_path, *tmp_path.parents[:2]):
        path.chmod(0o755)
    broker = request.config.getoption("--broker")
    ledger = RunningLedger(
        tmp_path / "data", "--profile", "guomi", "--logs", "2", "--synthetic", "--broker", broker
    )
    ledger.start()
    try:
        assert len(ledger.run["logs"]) == 3
        assert len(role_pids(ledger, "append --log")) == 3
        for log in ledger.run["logs"]:
            found = program("verify", "log", log["url"], "--vkey", log["vkey_file"], "--json")
            assert found.returncode == 0, found.stdout
            assert json.loads(found.stdout)["profile"] == "guomi"
    finally:
        assert ledger.stop() == 0

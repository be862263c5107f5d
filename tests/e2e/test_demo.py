"""`lianzheng demo`: what it prints holds, and a demo that was stopped ends like any other."""

import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from consumers.emitter.ledger_copy import LogCopy
from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from portal.cli.log_source import HttpSource
from portal.cli.verifying import read_keys
from tests.support.running import ROOT, RunningLedger, environment, fetch, wait_for

pytestmark = pytest.mark.timeout(900)  # Five starts of a whole ledger, however slow the machine.

CASES = 8
SEEDED_S = 240
ENTRIES_MAX = 1_000_000
# Of the platform itself, by the real clock: alerts and anchors are no acts of the file.
BY_ITSELF = ("LogHeartbeat", "SupervisionAlertRaised", "StreamHeadsAnchored")
ADDED_BY_GATES = ("MajorDecisionAssessed", "DecisionGateCleared")  # Beside the act that came.
PROGRAM = f'lianzheng() {{ {shlex.quote(sys.executable)} -m portal.cli.main "$@"; }}\n'


class Demo(RunningLedger):
    """`lianzheng demo` on a folder."""

    command = "demo"

    def text(self):
        """Return all that it printed, of every start."""
        return (self.data.parent / "up.log").read_text()

    def is_done(self):
        """Tell whether it has said the last thing it says."""
        assert self.process.poll() is None, self.words()
        return "copy-changed" in self.text()

    def finish(self):
        """Wait until it has emitted everything and verified it."""
        wait_for(self.is_done, SEEDED_S, "the demo's last words")
        return self


@pytest.fixture(scope="module")
def demos(tmp_path_factory):
    """Make demos in folders of their own, and stop them."""
    made = []

    def make(name):
        folder = tmp_path_factory.mktemp("demo") / name
        folder.mkdir()
        for path in (folder, *folder.parents[:3]):
            path.chmod(0o755)  # The database server runs as another user when tests run as root.
        made.append(Demo(folder / "data", "--cases", str(CASES)))
        return made[-1]

    yield make
    for demo in made:
        if demo.process is not None:
            demo.stop()


@pytest.fixture(scope="module")
def whole(demos):
    """A demo that nobody disturbed, in a folder whose name has a blank."""
    return demos("with blank").start().finish()


def entries(demo, number):
    """Return the entries and acts of a log as published, checked against its checkpoint."""
    log = demo.run["logs"][number]
    copy = LogCopy(HttpSource(log["url"]), read_keys(Path(log["vkey_file"])))
    found = [decode_entry(data) for _, data in copy.read_entries(0, ENTRIES_MAX)]
    return [(entry, decode_act(entry.act)) for entry in found]


def history(demo):
    """Count types and the simulated times of both logs, of what came with the file."""
    counts = Counter()
    for number in (0, 1):
        found = entries(demo, number)
        birth = found[0][0].received_at
        counts.update(
            (number, act.event_type, entry.received_at if entry.received_at > birth else 0)
            for entry, act in found
            if act.event_type not in BY_ITSELF
        )
    return counts


def published_size(demo, number):
    """Return the size in a log's published checkpoint; 0 while there is none."""
    status, note = fetch(demo.run["logs"][number]["url"] + "/checkpoint")
    return int(note.split(b"\n")[1]) if status == 200 else 0


def birth_size(demo, number):
    """Return how many entries a log had before any act of the file."""
    found = [entry.received_at for entry, _ in entries(demo, number)]
    return found.count(found[0])


def stop_when_grown(demo, number, born):
    """Ctrl-C as soon as acts of the file appear in a log, or more of them than before."""
    start = max(born, published_size(demo, number))
    wait_for(lambda: published_size(demo, number) > start, 120, "acts of the file")
    assert demo.stop(signal.SIGINT) == 0
    assert not (demo.data / "demo.json").exists(), "it was not stopped in the middle"


def test_a_demo_stopped_in_the_middle_ends_as_if_nobody_had_stopped_it(demos, whole):
    """The same acts of the same types at the same simulated times, however it was interrupted.

    Method: the same file; Ctrl-C while the register is emitted, again amid the cases, then to the
    end. What the platform does (drafts, retrievals with their windows) must be there too.
    """
    stopped = demos("stopped")
    stopped.data.mkdir(mode=0o755)
    for file in ("demo.avro", "demo.truth.json"):
        shutil.copy(whole.data / file, stopped.data / file)
    for number in (0, 1):
        stopped.start()
        stop_when_grown(stopped, number, birth_size(whole, number))
    stopped.start().finish()

    expected, found = history(whole), history(stopped)

    assert (found - expected, expected - found) == (Counter(), Counter())
    types = Counter(kind for _, kind, _ in found.elements())
    assert types["SimulationEnded"] == 1
    assert types["DisclosurePublished"] > 0
    assert types["RecordAccessed"] > 0


def test_what_the_demo_prints_holds_however_often_it_is_tried(whole):
    """Replayed, proved, and the changed byte named with its entry; the second time as well."""
    lines = whole.text().split("try:\n")[1].splitlines()[:3]
    assert all(line.startswith("  ") for line in lines)
    for _ in range(2):
        done = [
            subprocess.run(
                ["/bin/sh", "-c", PROGRAM + line], cwd=ROOT, env=environment(),
                capture_output=True, text=True, timeout=120, check=False,
            )
            for line in lines
        ]  # fmt: skip
        assert [one.returncode for one in done] == [0, 0, 10], [one.stderr for one in done]
        assert "proved" in done[1].stdout
        assert re.search(r"case:", done[2].stdout), done[2].stdout
    assert {path.name for path in whole.data.glob("copy*")} == {"copy", "copy-changed"}


def test_the_demo_verifies_all_that_it_promises(whole):
    """The verification is of no smaller size than the checkpoint printed above it."""
    printed = re.findall(r"^checkpoint .*: size ([\d,]+),", whole.text(), re.MULTILINE)
    proved = re.findall(
        r"^verified from outside.* ([\d,]+) of ([\d,]+)", whole.text(), re.MULTILINE
    )
    numbers = [(int(a.replace(",", "")), int(b.replace(",", ""))) for a, b in proved]
    assert len(printed) == 2
    for size, (checked, promised) in zip(printed, numbers, strict=True):
        assert checked == promised >= int(size.replace(",", ""))


def test_the_demo_says_what_became_of_every_act(whole):
    """Those of the platform's commands too: as many as the ledger has entries since its birth."""
    said = re.search(r"file: ([\d,]+) acts taken, 0 .* ([\d,]+) refused by a gate", whole.text())
    sent = []
    for number in (0, 1):
        found = entries(whole, number)
        birth = found[0][0].received_at
        sent += [a.event_type for e, a in found if e.source and e.received_at > birth]
    sent = [kind for kind in sent if kind not in ADDED_BY_GATES + BY_ITSELF]
    assert int(said[1].replace(",", "")) + int(said[2]) == len(sent)
    assert {"SimulationEnded", "DisclosurePublished", "RecordAccessed"} <= set(sent)

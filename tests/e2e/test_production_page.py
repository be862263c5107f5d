"""The page for production, done as it stands there, and what it promises: a ledger that works."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.stack.process import free_port
from tests.support.own_servers import OwnServers
from tests.support.running import ROOT, environment, fetch, program, wait_for

PAGE = (ROOT / "docs" / "howto" / "run-in-production.md").read_text()
FIRST_ACT = (ROOT / "docs" / "howto" / "submit-a-first-act.md").read_text()
PROGRAMS = "append", "relay", "project", "supervise", "portal"
PORT = re.compile(r"LEDGER_(?:HEALTH|HTTP)_PORT=(\d+)")
AGENCY = "11430100FCT000022L"


def commands() -> list[str]:
    """Return the commands of the page, one that goes on over several lines as one."""
    found: list[str] = []
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("> "):
                found[-1] += "\n" + line.removeprefix("> ")
            else:
                found.append(line.removeprefix("$ "))
    return found


def starts_a_program(command: str) -> bool:
    """Tell whether a command is one of the programs that run on."""
    return re.search(rf"lianzheng ({'|'.join(PROGRAMS)})\b", command) is not None


class Production:
    """The ledger of the page: its commands in one folder, its programs started by the test."""

    def __init__(self, folder: Path, servers: OwnServers) -> None:
        self.folder = folder
        self.data = folder / "data"
        self._servers = servers
        self._programs: list[subprocess.Popen[bytes]] = []
        self._ports = {port: str(free_port()) for port in PORT.findall(PAGE)}
        self.tokens: dict[str, str] = {}  # Of the accounts that the portal read at its start.
        self.settings = {"LEDGER_DATA": str(self.data), "LEDGER_KAFKA": servers.kafka}
        given = {name: f"{name}={shlex.quote(text)}" for name, text in self.settings.items()}
        texts = [self._filled(command, given) for command in commands()]
        self.exports = [text for text in texts if re.match(r"export LEDGER_(DATA|KAFKA)=", text)]
        first = next(n for n, text in enumerate(texts) if starts_a_program(text))
        self.programs = [text for text in texts if starts_a_program(text)]
        self.before, self.after = texts[:first], texts[first + len(self.programs) :]

    def _filled(self, command: str, given: dict[str, str]) -> str:
        for name, text in given.items():
            command = re.sub(rf"{name}=\S+", text, command)
        return PORT.sub(lambda m: m[0].replace(m[1], self._ports[m[1]]), command)

    @property
    def http(self) -> str:
        """Address of the portal."""
        return f"http://127.0.0.1:{self._ports['8080']}"

    def shell(self, lines: list[str]) -> subprocess.CompletedProcess[str]:
        """Run commands as a user types them, and stop at the first that fails."""
        functions = {
            "lianzheng": [sys.executable, "-m", "portal.cli.main"],
            "python3": [sys.executable],
            "psql": [str(self._servers.psql())],
        }
        known = [f'{name}() {{ {shlex.join(w)} "$@"; }}' for name, w in functions.items()]
        return subprocess.run(
            ["/bin/bash", "-e", "-c", "\n".join(["set -o pipefail", *known, *lines])],
            cwd=self.folder,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def start(self, command: str) -> None:
        """Start one program, the settings of the page before it, and wait until it is ready."""
        *settings, _, words = re.split(r"\s(?=lianzheng\b)|(?<=lianzheng)\s", command)
        given = dict(word.split("=", 1) for word in " ".join(settings).split())
        with (self.folder / "programs.log").open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "portal.cli.main", *words.split()],
                cwd=self.folder,
                env=environment(settings={**self.settings, **given}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._programs.append(child)
        port = PORT.search(command)
        assert port is not None
        url = f"http://127.0.0.1:{port[1]}/readyz"

        def is_ready() -> bool:
            assert child.poll() is None, f"{command} ended:\n{self.words()}"
            return fetch(url)[0] == 200

        wait_for(is_ready, 120, command)

    def words(self) -> str:
        """What the programs said."""
        return (self.folder / "programs.log").read_text()[-4_000:]

    def stop(self) -> list[int]:
        """Stop the programs; return how each ended."""
        for child in self._programs:
            child.send_signal(signal.SIGTERM)
        return [child.wait(60) for child in self._programs]


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    """A ledger made by the page's first four sections."""
    folder = tmp_path_factory.mktemp("production")
    servers = OwnServers(folder)
    made: Production | None = None
    try:
        servers.start()
        made = Production(folder, servers)
        (folder / "infra").symlink_to(ROOT / "infra")
        (folder / "secrets").mkdir()
        (folder / "secrets" / "owner.url").write_text(servers.owner_url + "\n")
        done = made.shell(made.before)
        assert done.returncode == 0, done.stdout + done.stderr
        logins = made.data / "keys" / "logins"
        made.tokens = {file.stem: file.read_text().strip() for file in logins.glob("*.token")}
        for command in made.programs:
            made.start(command)
        yield made
    finally:
        ends = made.stop() if made is not None else []
        servers.stop()
    assert ends == [0] * 7


def test_the_owners_commands_of_the_page_work(production: Production) -> None:
    """Each ends with 0 on the settings of the programs; there is no run.json to look into."""
    assert not (production.data / "run.json").exists()

    done = production.shell([*production.exports, *production.after])

    assert done.returncode == 0, done.stdout + done.stderr + production.words()
    assert done.stdout.count("as promised") == 3
    assert "transport-2.key" in done.stdout
    assert "registers: equal" in done.stdout
    users = json.loads((production.data / "keys" / "logins.json").read_text())["users"]
    assert {"wang.fang"} == {row["user"] for row in users} - production.tokens.keys()
    assert "clerk" not in {row["user"] for row in users}
    assert {"disclosure", "case_replay", "retrieval"} < set(
        re.findall(r"^\w+", done.stdout, re.MULTILINE)
    )


def test_an_act_goes_all_the_way(production: Production) -> None:
    """Made as the page for integrators says for a ledger that is not public; replayed as a case."""
    (script,) = re.findall(r"```python\n(.*?)```", FIRST_ACT, re.DOTALL)
    script = script.replace('HttpSource(f"{url}/logs/control")', 'DirectorySource(Path("copy"))')
    script = script.replace("from portal.cli.log_source import HttpSource", "")
    (production.folder / "first_act.py").write_text(
        script.replace(
            "import sys\n", "import sys\nfrom ledger.chain.sources import DirectorySource\n", 1
        )
    )
    keys = production.data / "keys"
    kind = "application/vnd.lianzheng.acts+avro"

    done = production.shell(
        [
            *production.exports,
            "export LEDGER_DATABASE_URL_FILE=secrets/audit.url",
            f"lianzheng emitter register first.example --agency {AGENCY} --type LeadRegistered",
            "lianzheng export log copy --log control",
            f"URL={production.http} KEYS={keys} HEADER='Content-Type: {kind}'",
            'KEY="$KEYS/emitters/first.example.key"',
            f'ID=$(python3 first_act.py "$URL" "$KEY" {AGENCY} "$KEYS/log-control.vkey")',
            'CURL="curl -sS -o answer.json --data-binary @body.avro"',
            """$CURL -w '%{http_code}\\n' -H "$HEADER" "$URL/v1/acts" """,
            "lianzheng case show case:$ID",
            "lianzheng verify stream case:$ID",
            "lianzheng emitter revoke first.example --reason DECOMMISSIONED",
        ]
    )

    assert done.returncode == 0, done.stdout + done.stderr + production.words()
    assert "\n201\n" in done.stdout
    assert re.search(r"^entries +[1-9]", done.stdout, re.MULTILINE)


def test_every_role_of_a_person_may_log_in(production: Production) -> None:
    """The accounts that the creation made are those the portal knows."""
    assert len(production.tokens) == 7
    assert fetch(f"{production.http}/console/login")[0] == 200
    for role, token in production.tokens.items():
        header = f"-H 'Authorization: Bearer {token}'"
        ask = f"curl -sS -o page -w '%{{http_code}}' {header} {production.http}/v1/cases"
        expected = "403" if role == "operator" else "200"
        assert production.shell([ask]).stdout == expected, role


def test_a_command_without_settings_says_which_to_give(production: Production) -> None:
    """Not only how to start a ledger that runs already."""
    for words in (
        ("emitter", "revoke", "x.example", "--reason", "COMPROMISED"),
        ("ledger", "rotate-transport-key"),
        ("ledger", "status"),
        ("view", "list"),
    ):
        done = program(*words, "--data", str(production.data))
        assert done.returncode == 3
        assert "LEDGER_DATABASE_URL" in done.stderr
        assert "LEDGER_KAFKA" in done.stderr


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("relay", "ledger check"),
        ("audit", "view compare registers"),
        ("relay", "ledger recover"),
        ("audit", "ledger recover"),
    ],
)
def test_a_role_that_may_not_is_told_which_may(
    production: Production, role: str, words: str
) -> None:
    """No trace, and nothing done by halves."""
    setting = f"LEDGER_DATABASE_URL_FILE=secrets/{role}.url"
    done = production.shell([*production.exports, f"{setting} lianzheng {words}"])
    assert done.returncode == 2, done.stdout + done.stderr
    assert "run-in-production.md" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_misspelt_setting_of_a_command_is_refused(production: Production) -> None:
    """It would else be ignored without a word."""
    settings = {**production.settings, "LEDGER_DATABASE_ULR": "x"}
    done = program("ledger", "status", settings=settings)
    assert done.returncode == 2
    assert "LEDGER_DATABASE_ULR" in done.stderr


def test_private_files_are_private(production: Production) -> None:
    """Keys, passwords and connection strings are for their owner only."""
    for file in (*(production.data / "keys").glob("*.key"), *production.folder.glob("secrets/l*")):
        assert os.stat(file).st_mode & 0o077 == 0, file.name

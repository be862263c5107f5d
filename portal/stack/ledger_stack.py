"""One ledger with everything it needs, in one process tree.

Order of the start: servers, tables, birth of the ledger, topics, the control log's appender (it
publishes new schemas before anybody sends acts), then the other roles, the portal last.
``run.json`` appears when the portal answers and goes when the ledger stops.
"""

from __future__ import annotations

import fcntl
import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

from ledger.clock import Clock, Random
from ledger.errors import RejectedError, UnavailableError
from ledger.store.birth import LedgerOptions
from portal.stack.apache import ApacheBroker
from portal.stack.broker import EmbeddedBroker
from portal.stack.postgres import EmbeddedPostgres
from portal.stack.process import ChildProcess, clean_environment, free_port
from portal.stack.servers import Databases, ExternalBroker, open_databases
from portal.stack.supervisor import Supervisor, python_role

READY_LIMIT_S = 120.0
TILE_STORE_ROLES = ("append", "project", "supervise", "portal")
PROJECT_ROOT = Path(__file__).resolve().parents[2]
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # Loopback, never a proxy.

Broker = EmbeddedBroker | ApacheBroker | ExternalBroker


@dataclass(frozen=True)
class StackPlan:
    """What the user asked for.

    Args:
        data: Data folder; made if absent.
        options: Options of the ledger, used at its birth and compared ever after.
        broker: ``embedded``, ``apache`` or ``HOST:PORT[,HOST:PORT...]``.
        database: ``embedded`` or a PostgreSQL connection string.
        http_host: Address of the portal.
        http_port: Port of the portal; 0 takes a free one.
        tile_store: As ``LEDGER_TILE_STORE``.
    """

    data: Path
    options: LedgerOptions
    broker: str = "embedded"
    database: str = "embedded"
    http_host: str = "127.0.0.1"
    http_port: int = 0
    tile_store: str = ""


@dataclass
class LedgerStack:
    """The running servers and roles of one ledger."""

    plan: StackPlan
    report: Callable[[str], None]
    supervisor: Supervisor = field(init=False)
    health_ports: dict[str, int] = field(default_factory=dict)
    http_port: int = 0
    _lock: IO[str] | None = None

    def __post_init__(self) -> None:
        self.supervisor = Supervisor(self.report)
        self.data = self.plan.data.resolve()
        self.diagnostics = self.data / "diagnostics"

    def prepare_folder(self) -> None:
        """Make the data folder and take its lock. Raises RejectedError where another run has it."""
        self.data.mkdir(parents=True, exist_ok=True)
        for name, mode in (("keys", 0o700), ("diagnostics", 0o755), ("objects", 0o755)):
            (self.data / name).mkdir(exist_ok=True, mode=mode)
        self._lock = (self.data / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.release_folder()
            raise RejectedError(
                "LEDGER_RUNNING", f"another program already runs the ledger of {self.data}"
            ) from error
        (self.data / "run.json").unlink(missing_ok=True)

    def release_folder(self) -> None:
        """Give up the data folder's lock; a program that ends does so anyway."""
        if self._lock is not None:
            self._lock.close()

    def start_servers(self) -> None:
        """Start or find PostgreSQL and the broker, and bring tables and topics up to date."""
        self.databases = self._start_database()
        self.broker = self._start_broker()

    def _start_database(self) -> Databases:
        if self.plan.database != "embedded":
            return open_databases(self.plan.database, self.data, embedded=False)
        server = EmbeddedPostgres(self.data, self.diagnostics)
        server.start()

        def current_child() -> ChildProcess:
            assert server.child is not None
            return server.child

        self.supervisor.watch(current_child, server.start)
        self.postgres_address = f"127.0.0.1:{server.port}"
        return open_databases(server.url(), self.data, embedded=True)

    def _start_broker(self) -> Broker:
        broker: Broker
        if self.plan.broker == "embedded":
            broker = embedded = EmbeddedBroker(self.diagnostics)
            embedded.start()

            def current_child() -> ChildProcess:
                assert embedded.child is not None
                return embedded.child

            def start_again() -> None:
                embedded.start()
                self.ensure_topics()  # It forgot them, and clients create none themselves.

            self.supervisor.watch(current_child, start_again)
        elif self.plan.broker == "apache":
            broker = apache = ApacheBroker(self.data / "kafka", self.diagnostics)
            apache.start()
            for number in range(apache.brokers):
                self.supervisor.watch(
                    partial(apache.nodes.__getitem__, number), partial(apache.restart_node, number)
                )
        else:  # Somebody else's; ``none`` is for commands that talk to no broker.
            broker = ExternalBroker(self.plan.broker)
        return broker

    def give_birth(self, clock: Clock, random: Random) -> None:
        """Create the ledger, or compare its options with what is asked for, and its topics.

        Raises:
            RejectedError: The ledger was created with other options.
        """
        from ledger.store.birth import create_ledger
        from ledger.store.tile_place import open_tile_store

        create_ledger(
            self.plan.options,
            self.data,
            self.databases.owner_url,
            clock,
            random,
            store=open_tile_store(self.plan.tile_store, self.data, writes=True),
        )
        self.databases.grant()
        self.ensure_topics()

    def ensure_topics(self) -> None:
        """Create the topics that are missing; again after the broker lost its memory."""
        from consumers.kafka_client import KafkaAddress
        from consumers.topics import ensure_topics

        # The embedded broker makes a topic of its own idea for whoever asks first.
        ensure_topics(
            KafkaAddress(self.broker.bootstrap),
            self.plan.options.logs,
            recreate_wrong=isinstance(self.broker, EmbeddedBroker),
        )

    def run_command(self, name: str, words: list[str], limit_s: float) -> str:
        """Run another command of this program to its end, watching the roles meanwhile.

        Returns:
            What it printed on stdout.

        Raises:
            UnavailableError: It did not end in time or not with 0; its last words are in it.
        """
        file = self.diagnostics / f"{name}.log"
        file.write_bytes(b"")
        out = self.diagnostics / f"{name}.out"
        environment = self._python_environment() | self._tile_store_environment()
        child = python_role(name, words, environment, self.diagnostics, Path.cwd(), out)
        child.start()
        try:
            self.supervisor.wait_until(lambda: child.exit_code() is not None, limit_s, name)
        finally:
            child.stop(5)
        if child.exit_code() != 0:
            raise UnavailableError(f"{name} ended with {child.exit_code()}: {child.last_words()}")
        return out.read_text()

    def start_roles(self, logs: list[str]) -> None:
        """Start every role and wait until each is ready. Raises UnavailableError."""
        self._start_role("append-control", ["append", "--log", "control"], "append")
        self._wait_ready("append-control")
        rest = [f"append-{log}" for log in logs if log != "control"]
        for log in logs:
            if log != "control":
                self._start_role(f"append-{log}", ["append", "--log", log], "append")
        self._start_role("relay", ["relay"], "relay")
        self._start_role("project", ["project"], "project")
        self._start_role("supervise", ["supervise"], "supervise")
        self._start_portal()
        for name in (*rest, "project", "supervise", "portal"):
            self._wait_ready(name)

    @staticmethod
    def _python_environment() -> dict[str, str]:
        python = {
            key: os.environ[key] for key in ("PYTHONPATH", "VIRTUAL_ENV") if key in os.environ
        }
        return clean_environment({**python, "PYTHONUNBUFFERED": "1"})

    def _tile_store_environment(self) -> dict[str, str]:
        """Return what a process needs to find the tile store, where it is not in the data folder.

        Whoever holds the credentials of an object store can take the second copy away.
        """
        if not self.plan.tile_store:
            return {}
        credentials = {key: text for key, text in os.environ.items() if key.startswith("AWS_")}
        return {"LEDGER_TILE_STORE": self.plan.tile_store, **credentials}

    def fetch_wait(self) -> dict[str, str]:
        """Return what the portal has to be told of the broker's way to hold a fetch."""
        if not isinstance(self.broker, EmbeddedBroker):
            return {}
        return {"LEDGER_KAFKA_FETCH_WAIT_MS": str(self.broker.fetch_wait_ms)}

    def _environment(self, role: str) -> dict[str, str]:
        environment = self._python_environment() | (
            {
                "LEDGER_DATA": str(self.data),
                "LEDGER_KAFKA": self.broker.bootstrap,
                "LEDGER_DATABASE_URL": self.databases.url_of(role),
            }
        )
        if role in TILE_STORE_ROLES:
            environment |= self._tile_store_environment()
        return environment

    def _start_role(self, name: str, words: list[str], role: str) -> None:
        port = self.health_ports[name] = free_port()
        environment = {**self._environment(role), "LEDGER_HEALTH_PORT": str(port)}
        child = python_role(name, words, environment, self.diagnostics, PROJECT_ROOT)
        self.supervisor.start_role(child)

    def _start_portal(self) -> None:
        self.http_port = self.health_ports["portal"] = self.plan.http_port or free_port()
        hours = os.environ.get("LEDGER_ANCHOR_HOURS")
        environment = {
            **self._environment("portal"),
            **({} if hours is None else {"LEDGER_ANCHOR_HOURS": hours}),
            **self.fetch_wait(),
            "LEDGER_HTTP_HOST": self.plan.http_host,
            "LEDGER_HTTP_PORT": str(self.http_port),
        }
        child = python_role("portal", ["portal"], environment, self.diagnostics, PROJECT_ROOT)
        self.supervisor.start_role(child)

    def _wait_ready(self, name: str) -> None:
        url = f"http://127.0.0.1:{self.health_ports[name]}/readyz"
        self.supervisor.wait_until(lambda: _answers_ok(url), READY_LIMIT_S, name)

    @property
    def http(self) -> str:
        """Address of the portal."""
        return f"http://{self.plan.http_host}:{self.http_port}"

    def write_run(self, logs: list[str]) -> None:
        """Write ``run.json``: where everything is, for scripts."""
        name = self.plan.options.name
        document = {
            "pid": os.getpid(),
            "http": self.http,
            "kafka": self.broker.bootstrap,
            "postgres": self.databases.address,
            "logs": [
                {
                    "origin": f"{name}/control" if log == "control" else f"{name}/log/{log}",
                    "url": f"{self.http}/logs/{log}",
                    "vkey_file": str(self.data / "keys" / f"log-{log}.vkey"),
                }
                for log in logs
            ],
            "logins": {
                path.stem: {"user": path.stem, "password_file": str(path)}
                for path in sorted((self.data / "keys" / "logins").glob("*.txt"))
            },
            "health": {name: f"http://127.0.0.1:{p}" for name, p in self.health_ports.items()},
        }
        fresh = self.data / "run.json.new"
        fresh.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
        fresh.rename(self.data / "run.json")

    def stop(self) -> None:
        """Stop everything that was started, the portal first, the servers last."""
        (self.data / "run.json").unlink(missing_ok=True)
        if self.supervisor.watched:
            self.supervisor.report("stopping everything ...")
        self.supervisor.stop()


def _answers_ok(url: str) -> bool:
    try:
        with OPENER.open(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False

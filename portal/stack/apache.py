"""Apache Kafka from the pinned Maven artifacts: one broker or three, KRaft, on loopback.

Data lies below the ledger's folder, so topics and their ids survive a restart of the broker.
Needs a Java 17 runtime, and Maven once, to fetch the jars of infra/kafka/pom.xml.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
import uuid
from pathlib import Path

from ledger.clock import Random, system_random
from ledger.errors import UnavailableError
from portal.stack.process import ChildProcess, clean_environment, free_port, wait_for_port

ARTIFACTS = Path(__file__).resolve().parents[2] / "infra" / "kafka"
START_LIMIT_S = 90
STOP_LIMIT_S = 30
HEAP_MB = {1: 512, 3: 256}


def kafka_jars() -> Path:
    """Return the folder of the broker's jars, fetched once. Raises UnavailableError."""
    for program, package in (("java", "openjdk-17-jre-headless"), ("mvn", "maven")):
        if shutil.which(program) is None:
            raise UnavailableError(f"`{program}` is missing: apt-get install {package}")
    jars = ARTIFACTS / "target" / "libs"
    if not any(jars.glob("kafka_2.13-*.jar")):
        done = subprocess.run(
            ["mvn", "-B", "-q", "-f", str(ARTIFACTS / "pom.xml"), "dependency:copy-dependencies"],
            capture_output=True,
            check=False,
            text=True,
        )
        if done.returncode != 0:
            raise UnavailableError("Maven could not fetch the jars of infra/kafka/pom.xml")
    return jars


def new_cluster_id(random: Random) -> str:
    """Return an id for a cluster: a UUID of version 4 in 22 signs of Base64 (RFC 4648 section 5).

    One that begins with a hyphen is drawn again, as Kafka does itself: its tools would take it for
    an option.
    """
    while True:
        name = base64.urlsafe_b64encode(uuid.UUID(bytes=random(16), version=4).bytes)
        if not name.startswith(b"-"):
            return name.decode().rstrip("=")


class ApacheBroker:
    """A cluster of one or three Apache Kafka brokers.

    Args:
        data: Folder for the brokers' data; kept between starts.
        diagnostics: Folder for the brokers' output.
        brokers: 1 or 3.
    """

    name = "apache"

    def __init__(self, data: Path, diagnostics: Path, brokers: int = 1) -> None:
        self.data = data
        self.diagnostics = diagnostics
        self.brokers = brokers
        self.ports = [(0, 0)] * brokers  # (client listener, controller listener) of each broker.
        self.nodes: list[ChildProcess] = []

    @property
    def bootstrap(self) -> str:
        """The addresses for clients."""
        return ",".join(f"127.0.0.1:{client}" for client, _ in self.ports)

    def start(self) -> None:
        """Format what is new and start all brokers. Raises UnavailableError."""
        jars = kafka_jars()
        self.data.mkdir(parents=True, exist_ok=True)
        self.ports = [(c or free_port(), k or free_port()) for c, k in self.ports]
        cluster_file = self.data / "cluster-id.txt"
        if not cluster_file.exists():
            cluster_file.write_text(new_cluster_id(system_random))
        self.nodes = [
            self._node(jars, number, cluster_file.read_text()) for number in range(self.brokers)
        ]
        for node in self.nodes:
            node.start()
        for node, (port, _) in zip(self.nodes, self.ports, strict=True):
            wait_for_port(node, port, START_LIMIT_S)

    def restart_node(self, number: int) -> None:
        """Start one broker again on its own ports, after it ended."""
        node = self.nodes[number]
        node.start()
        wait_for_port(node, self.ports[number][0], START_LIMIT_S)

    def _node(self, jars: Path, number: int, cluster: str) -> ChildProcess:
        settings = self._write_settings(number)
        java = ["java", f"-Xmx{HEAP_MB[self.brokers]}m", "-cp", f"{jars}/*"]
        logging = f"-Dlog4j2.configurationFile={ARTIFACTS / 'log4j2.properties'}"
        if not (self.data / str(number) / "meta.properties").exists():
            words = [*java, logging, "kafka.tools.StorageTool", "format", "-t", cluster]
            done = subprocess.run(
                [*words, "-c", str(settings)], capture_output=True, check=False, text=True
            )
            if done.returncode != 0:
                raise UnavailableError(f"Kafka storage format failed: {done.stderr[-200:].strip()}")
        return ChildProcess(
            f"kafka-{number}",
            [*java, logging, "kafka.Kafka", str(settings)],
            diagnostics=self.diagnostics / f"kafka-{number}.log",
            environment=clean_environment(),
            cwd=str(self.data),
        )

    def _write_settings(self, number: int) -> Path:
        client, controller = self.ports[number]
        voters = ",".join(f"{n}@127.0.0.1:{k}" for n, (_, k) in enumerate(self.ports))
        replicas = str(self.brokers)
        lines = {
            "node.id": str(number),
            "process.roles": "broker,controller",
            "controller.quorum.voters": voters,
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "listeners": f"PLAINTEXT://127.0.0.1:{client},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{client}",
            "log.dirs": str(self.data / str(number)),
            "auto.create.topics.enable": "false",
            "default.replication.factor": replicas,
            "offsets.topic.replication.factor": replicas,
            "transaction.state.log.replication.factor": replicas,
            "transaction.state.log.min.isr": str(min(2, self.brokers)),
            "min.insync.replicas": str(min(2, self.brokers)),
            "group.initial.rebalance.delay.ms": "0",
        }
        path = self.data / f"broker-{number}.properties"
        path.write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
        return path

    def stop(self) -> None:
        """Stop all brokers in order."""
        for node in self.nodes:
            node.signal(node.stop_signal)
        for node in self.nodes:
            node.stop(STOP_LIMIT_S)

    def children(self) -> list[ChildProcess]:
        """Return the processes to watch."""
        return list(self.nodes)

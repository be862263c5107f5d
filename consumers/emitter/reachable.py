"""Whether Kafka or an intake answers at an address, asked once before anything else is done.

Read before: ``consumers.kafka_client``. Read next: ``kafka_line``, ``http_line``.

A line that loses its other end tries for minutes, because a ledger may be restarting; an address
that was never right should be told at once.
"""

from __future__ import annotations

import re
import socket
from typing import Final

from consumers.emitter.http_line import intake_address
from consumers.kafka_client import KafkaAddress, open_admin
from ledger.errors import MalformedError, UnavailableError

CONNECT_LIMIT_MS: Final = 15_000
_SERVER: Final = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:,/\[\]]+):([0-9]{1,5})")
_PORT_MAX: Final = 65_535


def check_servers(servers: str) -> str:
    """Return ``servers`` if it is ``HOST:PORT[,HOST:PORT...]``. Raises MalformedError."""
    for server in servers.split(","):
        match = _SERVER.fullmatch(server)
        if match is None or not 0 < int(match[1]) <= _PORT_MAX:
            raise MalformedError(f"{server!r} is not HOST:PORT, for example kafka.example:9092")
    return servers


def require_broker(kafka: KafkaAddress) -> None:
    """Connect once and let go.

    Raises:
        MalformedError: The address is not of the form ``HOST:PORT[,HOST:PORT...]``.
        UnavailableError: No broker answers there within ``CONNECT_LIMIT_MS``.
    """
    check_servers(kafka.servers)
    options = {**kafka.options, "bootstrap_timeout_ms": CONNECT_LIMIT_MS}
    try:
        open_admin(kafka._replace(options=options)).close()
    except UnavailableError as error:
        raise UnavailableError(f"no Kafka broker answers at {kafka.servers}") from error


def require_intake(url: str) -> None:
    """Connect once to a portal and let go.

    Raises:
        MalformedError: The address is none.
        UnavailableError: Nothing answers there within ``CONNECT_LIMIT_MS``.
    """
    parts = intake_address(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), CONNECT_LIMIT_MS / 1_000).close()
    except OSError as error:
        raise UnavailableError(f"no portal answers at {parts.hostname}:{port}") from error

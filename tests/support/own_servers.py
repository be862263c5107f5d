"""A PostgreSQL and a Kafka broker that are a user's own: nothing of a ledger started them."""

from __future__ import annotations

import stat
from pathlib import Path

import psycopg

from portal.stack.broker import EmbeddedBroker
from portal.stack.postgres import EmbeddedPostgres

OWNER = "ledger_owner"
DATABASE = "evidence"


class OwnServers:
    """Both servers, with one empty database whose owner is no superuser.

    Attributes:
        kafka: Address of the broker.
        owner_url: Connection string of the database's owner.
    """

    def __init__(self, folder: Path) -> None:
        for path in (folder, *folder.parents[:2]):
            # The database server runs as another user when tests run as root; nobody loses a right.
            path.chmod(stat.S_IMODE(path.stat().st_mode) | 0o055)
        self._postgres = EmbeddedPostgres(folder, folder)
        self._broker = EmbeddedBroker(folder)

    def start(self) -> None:
        """Start both and make the database."""
        self._postgres.start()
        self._broker.start()
        self.kafka = self._broker.bootstrap
        self.execute(f"CREATE ROLE {OWNER} LOGIN CREATEROLE PASSWORD 'owner'")
        self.owner_url = self.create_database(DATABASE)

    def create_database(self, name: str, template: str = "template1") -> str:
        """Make another database, a copy of one that nobody uses; return its owner's URL."""
        self.execute(f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {template}")
        base = self._postgres.url(OWNER, "owner")
        return f"{base.rpartition('/')[0]}/{name}"

    def execute(self, statements: str, database: str | None = None) -> None:
        """Run statements as the server's administrator."""
        url = self._postgres.url()
        if database is not None:
            url = f"{url.rpartition('/')[0]}/{database}"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statements.encode())

    def psql(self) -> Path:
        """Return the client program of this server."""
        return self._postgres.binaries / "psql"

    def stop(self) -> None:
        """Stop both."""
        self._broker.stop()
        self._postgres.stop()

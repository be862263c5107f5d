"""A real PostgreSQL server for tests, and a fresh database for each test that asks.

One server a session, from the same binaries and by the same code as the embedded stack; durability
is off, since a test never survives its machine. Databases are clones of a template that has all
migrations, so one costs some tens of milliseconds.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ledger.store.migrations import migrate
from portal.stack.postgres import EmbeddedPostgres, system_folder

FAST = """
fsync = off
full_page_writes = off
synchronous_commit = off
shared_buffers = '64MB'
autovacuum = off
"""
TEMPLATE = "migrated"


class TestServer:
    """A running server whose databases come and go."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        folder.chmod(0o755)  # The server's user must get in; nobody else's folder is touched.
        self.folder = folder
        self._names = (f"test_{number}" for number in itertools.count(1))
        self._embedded = EmbeddedPostgres(folder, folder)

    def start(self) -> None:
        """Start the server and make the template."""
        self._embedded.initialise()
        with (self._embedded.cluster / "postgresql.conf").open("a") as file:
            file.write(FAST)
        self._embedded.start()
        self.execute(f"CREATE DATABASE {TEMPLATE}")
        migrate(self.url(TEMPLATE))

    def stop(self) -> None:
        """Stop the server."""
        self._embedded.stop()

    def url(self, database: str, user: str | None = None, password: str | None = None) -> str:
        """Return the URL of a database, as the owner of everything unless told otherwise."""
        base = self._embedded.url(user, password) if user else self._embedded.url()
        return base.rsplit("/", 1)[0] + f"/{database}"

    def create(self, template: str = TEMPLATE) -> str:
        """Return the name of a fresh clone of a database that nobody is connected to."""
        name = next(self._names)
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def disconnect(self, database: str) -> None:
        """End every session of a database, as a crash of the server would."""
        self.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            f" WHERE datname = '{database}' AND pid <> pg_backend_pid()"
        )

    def drop(self, database: str) -> None:
        """Drop a database with whoever is connected."""
        self.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def execute(self, text: str) -> None:
        """Run one statement of an administrator."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(text)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[TestServer]:
    """One server for the whole session; always stopped."""
    folder = Path(tempfile.mkdtemp(prefix="lianzheng-postgres-", dir="/tmp"))
    (folder / "keys").mkdir(mode=0o700)
    server = TestServer(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        for made in (folder, system_folder(folder)):
            shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def database(postgres_server: TestServer) -> Iterator[str]:
    """Name of a database with all migrations, for one test."""
    name = postgres_server.create()
    yield name
    postgres_server.drop(name)


@pytest.fixture
def database_url(postgres_server: TestServer, database: str) -> str:
    """URL of ``database``, as its owner."""
    return postgres_server.url(database)

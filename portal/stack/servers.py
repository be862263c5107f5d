"""The database as each role sees it, and a broker that somebody else runs."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from ledger.errors import UnavailableError
from ledger.store.migrations import migrate
from ledger.store.roles import ROLES, apply_roles


class ExternalBroker:
    """Kafka brokers that the user already has; nothing of them is started or stopped here."""

    name = "external"

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap


class Databases:
    """Connection strings: the owner's, and one a role.

    Args:
        owner_url: Connection string of the owner of the tables.
        data: Data folder, which keeps the roles' passwords (0600).
        embedded: Whether roles are given passwords here; a database that the user named is used
            with the user's own string, and its administrator decides about roles.
    """

    def __init__(self, owner_url: str, data: Path, *, embedded: bool) -> None:
        self.owner_url = owner_url
        self.data = data
        self.embedded = embedded
        parts = urlsplit(owner_url)
        self.address = f"{parts.hostname}:{parts.port or 5432}"

    def prepare(self) -> None:
        """Bring the tables up to date. Raises UnavailableError where the server is away."""
        try:
            migrate(self.owner_url)
        except psycopg.OperationalError as error:
            raise UnavailableError(f"PostgreSQL at {self.address} does not answer") from error

    def grant(self) -> None:
        """Give every role its rights and, embedded, its password. After the ledger's birth."""
        passwords = {role: self._password(role) for role in ROLES} if self.embedded else {}
        with psycopg.connect(self.owner_url, autocommit=True) as connection:
            if self.embedded:
                apply_roles(connection, passwords)

    def url_of(self, role: str) -> str:
        """Return the connection string of a role, by its name without ``lz_``."""
        if not self.embedded:
            return self.owner_url
        name = f"lz_{role}"
        parts = urlsplit(self.owner_url)
        netloc = f"{name}:{self._password(name)}@{parts.hostname}:{parts.port}"
        return urlunsplit(parts._replace(netloc=netloc))

    def _password(self, role: str) -> str:
        path = self.data / "keys" / f"postgres-{role}.txt"
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(24) + "\n")
        return path.read_text().strip()


def open_databases(owner_url: str, data: Path, *, embedded: bool) -> Databases:
    """Return the databases of a ledger, their tables up to date."""
    databases = Databases(owner_url, data, embedded=embedded)
    databases.prepare()
    return databases

"""Logins: who somebody is, from a file of argon2id hashes; sessions are in ``portal/sessions.py``.

Read before: ``portal/permissions.py``. Read next: ``portal/sessions.py``.

``DATA/keys/logins.json`` holds, per user, the role, the id under which acts name the person, the
agency that the person acts for, the argon2id hash of the password and the SHA-256 of the API token
(a token has 256 random bits, so a slow hash would add nothing). Beside it lie
``logins/<role>.txt`` and ``logins/<role>.token``, which the launcher prints the paths of. Whoever
can write these files can log in as anybody; they still cannot forge an act, which needs the
platform's key, nor change one that is recorded.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ledger.chain.identifiers import uscc_ok
from ledger.chain.ids import identifier_ok
from ledger.clock import Random
from ledger.errors import MalformedError, RejectedError, UnavailableError
from portal.permissions import LOGIN_ROLES, ROLE_NAMES, Role

LOGINS_FILE: Final = "logins.json"
SESSION_KEY_FILE: Final = "portal-session.key"
SECRET_SIZE_BYTES: Final = 32
PASSWORD_SIZE_BYTES: Final = 15
PASSWORD_CHARS_MAX: Final = 256  # Longer input is refused before it is hashed.
ROLES: Final = LOGIN_ROLES
EVERY_AGENCY: Final = "*"  # Of an account for trying out simulated data.
_USER: Final = re.compile(r"[a-z][a-z0-9.-]{0,63}")  # Files are named after it.

# OWASP's minimum for argon2id: 19 MiB, two passes. A login costs some 30 ms of one core.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@dataclass(frozen=True, slots=True)
class Account:
    """One person that may log in.

    Attributes:
        user: Name typed at the login, at most 64 characters.
        role: What the person may do (``portal/permissions.py``).
        person_id: Identifier under which acts name the person (docs/spec/conventions.md).
        agency_id: Credit code of the agency that the person acts for, or ``EVERY_AGENCY``; None:
            that of the officer in the register who has ``person_id``, else no agency.
    """

    user: str
    role: Role
    person_id: str
    agency_id: str | None = None


@dataclass(frozen=True, slots=True)
class _StoredAccount:
    account: Account
    password_hash: str
    token_digest: bytes


class Logins:
    """The accounts of one file, read once."""

    def __init__(self, stored: list[_StoredAccount]) -> None:
        self._by_user = {item.account.user: item for item in stored}
        self._by_token = {item.token_digest: item.account for item in stored}
        # A login with an unknown name costs as much time as one with a wrong password.
        self._decoy = _HASHER.hash("no such user")

    @classmethod
    def read(cls, keys_dir: Path) -> Logins:
        """Read ``keys_dir``/logins.json.

        Raises:
            UnavailableError: The file cannot be read.
            MalformedError: It is not a logins file.
        """
        try:
            text = (keys_dir / LOGINS_FILE).read_text(encoding="utf-8")
        except OSError as error:
            raise UnavailableError("the file of logins cannot be read") from error
        try:
            return cls([_stored(row) for row in json.loads(text)["users"]])
        except (ValueError, KeyError, TypeError) as error:
            raise MalformedError("the file of logins is not as it was written") from error

    def check(self, user: str, password: str) -> Account | None:
        """Return the account if user and password fit, else ``None``. Takes some 30 ms."""
        stored = self._by_user.get(user)
        if len(password) > PASSWORD_CHARS_MAX:
            return None
        try:
            _HASHER.verify(self._decoy if stored is None else stored.password_hash, password)
        except (VerificationError, InvalidHashError):
            return None
        return None if stored is None else stored.account

    def check_token(self, token: str) -> Account | None:
        """Return the account that an API token belongs to, else ``None``."""
        return self._by_token.get(hashlib.sha256(token.encode()).digest())

    def persons(self) -> dict[str, str]:
        """Return what the persons of the accounts are called on pages, by their ids."""
        return {
            stored.account.person_id: f"{ROLE_NAMES[stored.account.role]}（{user}）"
            for user, stored in self._by_user.items()
        }

    def account(self, user: str) -> Account | None:
        """Return the account of ``user``; a session of a user taken out of the file ends."""
        stored = self._by_user.get(user)
        return None if stored is None else stored.account


def create_logins(keys_dir: Path, random: Random, agency_id: str) -> None:
    """Write accounts for every role, their passwords and the session key, unless they are there.

    Safe to repeat: what exists is left alone, a missing session key is added.

    Args:
        keys_dir: ``DATA/keys``.
        random: For passwords, tokens and key.
        agency_id: Agency that the accounts act for, or ``EVERY_AGENCY``.
    """
    folder = keys_dir / "logins"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    session_key = keys_dir / SESSION_KEY_FILE
    if not session_key.exists():
        _write_secret(session_key, base64.b64encode(random(SECRET_SIZE_BYTES)).decode())
    if (keys_dir / LOGINS_FILE).exists():
        return
    rows = [
        _new_account(folder, Account(str(role), role, f"person:{role}", agency_id), random)
        for role in LOGIN_ROLES
    ]
    # The list comes last: a crash before it makes new passwords at the next start.
    _write_rows(keys_dir, rows)


def add_login(keys_dir: Path, account: Account, random: Random) -> Path:
    """Add an account; return the file of its password, beside which the one of its token lies.

    A portal reads the accounts at its start. One administrator at a time: nothing is locked.

    Raises:
        MalformedError: User or person is no identifier, or the agency no credit code.
        RejectedError: There is such a user, or another user is this person.
        UnavailableError: The file of logins cannot be read.
    """
    if not _USER.fullmatch(account.user):
        raise MalformedError("a user is 1 to 64 of a-z, 0-9, dot, hyphen, a letter first")
    if not identifier_ok(account.person_id):
        raise MalformedError("a person's id is 1 to 128 of letters, digits, ':', '.', '_', '-'")
    if account.agency_id is not None and not uscc_ok(account.agency_id):
        raise MalformedError("an agency is its unified social credit code, 18 characters")
    rows = _read_rows(keys_dir)
    if any(row["user"] == account.user for row in rows):
        raise RejectedError("LOGIN_EXISTS", "there is a user of this name already")
    # Gates want two different people: one with two names would be two.
    if any(row["person_id"] == account.person_id for row in rows):
        raise RejectedError("PERSON_HAS_LOGIN", "another user is this person")
    folder = keys_dir / "logins"
    folder.mkdir(mode=0o700, exist_ok=True)
    _write_rows(keys_dir, [*rows, _new_account(folder, account, random)])
    return folder / f"{account.user}.txt"


def remove_login(keys_dir: Path, user: str) -> None:
    """Remove an account with the files of its password and token.

    Raises:
        RejectedError: There is no such user.
        UnavailableError: The file of logins cannot be read.
    """
    rows = _read_rows(keys_dir)
    left = [row for row in rows if row["user"] != user]
    if len(left) == len(rows):
        raise RejectedError("NOT_FOUND", "there is no such user")
    _write_rows(keys_dir, left)
    for ending in ("txt", "token"):
        (keys_dir / "logins" / f"{user}.{ending}").unlink(missing_ok=True)


def read_session_key(keys_dir: Path) -> bytes:
    """Return the key that signs sessions and cursors, 32 bytes.

    Raises:
        UnavailableError: The file cannot be read.
    """
    try:
        return base64.b64decode((keys_dir / SESSION_KEY_FILE).read_bytes())
    except OSError as error:
        raise UnavailableError("the session key cannot be read") from error


def derived_key(session_key: bytes, purpose: str) -> bytes:
    """Return the key for one purpose, so that no two kinds of tokens can be mistaken."""
    return hmac.digest(session_key, purpose.encode(), "sha256")


def _read_rows(keys_dir: Path) -> list[dict[str, str | None]]:
    """Return the rows of the file of logins. Raises as ``Logins.read``."""
    Logins.read(keys_dir)
    text = (keys_dir / LOGINS_FILE).read_text("utf-8")
    rows: list[dict[str, str | None]] = json.loads(text)["users"]
    return rows


def _write_rows(keys_dir: Path, rows: list[dict[str, str | None]]) -> None:
    _write_secret(keys_dir / LOGINS_FILE, json.dumps({"version": 1, "users": rows}, indent=1))


def _new_account(folder: Path, account: Account, random: Random) -> dict[str, str | None]:
    password = base64.b32encode(random(PASSWORD_SIZE_BYTES)).decode().lower()
    token = base64.urlsafe_b64encode(random(SECRET_SIZE_BYTES)).decode().rstrip("=")
    _write_secret(folder / f"{account.user}.txt", password + "\n")
    _write_secret(folder / f"{account.user}.token", token + "\n")
    return {
        "user": account.user,
        "role": str(account.role),
        "person_id": account.person_id,
        "agency_id": account.agency_id,
        "password": _HASHER.hash(password),
        "token_sha256": hashlib.sha256(token.encode()).hexdigest(),
    }


def _stored(row: dict[str, str]) -> _StoredAccount:
    # Files of before accounts had an agency have none: then the register says it.
    agency_id = row.get("agency_id")
    account = Account(row["user"], Role(row["role"]), row["person_id"], agency_id)
    return _StoredAccount(account, row["password"], bytes.fromhex(row["token_sha256"]))


def _write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)

"""Why PostgreSQL, or a file, is away: a few fixed words for who is called, never a server's text.

Read before: ``ledger/errors.py``. Read next: ``ledger/store/environment.py``.

A wrong password, a full disk and a server that is down ask for different hands, so the reason of an
outage says which it is. The text of a database error can hold a row or a name, so it is only looked
at; what is said is from the tables here, or the name of the error's class.
"""

from __future__ import annotations

import errno
from typing import Any, Final

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from ledger.errors import UnavailableError

PROBE_LIMIT_S: Final = 3

_BY_SQLSTATE: Final = {
    "53100": "its disk is full",
    "53300": "it has no connection left",
    "28P01": "wrong password",
    "28000": "login refused",
    "3D000": "no such database",
    "42501": "this login lacks a right",
    "25006": "it takes no writes: a standby?",
    "55P03": "a lock was held too long",
    "57014": "a statement took too long",
    "57P01": "it was stopped",
    "57P02": "it crashed",
    "57P03": "it is starting or stopping",
}
# Of the client library, which has no code for what happens before a server answers.
_BY_TEXT: Final = (
    ("password authentication failed", "wrong password"),
    ("no password supplied", "a password is wanted and none was given"),
    ("pg_hba.conf", "login refused"),
    ('role "', "login refused"),
    ('database "', "no such database"),
    ("too many clients", "it has no connection left"),
    ("connection slots", "it has no connection left"),
    ("starting up", "it is starting or stopping"),
    ("shutting down", "it is starting or stopping"),
    ("Connection refused", "connection refused"),
    ("timeout", "timed out"),
    ("timed out", "timed out"),
    ("translate host name", "host not found"),
    ("name resolution", "host not found"),
    ("resolve host", "host not found"),
    ("No route to host", "no route to the host"),
    ("unreachable", "no route to the host"),
    ("SSL", "TLS refused"),
    ("certificate", "TLS refused"),
    ("closed", "connection lost"),
    ("lost", "connection lost"),
)
_BY_ERRNO: Final = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "it is read-only",
    errno.EACCES: "access is denied",
    errno.EPERM: "access is denied",
    errno.EIO: "the disk fails",
    errno.ENOENT: "a file or folder is missing",
}


def postgres_away(error: BaseException) -> UnavailableError:
    """Return the error to raise for one of psycopg's, with the reason in it."""
    return UnavailableError(f"PostgreSQL is away: {postgres_reason(error)}")


def pool_away(error: BaseException, pool: ConnectionPool[Any]) -> UnavailableError:
    """Return the error to raise for one of a pool's, or of the event-sourcing library over it.

    A pool that cannot connect says only that it waited, so a connection is tried once more.
    """
    found = _driver_error(error)
    if isinstance(found, PoolTimeout):
        return UnavailableError(f"PostgreSQL is away: {_probe(pool)}")
    return postgres_away(found)


def postgres_reason(error: BaseException) -> str:
    """Return why, in words of the tables above or by the error's class."""
    if isinstance(error, psycopg.errors.ConnectionTimeout):
        return "timed out"
    sqlstate = error.sqlstate if isinstance(error, psycopg.Error) else None
    if sqlstate is not None:
        return _BY_SQLSTATE.get(sqlstate, type(error).__name__)
    text = str(error)
    return next((words for part, words in _BY_TEXT if part in text), type(error).__name__)


def file_reason(error: OSError) -> str:
    """Return why a file cannot be read or written."""
    code = error.errno
    return _BY_ERRNO.get(code, errno.errorcode.get(code, "")) if code else type(error).__name__


def _driver_error(error: BaseException) -> BaseException:
    """Return the driver's error behind one of the event-sourcing library's."""
    is_driver = isinstance(error, psycopg.Error)
    return error if is_driver or error.__cause__ is None else error.__cause__


def _probe(pool: ConnectionPool[Any]) -> str:
    options = pool.kwargs if isinstance(pool.kwargs, dict) else {}
    url = pool.conninfo if isinstance(pool.conninfo, str) else ""
    try:
        psycopg.connect(url, **{**options, "connect_timeout": PROBE_LIMIT_S}).close()
    except psycopg.Error as error:
        return postgres_reason(error)
    return "all connections are taken"

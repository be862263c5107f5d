"""Diagnostics of a role: one JSON object a line on stderr, and never a value of a person.

Read before: ``docs/howto/operate.md``. Read next: ``portal/role_server.py``.

``configure`` is the first call of every role program. From then on each line is an event name of
ours, a level, a time and keys of the list below; what is not on the list is dropped and counted,
so a key that somebody adds without thinking cannot carry a payload out. Libraries and exceptions
are not trusted with text either: the text of a database error can hold a row. Of them a line
says who spoke, of what kind the error is and in which source lines, and no more. Diagnostics are
for people on call and are no evidence.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import threading
import traceback
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TextIO

import structlog
from prometheus_client import Gauge
from structlog.typing import EventDict, Processor

from ledger.errors import LedgerError, VerificationError

KEYS: Final = frozenset(
    {
        "timestamp", "level", "msg", "role", "dropped",
        "log", "leaf_index", "tree_size", "promised_size", "control_size", "entries",
        "kafka_topic", "partition", "offset", "incarnation", "records",
        "view", "lag", "origin", "event_type", "outcome", "code", "route", "status", "trace_id",
        "pause_s", "duration_ms", "tries", "count", "version", "address", "port",
        "error", "reason", "where", "exit_code", "advice", "logger", "text", "thread",
    }
)  # fmt: skip
TEXT_CHARS_MAX: Final = 300
FRAMES_MAX: Final = 8
LIBRARY_NUMBER_MAX: Final = 1_000_000  # Ports, counts and seconds, but no number of a person.
LIBRARY_PAUSE_S: Final = 60.0  # Between two lines of a library about the same.
ADVICE: Final = (
    "change nothing; look: lianzheng ledger check --data {data}; for an older database: "
    "lianzheng ledger recover --data {data} (operate.md)"
)
_FAULT_EXIT_CODE: Final = 1
_EVENT_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")

BUILD: Final = Gauge("lianzheng_build_info", "1, for the build that runs.", ["version", "role"])
READY: Final = Gauge("lianzheng_role_ready", "1 while the role does its work.", ["role"])

log = structlog.get_logger()


def configure(role: str, stream: TextIO | None = None) -> None:
    """Set up diagnostics of this process, once, before anything else is done.

    Args:
        role: Name of the role, on each line and in ``lianzheng_build_info``.
        stream: Where lines go, stderr if None; pretty where it is a terminal.
    """
    import eventsourcing.postgres  # noqa: F401 - Its import silences psycopg; that is undone below.

    out = sys.stderr if stream is None else stream
    render: Any = structlog.dev.ConsoleRenderer(event_key="msg") if out.isatty() else _as_json
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _with_role(role),
            name_error,
            structlog.processors.EventRenamer("msg"),
            keep_allowed,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=True,
    )
    _listen_to_libraries()
    sys.excepthook = _report_uncaught
    threading.excepthook = _end_with_thread
    BUILD.labels(_version(), role).set(1)


def role_ended(error: LedgerError, data: str = "DATA") -> None:
    """Say why a role ends; its own errors hold no value of a person, so their text may stand.

    Args:
        error: What ends it.
        data: The data folder, for the commands that come next.
    """
    code = getattr(error, "code", None)
    advice = {"advice": ADVICE.format(data=data)} if isinstance(error, VerificationError) else {}
    log.error(
        "role_ended",
        error=type(error).__name__,
        code=code,
        reason=str(error),
        exit_code=error.exit_code,
        **advice,
    )


def keep_allowed(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Drop keys that are not on the list and values that are no short facts; count them."""
    kept = {key: _short(value) for key, value in event.items() if key in KEYS and _is_fact(value)}
    if not _EVENT_NAME.fullmatch(str(kept.get("msg", ""))):
        kept["msg"] = "unnamed_event"  # A sentence may hold anything.
    if len(kept) < len(event):
        kept["dropped"] = len(event) - len(kept)
    return kept


def name_error(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Replace ``exc_info`` by the kind of the error and the source lines it passed."""
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["where"] = _frames(error.__traceback__)
    return event


class LibraryHandler(logging.Handler):
    """Turns what a library logs into a line of ours, without the values in it.

    A client that cannot connect says so several times a second for as long as that lasts, so the
    same line comes once a minute, with how often it was said since.
    """

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[object, ...], tuple[float, int]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Pass on who spoke, where, and the text as far as it is the library's own."""
        error = record.exc_info[0] if record.exc_info else None
        key = (record.name, record.pathname, record.lineno, error)
        said_at, unsaid = self._said.get(key, (-LIBRARY_PAUSE_S, 0))
        if record.created - said_at < LIBRARY_PAUSE_S:
            self._said[key] = (said_at, unsaid + 1)
            return
        self._said[key] = (record.created, 0)
        level = logging.ERROR if record.levelno >= logging.ERROR else logging.WARNING
        log.log(
            level,
            "library_warned",
            logger=record.name,
            text=_library_text(record),
            where=f"{record.filename}:{record.lineno}",
            count=unsaid + 1,
            exc_info=record.exc_info or None,
        )


def _library_text(record: logging.LogRecord) -> str | None:
    """Return the text without values: errors by their kind, numbers as they are.

    With arguments, the message is the template in the library's source; without, it may have been
    put together from anything.
    """
    if not isinstance(record.args, tuple) or not record.args or not isinstance(record.msg, str):
        return None
    try:
        return record.msg % tuple(_harmless(argument) for argument in record.args)
    except (TypeError, ValueError):
        return record.msg


def _harmless(argument: object) -> object:
    if isinstance(argument, BaseException):
        return _Word(type(argument).__name__)
    is_small = isinstance(argument, int | float) and abs(argument) < LIBRARY_NUMBER_MAX
    return argument if is_small else _Word("?")


class _Word(str):
    """A text that ``%r`` writes without quotes."""

    __slots__ = ()
    __repr__ = str.__str__


def _listen_to_libraries() -> None:
    root = logging.getLogger()
    root.handlers = [LibraryHandler()]
    root.setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    for name in ("psycopg", "psycopg.pool"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _with_role(role: str) -> Processor:
    def add(_logger: Any, _method: str, event: EventDict) -> EventDict:
        return {**event, "role": role}

    return add


def _as_json(_logger: Any, _method: str, event: EventDict) -> str:
    first = {key: event[key] for key in ("timestamp", "level", "msg")}
    return json.dumps({**first, **event}, ensure_ascii=False)


def _is_fact(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def _short(value: object) -> object:
    return value[:TEXT_CHARS_MAX] if isinstance(value, str) else value


def _frames(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)[-FRAMES_MAX:]
    places = [f"{'/'.join(Path(it.filename).parts[-2:])}:{it.lineno}" for it in reversed(frames)]
    return " < ".join(places)


def _report_uncaught(
    _kind: type[BaseException], error: BaseException, _trace: TracebackType | None
) -> None:
    log.error("error_uncaught", exc_info=error)


def _end_with_thread(given: threading.ExceptHookArgs) -> None:
    """Report what ended a thread, and end the process: without it the role does half its work.

    At once, since the main thread may wait for this one for ever. No work is lost: the database
    takes back what was not committed, and every role goes on from its tracking row.
    """
    name = None if given.thread is None else given.thread.name
    try:
        log.error("error_uncaught", exc_info=given.exc_value, thread=name)
    finally:
        os._exit(_FAULT_EXIT_CODE)


def _version() -> str:
    try:
        return version("lianzheng")
    except PackageNotFoundError:
        return "source"  # Run from a source tree that is not installed.

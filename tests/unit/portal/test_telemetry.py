"""Diagnostics: one JSON object a line, keys from the list, and no text that came from outside."""

import io
import json
import logging
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import pytest
import structlog

from ledger.errors import BehindPromiseError, MalformedError
from portal import telemetry

ROOT = Path(__file__).resolve().parents[3]
SECRET = "张三 430102199003071234"


@pytest.fixture
def lines(monkeypatch):
    """Configure diagnostics into memory; return a function that gives the lines so far."""
    stream = io.StringIO()
    root, before = logging.getLogger(), (sys.excepthook, threading.excepthook, warnings.showwarning)
    handlers, level = list(root.handlers), root.level
    monkeypatch.setattr(telemetry, "log", structlog.get_logger())  # Else bound to an older stream.
    telemetry.configure("append-0", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    structlog.reset_defaults()
    logging.captureWarnings(False)
    sys.excepthook, threading.excepthook, warnings.showwarning = before
    root.handlers, root.level = handlers, level


def test_a_line_has_time_level_name_and_role(lines):
    """The keys a collector relies on, in this order."""
    structlog.get_logger().info("partition_assigned", kafka_topic="t", offset=7)
    (line,) = lines()
    assert list(line)[:3] == ["timestamp", "level", "msg"]
    assert line["timestamp"].endswith("Z")
    assert (line["level"], line["msg"], line["role"]) == ("info", "partition_assigned", "append-0")
    assert (line["kafka_topic"], line["offset"]) == ("t", 7)


def test_unknown_keys_and_structures_are_dropped_and_counted(lines):
    """Neither a key nobody allowed nor a payload under an allowed one gets out."""
    structlog.get_logger().warning("act_appended", party=SECRET, reason={"name": SECRET}, lag=1)
    (line,) = lines()
    assert line["dropped"] == 2
    assert line["lag"] == 1
    assert SECRET not in json.dumps(line, ensure_ascii=False)


def test_a_sentence_is_no_event_name_and_texts_are_short(lines):
    """What is not a constant name is replaced; long texts are cut."""
    structlog.get_logger().info(f"party is {SECRET}")
    structlog.get_logger().info("append_retried", reason="x" * 5_000)
    first, second = lines()
    assert first["msg"] == "unnamed_event"
    assert len(second["reason"]) == telemetry.TEXT_CHARS_MAX


def test_an_exception_is_its_kind_and_place_without_its_text(lines):
    """The text of a database error may hold a row."""
    try:
        raise ValueError(SECRET)
    except ValueError:
        structlog.get_logger().exception("batch_failed")
    (line,) = lines()
    assert line["error"] == "ValueError"
    assert "portal/test_telemetry.py:" in line["where"]
    assert SECRET not in json.dumps(line, ensure_ascii=False)


def test_libraries_speak_in_templates_only(lines):
    """Arguments are left out, and a text without arguments may be put together from anything."""
    logging.getLogger("some.library").warning("cannot insert %r", SECRET)
    logging.getLogger("some.library").error("cannot insert " + SECRET)  # noqa: G003
    logging.getLogger("some.library").info("not of interest")
    first, second = lines()
    assert (first["msg"], first["logger"], first["level"]) == (
        "library_warned",
        "some.library",
        "warning",
    )
    assert first["text"] == "cannot insert ?"
    assert (second["text"], second["level"]) == (None, "error")
    assert SECRET not in json.dumps([first, second], ensure_ascii=False)


def test_what_a_library_repeats_comes_once_a_minute_with_its_count(lines):
    """A broker that is away is one line a minute, and the line says of what kind the error is."""

    def says(second):
        record = logging.LogRecord(
            "kafka.net", logging.ERROR, "/lib/net.py", 7, "%s: lost %d times: %s %s",
            (SECRET, 2, ConnectionRefusedError(SECRET), 430102199003071234), None,
        )  # fmt: skip
        record.created = 1_000.0 + second
        logging.getLogger().handle(record)

    for second in (0, 1, 59.9, 60, 61, 125):
        says(second)
    found = lines()
    assert [line["count"] for line in found] == [1, 3, 2]
    assert {line["text"] for line in found} == {"?: lost 2 times: ConnectionRefusedError ?"}
    assert {line["where"] for line in found} == {"net.py:7"}
    assert not set(SECRET.split()) & set(json.dumps(found, ensure_ascii=False).split())
    assert "430102199003071234" not in json.dumps(found)


def test_psycopg_is_heard_again(lines):
    """The event-sourcing library silences psycopg's warnings when it is imported."""
    logging.getLogger("psycopg.pool").warning("error connecting in %r: %s", "pool", SECRET)
    logging.getLogger("psycopg").warning("rolling back failed: %s", SECRET)
    assert [line["logger"] for line in lines()] == ["psycopg.pool", "psycopg"]


def test_the_end_of_a_role_says_code_and_reason(lines):
    """Errors of our own tree hold no personal value, so their text stands."""
    telemetry.role_ended(MalformedError("setting LEDGER_DATA is missing"))
    (line,) = lines()
    assert line["msg"] == "role_ended"
    assert (line["error"], line["code"], line["exit_code"]) == ("MalformedError", "R1_MALFORMED", 2)
    assert line["reason"] == "setting LEDGER_DATA is missing"
    assert "advice" not in line


def test_the_end_of_a_role_that_no_start_mends_names_the_next_commands(lines):
    telemetry.role_ended(BehindPromiseError("log 0: 3 entries, 5 promised"), "/srv/ledger")
    (line,) = lines()
    assert line["reason"] == "log 0: 3 entries, 5 promised"
    assert "lianzheng ledger check --data /srv/ledger;" in line["advice"]
    assert "lianzheng ledger recover --data /srv/ledger " in line["advice"]


@pytest.mark.parametrize("place", ["main", "thread", "warning"])
def test_what_nobody_caught_is_one_line_too(place):
    """An uncaught exception ends the process, in whichever thread; a warning does not."""
    fault = f"raise KeyError({SECRET!r})"
    body = {
        "main": fault,
        "thread": f"t = threading.Thread(target=lambda: {{}}[{SECRET!r}], name='tail'); t.start(); threading.Event().wait()",
        "warning": f"warnings.warn({SECRET!r})",
    }[place]
    code = f"import threading, warnings\nfrom portal.telemetry import configure\nconfigure('relay')\n{body}\n"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    (line,) = [json.loads(text) for text in done.stderr.splitlines()]
    assert done.returncode == (0 if place == "warning" else 1)
    assert set(line) <= telemetry.KEYS
    assert SECRET not in done.stderr
    if place == "warning":
        assert line["logger"] == "py.warnings"
    else:
        assert line["error"] == "KeyError"


def test_build_is_a_metric(lines):
    """Which build and which role answers."""
    samples = [s for family in telemetry.BUILD.collect() for s in family.samples]
    assert any(s.labels["role"] == "append-0" and s.value == 1 for s in samples)

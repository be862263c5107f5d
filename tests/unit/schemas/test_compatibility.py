"""New versions read old data and are read by old readers; published files never change."""

from __future__ import annotations

import hashlib
import io
import json

import fastavro
import pytest

from schemas.compatibility import check_all, check_compatible
from schemas.loader import event_schemas, schema_files, schema_text

CLOSED = event_schemas()["CaseClosed", 1]
PAID = event_schemas()["FinePaid", 1]
NEW_FIELD = '"fields": [\n    {"name": "note", "cn": "注", "class": "I", "type": %s},'
OPTIONAL = CLOSED.replace('"fields": [', NEW_FIELD % '["null", "long"], "default": null', 1)


def test_what_is_installed_is_compatible() -> None:
    """All versions of all types."""
    assert check_all(event_schemas()) == []


def test_an_optional_field_with_a_default_is_a_sound_second_version() -> None:
    """The one shape of growth: null or a value, null by default."""
    assert check_compatible([CLOSED], OPTIONAL) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (CLOSED, CLOSED.replace('"fields": [', NEW_FIELD % '"long"', 1)),
        (CLOSED, CLOSED.replace('"NO_PENALTY"', '"NO_PENALTY", "FORGIVEN"')),
        (CLOSED, CLOSED.replace(', "NO_PENALTY"', "")),
        (PAID, PAID.replace("timestamp-micros", "timestamp-millis")),
        (PAID, PAID.replace('"type": "long"}', '"type": "string"}')),
        (CLOSED, CLOSED.replace('"name": "reason"', '"name": "cause"')),
        (CLOSED, "{"),
    ],
    ids=[
        "required field",
        "new symbol",
        "lost symbol",
        "other unit",
        "other type",
        "renamed",
        "torn",
    ],
)
def test_a_bad_second_version_is_refused(old: str, new: str) -> None:
    """One direction suffices to refuse it."""
    assert old != new
    assert check_compatible([old], new) != []


def test_every_earlier_version_counts() -> None:
    """A third version that suits the second but not the first is refused (transitive)."""
    third = OPTIONAL.replace(
        '["null", "long"], "default": null', '["null", "string"], "default": null'
    )
    assert check_compatible([CLOSED], third) == []
    assert check_compatible([CLOSED, OPTIONAL], third) != []


def test_a_gap_in_versions_is_found() -> None:
    """Version 3 without a 2 would hide what came between."""
    assert check_all({("A", 1): CLOSED, ("A", 3): CLOSED}) == ["A: versions [1, 3] have a gap"]


def test_fastavro_parses_each_schema_alone() -> None:
    """No file needs another one to be understood."""
    for text in event_schemas().values():
        fastavro.parse_schema(json.loads(text), named_schemas={})


def test_old_data_is_read_by_the_new_version() -> None:
    """Not only the checker says so."""
    old, new = (fastavro.parse_schema(json.loads(text)) for text in (CLOSED, OPTIONAL))
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, old, {"reason": "EXECUTED"})
    stream.seek(0)
    expected = {"note": None, "reason": "EXECUTED"}
    assert fastavro.schemaless_reader(stream, old, new) == expected


def test_published_files_are_never_edited() -> None:
    """A schema is hashed into every ledger that uses it; a change is a new version."""
    published = json.loads(schema_text("fingerprints.json"))
    current = {
        name: hashlib.sha256(schema_text(name).encode()).hexdigest() for name in schema_files()
    }
    assert {name: current.get(name) for name in published} == published

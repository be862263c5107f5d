"""Planted personal values are nowhere but in the vault: tables, topics, files, logs, metrics.

Method: every opening of the generated file is a planted value; all bytes the running ledger has
written are searched for them, in UTF-8, as JSON escapes, in hex and in base64.
"""

import base64
import json

import psycopg
import pytest

from consumers.generate.records import read_records
from consumers.kafka_client import KafkaAddress
from tests.support.running import fetch
from tests.support.topics import every_byte_of_topics

pytestmark = pytest.mark.kafka

BYTES_MIN = 9  # A name of three characters; shorter values (an age, 是) occur by chance.
PERSON_PATHS = (
    "name", "idValue", "idCard", "phone", "address", "person", "certNo", "legalRep", "receiver",
    "toWhom",
)  # fmt: skip


@pytest.fixture(scope="session")
def planted(seeded):
    """Every sealed text of the file, those that name a person apart."""
    values, persons, published, acts = set(), set(), set(), []
    with seeded.file.open("rb") as stream:
        for record in read_records(stream):
            acts.append(record.act or b"")
            for opening in record.openings:
                value = json.loads(opening.value)
                if isinstance(value, str) and len(value.encode()) >= BYTES_MIN:
                    values.add(value)
                    if opening.path.endswith("legalRepCommitment"):
                        published.add(value)
                    if any(word in opening.path for word in PERSON_PATHS):
                        persons.add(value)
    # An officer acting in office is public by law, and a party may have the same name.
    public = b"".join(acts)
    namesakes = {value for value in values if value.encode() in public}
    assert len(namesakes) < 10
    # The field policy shows the legal representative of an organisation; the vault gives the name.
    values, persons = values - namesakes, persons - namesakes - published
    assert len(values) > 150
    assert len(persons) > 50
    return values, persons


def forms_of(value):
    """Return the byte forms in which a value could lie somewhere."""
    raw = value.encode()
    yield raw
    yield json.dumps(value)[1:-1].encode()
    yield raw.hex().encode()
    yield base64.b64encode(raw).rstrip(b"=")[:-1]


def assert_absent(values, data, where):
    """Fail with the place, never with the value."""
    for number, value in enumerate(sorted(values)):
        for form in forms_of(value):
            assert form not in data, f"planted value {number} found in {where}"


def owner_url(seeded):
    """Return the superuser's connection string."""
    password = (seeded.data / "keys" / "postgres-superuser.txt").read_text().strip()
    return f"postgresql://lianzheng:{password}@{seeded.run['postgres']}/lianzheng"


def test_no_table_but_the_vault_holds_a_planted_value(seeded, planted):
    """Binary COPY of every table outside the vault's namespace."""
    values, _ = planted
    tables = 0
    with psycopg.connect(owner_url(seeded)) as connection:
        names = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'vault')"
        ).fetchall()
        for (name,) in names:
            with connection.cursor().copy(f"COPY {name} TO STDOUT (FORMAT binary)") as copy:
                assert_absent(values, b"".join(bytes(block) for block in copy), f"table {name}")
            tables += 1
    assert tables > 10


def test_the_vault_holds_them_encrypted_only(seeded, planted):
    """Whoever has the database alone reads no value."""
    values, _ = planted
    with psycopg.connect(owner_url(seeded)) as connection:
        names = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'vault'"
        ).fetchall()
        rows = 0
        for (name,) in names:
            with connection.cursor().copy(f"COPY {name} TO STDOUT (FORMAT binary)") as copy:
                data = b"".join(bytes(block) for block in copy)
            assert_absent(values, data, f"table {name}")
            rows += len(data)
    assert rows > 10_000


def test_no_topic_holds_a_planted_value(seeded, planted):
    """Keys, values and headers of every record of every topic."""
    values, _ = planted
    data = every_byte_of_topics(KafkaAddress(seeded.run["kafka"]))
    assert len(data) > 100_000
    assert_absent(values, data, "a topic")


def test_no_file_log_line_or_metric_holds_a_planted_value(seeded, planted):
    """Tile store, diagnostics, run.json, objects (persons only: published text is public)."""
    values, persons = planted
    searched = 0
    for path in seeded.data.rglob("*"):
        relative = path.relative_to(seeded.data)
        if not path.is_file() or relative.parts[0] in ("postgres", "kafka"):
            continue
        wanted = persons if relative.parts[0] == "objects" else values
        assert_absent(wanted, path.read_bytes(), f"file {relative}")
        searched += 1
    assert searched > 20
    for role, address in seeded.run["health"].items():
        status, metrics = fetch(address + "/metrics")
        assert status == 200
        assert_absent(values, metrics, f"metrics of {role}")


def test_public_pages_show_no_person(seeded, planted):
    """The list, every record and every page of a decision."""
    _, persons = planted
    status, listing = seeded.get("/v1/disclosures?limit=100")
    assert status == 200
    assert_absent(persons, listing, "the list")
    rows = json.loads(listing)
    for row in rows["items"]:
        for path in (
            f"/v1/disclosures/{row['disclosure_id']}",
            f"/disclosures/{row['disclosure_id']}",
        ):
            status, body = seeded.get(path)
            assert status == 200, path
            assert_absent(persons, body, path)

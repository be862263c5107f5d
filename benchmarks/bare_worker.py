"""The bare loop: same consumer and settings, COPY of the same bytes, offset, commit; no more.

Prints one JSON object like ``append_worker``. What the append path costs beyond this is the
ledger; what this costs is the client, the broker and PostgreSQL.
"""

from __future__ import annotations

import json
import os
import sys
import time

import psycopg

from consumers.kafka_client import KafkaAddress
from consumers.loop import POLL_TIMEOUT_MS
from consumers.topic_reader import TopicReader
from consumers.topics import ACTS

TABLES = """
CREATE SCHEMA IF NOT EXISTS bench;
CREATE TABLE IF NOT EXISTS bench.bare (id bigint, key text, state bytea);
CREATE TABLE IF NOT EXISTS bench.reached (name text PRIMARY KEY, reached bigint);
"""
COPY = "COPY bench.bare (id, key, state) FROM STDIN (FORMAT BINARY)"
REACHED = """
INSERT INTO bench.reached VALUES (%s, %s)
ON CONFLICT (name) DO UPDATE SET reached = excluded.reached
"""


def main() -> None:
    """Run."""
    partition, offset, count = (int(word) for word in sys.argv[1:4])
    kafka = KafkaAddress(os.environ["LEDGER_KAFKA"])
    with (
        psycopg.connect(os.environ["LEDGER_DATABASE_URL"], autocommit=True) as connection,
        TopicReader(kafka, ACTS) as reader,
    ):
        for statement in TABLES.strip().split(";\n"):
            if statement:
                connection.execute(statement)
        reader.assign([partition])
        reader.seek(partition, offset)
        done = 0
        started, cpu = time.time(), time.process_time()
        while done < count:
            records = reader.poll(POLL_TIMEOUT_MS)
            if not records:
                continue
            with connection.transaction(), connection.cursor() as cursor:
                with cursor.copy(COPY) as copy:
                    copy.set_types(["int8", "text", "bytea"])
                    for record in records:
                        state = record.value + b"".join(value for _, value in record.headers)
                        copy.write_row((record.offset, record.key.decode(), state))
                cursor.execute(REACHED, (f"{ACTS}:{partition}", records[-1].offset))
            done += len(records)
        seconds = time.time() - started
        print(
            json.dumps(
                {"records": done, "seconds": seconds, "cpu_seconds": time.process_time() - cpu}
            )
        )


if __name__ == "__main__":
    main()

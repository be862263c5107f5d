"""The bare loop: same consumer and settings, COPY of the same bytes, offset, commit; no more.

Prints one JSON object like ``append_worker``. What the append path costs beyond this is the
ledger; what this costs is the client, the broker and PostgreSQL. The rows are those of an event
table, with its indexes where the last word is ``indexed``, without any where it is ``heap``; what
only the ledger computes (links, leaves) is filled with zeros.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence

import psycopg

from consumers.append.record import IncomingRecord
from consumers.kafka_client import KafkaAddress
from consumers.loop import POLL_TIMEOUT_MS
from consumers.topic_reader import TopicReader
from consumers.topics import ACTS
from ledger.chain.compiled import packing

TABLES = {
    "indexed": "CREATE TABLE IF NOT EXISTS bench.indexed (LIKE ledger.log_0_events INCLUDING ALL)",
    "heap": "CREATE TABLE IF NOT EXISTS bench.heap (LIKE ledger.log_0_events)",
}
OFFSETS = "CREATE TABLE IF NOT EXISTS bench.reached (name text PRIMARY KEY, reached bigint)"
COPY = """
COPY bench.{} (originator_id, originator_version, topic, state, notification_id,
               link, leaf, event_id, received_at)
FROM STDIN (FORMAT BINARY)
"""
KINDS = b"tqtbqbbbq"
REACHED = """
INSERT INTO bench.reached VALUES (%s, %s)
ON CONFLICT (name) DO UPDATE SET reached = excluded.reached
"""


def rows(records: Sequence[IncomingRecord]) -> list[tuple[object, ...]]:
    """Return the rows of records: the act with its headers, as long as an entry."""
    zeros = bytes(32)
    return [
        (
            record.key.decode(),
            record.offset,
            "EvidenceSealed.v1",
            record.value + b"".join([value for _, value in record.headers]),
            record.offset + 1,
            zeros,
            zeros,
            record.value[10:26],
            0,
        )
        for record in records
    ]


def main() -> None:
    """Run."""
    partition, offset, count = (int(word) for word in sys.argv[1:4])
    table = sys.argv[4]
    kafka = KafkaAddress(os.environ["LEDGER_KAFKA"])
    with (
        psycopg.connect(os.environ["LEDGER_DATABASE_URL"], autocommit=True) as connection,
        TopicReader(kafka, ACTS) as reader,
    ):
        for statement in ("CREATE SCHEMA IF NOT EXISTS bench", TABLES[table], OFFSETS):
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
                with cursor.copy(COPY.format(table)) as copy:
                    copy.write(packing.pack_rows(rows(records), KINDS))
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

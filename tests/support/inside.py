"""Looks into a running ledger from behind: its answers on Kafka, its tables, its vault.

The database is read as its superuser, the topics with kafka-python's own consumer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import psycopg
from kafka import KafkaConsumer, TopicPartition

from consumers.topics import RECEIPTS, REJECTED
from ledger.chain.act import Act, decode_act
from ledger.chain.entry import Entry, Source, decode_entry
from ledger.chain.outcomes import Outcome, decode_outcomes
from ledger.store.key_store import KeyStore
from ledger.store.quarantine import RefusedRecord, read_quarantine
from tests.support.running import RunningLedger, wait_for
from tests.support.workshop import Sent, codec_of

WAIT_S = 20
REFUSALS = "EventsRejected.v1"


class Told(NamedTuple):
    """One item of the receipts topic."""

    emitter_id: str
    outcome: Outcome


class Answers:
    """Everything on the receipts topic and the rejected topic, as far as it was asked for."""

    def __init__(self, servers: str, case_logs: int) -> None:
        self._consumer = KafkaConsumer(
            bootstrap_servers=servers.split(","), group_id=None, auto_offset_reset="earliest"
        )
        places = [TopicPartition(RECEIPTS, number) for number in range(case_logs)]
        self._consumer.assign([*places, TopicPartition(REJECTED, 0)])
        self._consumer.seek_to_beginning()
        self.told: dict[Sent, Told] = {}
        self.notices: dict[Sent, dict[str, Any]] = {}

    def close(self) -> None:
        """Close the consumer."""
        self._consumer.close()

    def outcome(self, sent: Sent) -> Told:
        """Wait for what an emitter is told of a record."""
        return self._wait(self.told, sent, "an outcome")

    def notice(self, sent: Sent) -> dict[str, Any]:
        """Wait for what the rejected topic says of a record."""
        return self._wait(self.notices, sent, "a notice")

    def _wait(self, found: Mapping[Sent, Any], sent: Sent, what: str) -> Any:
        def there() -> bool:
            if sent not in found:
                self._poll()
            return sent in found

        wait_for(there, WAIT_S, f"{what} for {sent}")
        return found[sent]

    def _poll(self) -> None:
        for place, records in self._consumer.poll(timeout_ms=50).items():
            for record in records:
                if place.topic == REJECTED:
                    notice = json.loads(record.value)
                    self.notices[Sent(*list(notice["source"].values())[:4])] = notice
                    continue
                for item in decode_outcomes(record.value).items:
                    self.told[Sent(*item.source[:4])] = Told(record.key.decode(), item)


class Inside:
    """The tables and the vault of a running ledger."""

    def __init__(self, ledger: RunningLedger) -> None:
        password = (ledger.data / "keys" / "postgres-superuser.txt").read_text().strip()
        url = f"postgresql://lianzheng:{password}@{ledger.run['postgres']}/lianzheng"
        self.connection = psycopg.connect(url, autocommit=True)
        self._keys = KeyStore(ledger.data / "keys" / "vault.sqlite")

    def close(self) -> None:
        """Close database and key store."""
        self.connection.close()
        self._keys.close()

    def entries(self, log: str, topic: str, start: int = 0) -> list[tuple[Entry, Act, Any]]:
        """Return the entries of a log that have an event topic, from a leaf index on."""
        table = "control_events" if log == "control" else f"log_{log}_events"
        rows = self.connection.execute(
            f"SELECT state FROM ledger.{table} WHERE topic = %s AND notification_id > %s"
            " ORDER BY notification_id",
            (topic, start),
            binary=True,
        ).fetchall()
        found = []
        for (state,) in rows:
            entry = decode_entry(state)
            act = decode_act(entry.act)
            found.append((entry, act, codec_of(act.event_type).decode(act.payload)))
        return found

    def size(self, log: str) -> int:
        """Return the number of entries of a log."""
        query = "SELECT tree_size FROM ledger.heads WHERE log = %s"
        row = self.connection.execute(query, (log,)).fetchone()
        assert row is not None
        return int(row[0])

    def refusals(self, log: str, start: int = 0) -> list[dict[str, Any]]:
        """Return all items of ``EventsRejected`` from a leaf index on."""
        return [
            item
            for _, _, payload in self.entries(log, REFUSALS, start)
            for item in payload["items"]
        ]

    def holds(self, log: str, event_id: bytes) -> bool:
        """Return whether an event id has an entry."""
        table = "control_events" if log == "control" else f"log_{log}_events"
        query = f"SELECT EXISTS (SELECT FROM ledger.{table} WHERE event_id = %s)"
        row = self.connection.execute(query, (event_id.hex(),)).fetchone()
        assert row is not None
        return bool(row[0])

    def openings(self, log: str, event_id: bytes) -> int:
        """Return how many openings of an act the vault has."""
        query = "SELECT count(*) FROM vault.openings WHERE log = %s AND event_id = %s"
        row = self.connection.execute(query, (log, event_id.hex())).fetchone()
        assert row is not None
        return int(row[0])

    def quarantined(self, log: str, source: Mapping[str, Any]) -> RefusedRecord:
        """Return the raw bytes of a refused record, from the vault."""
        found = read_quarantine(self.connection, self._keys, log, Source(**source))
        assert found is not None
        return found

    def tables(self) -> dict[str, bytes]:
        """Return the content of every table, the vault's too, as binary COPY gives it."""
        names = self.connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        found = {}
        for (name,) in names:
            with self.connection.cursor().copy(f"COPY {name} TO STDOUT (FORMAT binary)") as copy:
                found[name] = b"".join(bytes(block) for block in copy)
        return found

"""What in a ledger fulfils a row of the task table, as a person on the command line sees it.

Read before: ``portal/cli/row.py``, ``schemas/task_rows.py``. Read next: ``rows.sql``.

No answer reads a whole ledger: of each log its newest ``ENTRIES_SCANNED_MAX`` entries are counted
by type, and the answer says how many those were. What is counted is the database's word; the
entries that are shown are held against the promise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from psycopg import Connection

from ledger.chain.act import decode_act
from ledger.chain.entry import Entry, decode_entry
from ledger.chain.ids import uuid_text
from ledger.domain.control_records import RuleSet
from ledger.store.log_tables import LogTables
from ledger.store.sql import load
from portal.cli.times import iso_time
from portal.programs.owner import owner_url
from portal.programs.project import connect
from portal.programs.streams import OpenLedger, open_ledger
from projections.supervision.postgres import PostgresSupervisionReader
from schemas.catalogue import load_catalogue
from schemas.task_rows import Due, TaskRow, TaskTable, load_task_table

ENTRIES_SCANNED_MAX: Final = 20_000  # Of each log.
ALERTS_COUNTED_MAX: Final = 10_000  # Of each rule.
NEWEST_SHOWN: Final = 5
ROLE: Final = "audit"


class Found(NamedTuple):
    """What the newest entries of a ledger hold of some event types."""

    counts: Mapping[str, int]
    """Entries by type."""
    newest: Sequence[tuple[str, Entry]]
    """Log and entry, the newest first, proven."""
    scanned: Mapping[str, int]
    """How many entries of each log were looked at."""


def row_document(table: TaskTable, row: TaskRow) -> dict[str, Any]:
    """Return what the table says of a row, as JSON."""
    return {
        "row": row.number,
        "title": row.title,
        "items": [{"item": number, "text": text} for number, text in row.items.items()],
        "lead": list(row.lead),
        "carried_out_by": table.carried_out_by,
        "due": [_due(due) for due in row.due],
        "works_when": row.works_when,
        "views": list(row.views),
        "gates": list(row.gates),
        "indicators": list(row.indicators),
    }


def _due(due: Due) -> dict[str, Any]:
    return {
        "until": due.until.isoformat(),
        "levels": list(due.levels),
        "items": list(due.items),
    }


def read_row(data: Path, number: int) -> dict[str, Any]:
    """Return a row and what in this ledger fulfils it: entries, alerts, rules, deadlines.

    Args:
        data: Data folder.
        number: Of the row, 1 to 24.

    Raises:
        UnavailableError: Database or tile store is away.
        VerificationError: An entry is not what was promised.
    """
    table = load_task_table()
    row = table.rows[number]
    with open_ledger(data) as ledger, connect(owner_url(data, ROLE)) as connection:
        found = find_entries(ledger, connection, row.types)
        reader = PostgresSupervisionReader(connection)
        alerts = reader.count_by_rule(row.rules, ALERTS_COUNTED_MAX)
        rules = ledger.state.rule_set
    terms = {one.type: one.cn for one in load_catalogue().rows.values()}
    return {
        **row_document(table, row),
        "rule_set_version": None if rules is None else rules.version,
        "scanned": {log: str(count) for log, count in found.scanned.items()},
        "event_types": [
            {"event_type": name, "term": terms[name], "entries": found.counts.get(name, 0)}
            for name in row.types
        ],
        "newest": [_entry(log, entry, terms) for log, entry in found.newest],
        "rules": [_rule(rules, rule_id, alerts.get(rule_id, 0)) for rule_id in row.rules],
        "deadlines": [_deadline(rules, deadline_id) for deadline_id in row.deadlines],
    }


def find_entries(ledger: OpenLedger, connection: Connection[Any], types: Sequence[str]) -> Found:
    """Count the entries of some types among the newest of every log, and read the newest.

    Raises:
        VerificationError: An entry is not what was promised.
    """
    queries = load("portal.programs", "rows.sql")
    counts: Counter[str] = Counter()
    newest: list[tuple[str, Entry]] = []
    scanned = {}
    for log, proven in ledger.proven.items():
        end = proven.promised_sizes()[log]
        start = max(0, end - ENTRIES_SCANNED_MAX)
        values = {"start": start, "end": end, "types": list(types), "limit": NEWEST_SHOWN}
        tables = LogTables.of(log)
        counts.update(
            dict(connection.execute(tables.compose(queries["count_types"]), values).fetchall())
        )
        rows = connection.execute(tables.compose(queries["select_newest"]), values).fetchall()
        newest += [(log, decode_entry(proven.entry(index))) for (index,) in rows]
        scanned[log] = end - start
    newest.sort(key=lambda one: one[1].received_at, reverse=True)
    return Found(counts, newest[:NEWEST_SHOWN], scanned)


def _entry(log: str, entry: Entry, terms: Mapping[str, str]) -> dict[str, Any]:
    act = decode_act(entry.act)
    return {
        "log": log,
        "leaf_index": str(entry.leaf_index),
        "stream_id": entry.stream_id,
        "version": entry.stream_version,
        "event_id": uuid_text(act.event_id),
        "event_type": act.event_type,
        "term": terms.get(act.event_type, act.event_type),
        "agency_id": act.agency_id,
        "occurred_at": iso_time(act.occurred_at),
        "received_at": iso_time(entry.received_at),
    }


def _rule(rules: RuleSet | None, rule_id: str, alerts: int) -> dict[str, Any]:
    words = None if rules is None else rules.violations.get(rule_id)
    return {
        "rule_id": rule_id,
        "severity": None if words is None else words.severity,
        "text": None if words is None else words.text,
        "in_force": words is not None,
        "alerts": alerts,
    }


def _deadline(rules: RuleSet | None, deadline_id: str) -> dict[str, Any]:
    known = None if rules is None or rules.deadlines is None else rules.deadlines.rules
    rule = None if known is None else known.get(deadline_id)
    return {
        "deadline_id": deadline_id,
        "name": None if rule is None else rule.name,
        "in_force": rule is not None,
    }

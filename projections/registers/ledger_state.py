"""The ledger itself, as the registers show it: logs, keys, schemas, published texts.

Read before: ``people``. Read next: ``view``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from ledger.domain.projection import CONTROL_LOG, EntryView
from projections.registers.view import (
    LOG_KEYS,
    LOGS,
    PUBLICATIONS,
    SCHEMAS,
    LogKeyRow,
    LogRow,
    PublicationRow,
    SchemaRow,
)
from projections.rows import Rows

BIRTH: Final = "LedgerCreated"  # The one subscribed type that every log has.


def _ledger_created(view: EntryView, rows: Rows) -> None:
    payload, entry = view.payload, view.entry
    row = LogRow(
        view.log,
        entry.stream_id,
        payload["origin"],
        payload["ledger"],
        payload["operator"],
        payload["caseLogs"],
        payload["formatVersion"],
        payload["hashProfile"],
        payload["clock"],
        payload["entries"],
        payload["synthetic"],
        payload["platformVkey"],
        entry.received_at,
    )
    rows.put(LOGS, row)
    if view.log == CONTROL_LOG:
        for vkey in payload["vkeys"]:
            origin = vkey.partition("+")[0]
            _append_key(view, rows, origin, vkey, "BIRTH", entry.received_at, None)


def _log_key_added(view: EntryView, rows: Rows) -> None:
    payload = view.payload
    origin, at = payload["origin"], payload["validFrom"]
    _append_key(view, rows, origin, payload["vkey"], "ADDED", at, None)


def _log_key_retired(view: EntryView, rows: Rows) -> None:
    payload, at = view.payload, view.entry.received_at
    last_size = payload["lastSize"]
    _append_key(view, rows, payload["origin"], payload["vkey"], "RETIRED", at, last_size)


def _append_key(
    view: EntryView,
    rows: Rows,
    origin: str,
    vkey: str,
    what: str,
    at: int,
    last_size: int | None,
) -> None:
    entry = view.entry
    row = LogKeyRow(view.log, entry.stream_id, entry.leaf_index, origin, vkey, what, at, last_size)
    rows.append(LOG_KEYS, row)


def _schema_published(view: EntryView, rows: Rows) -> None:
    payload, entry = view.payload, view.entry
    row = SchemaRow(
        view.log,
        entry.stream_id,
        entry.leaf_index,
        payload["subject"],
        payload["version"],
        json.loads(payload["text"]).get("cn", payload["subject"]),
        payload["text"],
        payload["textHash"],
        payload["fingerprint"].hex(),
        entry.received_at,
    )
    rows.append(SCHEMAS, row)


def _text_published(kind: str, view: EntryView, rows: Rows) -> None:
    payload = view.payload
    text, text_hash = payload["text"], payload["textHash"]
    effective_from = payload["effectiveFrom"]
    _append_publication(view, rows, kind, payload["version"], text, text_hash, effective_from)


def _review_catalogue_adopted(view: EntryView, rows: Rows) -> None:
    payload = view.payload
    text = json.dumps(payload["rules"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    version, effective_from = payload["version"], payload["effectiveFrom"]
    _append_publication(view, rows, "REVIEW_CATALOGUE", version, text, None, effective_from)


def _transport_key_published(view: EntryView, rows: Rows) -> None:
    payload = view.payload
    key_id, valid_from = str(payload["keyId"]), payload["from"]
    _append_publication(view, rows, "TRANSPORT_KEY", key_id, None, None, valid_from)


def _simulation_ended(view: EntryView, rows: Rows) -> None:
    _append_publication(view, rows, "SIMULATION_ENDED", "", None, None, None)


def _append_publication(
    view: EntryView,
    rows: Rows,
    kind: str,
    version: str,
    text: str | None,
    text_hash: str | None,
    effective_from: int | None,
) -> None:
    entry = view.entry
    row = PublicationRow(
        view.log,
        entry.stream_id,
        entry.leaf_index,
        kind,
        version,
        text,
        text_hash,
        effective_from,
        view.act.agency_id,
        entry.received_at,
    )
    rows.append(PUBLICATIONS, row)


HANDLERS: Final[Mapping[str, Callable[[EntryView, Rows], None]]] = {
    BIRTH: _ledger_created,
    "LogKeyAdded": _log_key_added,
    "LogKeyRetired": _log_key_retired,
    "SchemaPublished": _schema_published,
    "RuleSetPublished": partial(_text_published, "RULE_SET"),
    "CalendarVersionPublished": partial(_text_published, "CALENDAR"),
    "CatalogueVersionPublished": partial(_text_published, "CATALOGUE"),
    "ReviewCatalogueAdopted": _review_catalogue_adopted,
    "VaultTransportKeyPublished": _transport_key_published,
    "SimulationEnded": _simulation_ended,
}

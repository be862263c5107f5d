"""What a submission's acts look like on Kafka and in an HTTP body.

Read before: ``submission``. Read next: ``kafka_line``, ``http_line``.

On Kafka an act is a record: key, value, the ledger's headers, and CloudEvents 1.0 attributes
(Kafka binding, binary mode) for the convenience of other readers; the ledger reads only its
own. Over HTTP several acts are an Avro object container of ``SubmissionItem``.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import fastavro

from consumers.emitter.submission import SubmissionItem
from consumers.record_batch import OutRecord
from consumers.topics import ACTS, CONTROL
from ledger.chain.act import Act
from ledger.chain.ids import uuid_text
from ledger.clock import MICROS_PER_SECOND
from schemas.catalogue import Catalogue
from schemas.loader import schema_text

CONTAINER_TYPE: Final = "application/vnd.lianzheng.acts+avro"


class Topics:
    """Which topic an act belongs on, by the catalogue in force."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._logs = {row.type: row.log for row in catalogue.rows.values()}
        self._control_streams = frozenset(
            row.stream for row in catalogue.rows.values() if row.log == "control"
        )

    def topic(self, event_type: str, stream_key: str) -> str:
        """Return the topic of an act of this type in this stream.

        A type whose log is its target's goes where streams with that prefix lie. A type that
        is in no catalogue goes to the acts topic, where the ledger refuses it.
        """
        log = self._logs.get(event_type, "case")
        if log == "target":
            is_control = stream_key.partition(":")[0] in self._control_streams
        else:
            is_control = log == "control"
        return CONTROL if is_control else ACTS


def act_record(item: SubmissionItem, act: Act, topic: str) -> OutRecord:
    """Return the record that carries an act.

    Args:
        item: The act as it travels.
        act: The same act, decoded.
        topic: Where it goes.
    """
    headers = [*ledger_headers(item), *cloud_event_headers(act)]
    return OutRecord(topic, item.key.encode(), item.act, headers)


def ledger_headers(item: SubmissionItem) -> list[tuple[str, bytes]]:
    """Return the headers that the ledger reads."""
    headers = [("lz-proof", item.proof)]
    if item.seal is not None:
        headers.append(("lz-seal", item.seal))
    if item.sealed is not None:
        headers.append(("lz-sealed", item.sealed))
    if item.sim_time is not None:
        headers.append(("lz-sim-time", b"%d" % item.sim_time))
    return headers


def cloud_event_headers(act: Act) -> list[tuple[str, bytes]]:
    """Return an act's CloudEvents 1.0 attributes (Kafka protocol binding, binary mode)."""
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", uuid_text(act.event_id).encode()),
        ("ce_source", act.emitter_id.encode()),
        ("ce_type", b"%s.v%d" % (act.event_type.encode(), act.schema_version)),
        ("ce_time", _rfc3339(act.occurred_at)),
        ("ce_subject", act.stream_key.encode()),
        ("content-type", b"application/avro"),
    ]


def container(items: Sequence[SubmissionItem]) -> bytes:
    """Return the body of ``POST /v1/acts`` for items, in their order."""
    out = io.BytesIO()
    rows = (
        {
            "key": item.key,
            "act": item.act,
            "lzProof": item.proof,
            "lzSeal": item.seal,
            "lzSealed": item.sealed,
            "lzSimTime": item.sim_time,
        }
        for item in items
    )
    fastavro.writer(out, _item_schema(), rows, codec="null")
    return out.getvalue()


@cache
def _item_schema() -> str | list[Any] | dict[Any, Any]:
    return fastavro.parse_schema(json.loads(schema_text("SubmissionItem.avsc")))


def _rfc3339(micros: int) -> bytes:
    seconds, fraction = divmod(micros, MICROS_PER_SECOND)
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=fraction)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z").encode()

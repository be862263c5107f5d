"""From a submission item to the Kafka record that carries it.

Read before: ``portal/intake/container.py``. Read next: ``consumers/record_producer.py``.

Nothing is judged here: an act that cannot even be read goes to the acts topic too, so that the
ledger itself records the refusal. What the act says decides only the topic; if it lies, the
appender refuses it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from consumers.record_producer import OutRecord
from consumers.topics import ACTS, CONTROL
from ledger.chain.act import Act, decode_act
from ledger.chain.ids import uuid_text
from ledger.chain.partition import partition_for
from ledger.errors import MalformedError
from portal.pages import rfc3339
from portal.intake.container import SubmissionItem

RECORD_SIZE_BYTES_MAX: Final = 900_000  # Below Kafka's default of 1 MiB a message.


class IntakeRecord(NamedTuple):
    """One act on its way.

    Attributes:
        record: What is sent to Kafka.
        event_id: UUID text of the act, None if it cannot be read.
        emitter_id: Who the act says sent it, empty if it cannot be read.
    """

    record: OutRecord
    event_id: str | None
    emitter_id: str


def intake_record(
    item: SubmissionItem, *, is_control: Callable[[str, str], bool], case_logs: int
) -> IntakeRecord:
    """Return the record of an item.

    Args:
        item: What the emitter handed in.
        is_control: Says of (event type, stream key) whether it belongs to the control log.
        case_logs: N, the partitions of the acts topic.

    Raises:
        MalformedError: Code R1_ACT_TOO_LARGE: more than one Kafka message can hold.
    """
    if len(item.act) + len(item.proof) + len(item.sealed or b"") > RECORD_SIZE_BYTES_MAX:
        raise MalformedError("larger than a record may be", code="R1_ACT_TOO_LARGE")
    key = item.key.encode()
    act = _readable(item.act)
    if act is not None and is_control(act.event_type, act.stream_key):
        topic, partition = CONTROL, 0
    else:
        topic, partition = ACTS, partition_for(key, case_logs)
    record = OutRecord(topic, key, item.act, _headers(item, act), partition)
    if act is None:
        return IntakeRecord(record, None, "")
    return IntakeRecord(record, uuid_text(act.event_id), act.emitter_id)


def cloud_event_headers(act: Act) -> list[tuple[str, bytes]]:
    """Return the CloudEvents 1.0 attributes of an act (Kafka binding, binary mode).

    For other readers' convenience; the ledger looks at none of them.
    """
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", uuid_text(act.event_id).encode()),
        ("ce_source", act.emitter_id.encode()),
        ("ce_type", f"{act.event_type}.v{act.schema_version}".encode()),
        ("ce_time", rfc3339(act.occurred_at).encode()),
        ("ce_subject", act.stream_key.encode()),
        ("content-type", b"application/avro"),
    ]


def _readable(value: bytes) -> Act | None:
    try:
        return decode_act(value)
    except MalformedError:
        return None


def _headers(item: SubmissionItem, act: Act | None) -> list[tuple[str, bytes]]:
    headers = [("lz-proof", item.proof)]
    if item.seal is not None:
        headers.append(("lz-seal", item.seal))
    if item.sealed is not None:
        headers.append(("lz-sealed", item.sealed))
    if item.sim_time is not None:
        headers.append(("lz-sim-time", str(item.sim_time).encode()))
    return headers if act is None else [*headers, *cloud_event_headers(act)]

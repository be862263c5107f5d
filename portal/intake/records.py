"""From a submission item to the Kafka record that carries it.

Read before: ``portal/intake/container.py``. Read next: ``consumers/record_producer.py``.

Nothing is judged here: an act that cannot even be read goes to the acts topic too, so that the
ledger itself records the refusal. What the act says decides only the topic; if it lies, the
appender refuses it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from consumers.emitter.submission import SubmissionItem
from consumers.emitter.transport import Topics, act_record, ledger_headers
from consumers.record_batch import OutRecord
from consumers.topics import ACTS
from ledger.chain.act import decode_act
from ledger.chain.ids import uuid_text
from ledger.errors import MalformedError

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


def intake_record(item: SubmissionItem, topics: Topics) -> IntakeRecord:
    """Return the record of an item; its partition is the one of its key.

    Raises:
        MalformedError: Code R1_ACT_TOO_LARGE: more than one Kafka message can hold.
    """
    if len(item.act) + len(item.proof) + len(item.sealed or b"") > RECORD_SIZE_BYTES_MAX:
        raise MalformedError("larger than a record may be", code="R1_ACT_TOO_LARGE")
    try:
        act = decode_act(item.act)
    except MalformedError:
        record = OutRecord(ACTS, item.key.encode(), item.act, ledger_headers(item))
        return IntakeRecord(record, None, "")
    topic = topics.topic(act.event_type, act.stream_key)
    return IntakeRecord(act_record(item, act, topic), uuid_text(act.event_id), act.emitter_id)

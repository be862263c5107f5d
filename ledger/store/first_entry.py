"""Entry 0 of a log: ``LedgerCreated``, which says what the ledger is.

Read before: ``schemas/LedgerCreated.v1.avsc``. Read next: ``ledger/store/birth.py``.

Pure. The same entry in every log but for the origin, the time and the control size; it carries the
texts of the schemas without which nothing else could be read. Trust in the keys that it names comes
from the vkey file that a reader holds, never from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from ledger.chain.act import Act, encode_act
from ledger.chain.avro import compile_codec
from ledger.chain.entry import Entry, encode_entry
from ledger.chain.ids import ledger_event_id
from ledger.chain.links import ZERO_LINK, stream_link
from ledger.chain.schema_text import fingerprint
from ledger.chain.tree import leaf_hash
from ledger.domain.rows import EntryRow
from schemas.loader import schema_text

EVENT_TYPE: Final = "LedgerCreated"
STREAM: Final = "ledger"
FORMAT_VERSION: Final = 1
SCHEMA_FILE: Final = "LedgerCreated.v1.avsc"
SCHEMA_FILES: Final = ("Act.avsc", "Entry.avsc", SCHEMA_FILE, "SchemaPublished.v1.avsc")


class LedgerFacts(NamedTuple):
    """What ``LedgerCreated`` says of the ledger as a whole."""

    name: str
    operator: str  # Credit code.
    case_logs: int
    profile: str
    clock: str  # system or simulated.
    entries: str  # auditors or public.
    synthetic: bool
    vkeys: Sequence[str]  # Control log first, then by number.
    platform_vkey: str


def first_row(facts: LedgerFacts, origin: str, received_at: int, control_size: int) -> EntryRow:
    """Return entry 0 of a log as a row.

    Args:
        facts: Of the ledger.
        origin: Of this log.
        received_at: Microseconds UTC.
        control_size: 0 in the control log, 1 in a case log.
    """
    act = _first_act(facts, origin, received_at)
    state = encode_entry(
        Entry(
            leaf_index=0,
            stream_id=STREAM,
            stream_version=1,
            stream_link=ZERO_LINK,
            received_at=received_at,
            control_size=control_size,
            opened=0,
            source=None,
            submission=b"",
            act=encode_act(act),
        )
    )
    return EntryRow(
        stream_id=STREAM,
        stream_version=1,
        topic=f"{EVENT_TYPE}.v{act.schema_version}",
        state=state,
        leaf_index=0,
        link=stream_link(state, facts.profile),
        leaf=leaf_hash(state),
        event_id=act.event_id,
        received_at=received_at,
    )


def _first_act(facts: LedgerFacts, origin: str, received_at: int) -> Act:
    text = schema_text(SCHEMA_FILE)
    return Act(
        event_id=ledger_event_id(origin, 0, EVENT_TYPE),
        event_type=EVENT_TYPE,
        schema_version=1,
        payload_schema=fingerprint(text),
        stream_key=STREAM,
        aggregate_type="Ledger",
        aggregate_id=STREAM,
        expected_version=None,
        agency_id=facts.operator,
        delegate_id=None,
        emitter_id=origin,
        emitter_seq=None,
        actors=(),
        occurred_at=received_at,
        recorded_at=received_at,
        late_entry=None,
        correlation_id=None,
        causation_id=None,
        case_id=None,
        item_code=None,
        payload=compile_codec(text).encode(_payload(facts, origin)),
    )


def _payload(facts: LedgerFacts, origin: str) -> dict[str, object]:
    return {
        "ledger": facts.name,
        "operator": facts.operator,
        "origin": origin,
        "caseLogs": facts.case_logs,
        "formatVersion": FORMAT_VERSION,
        "hashProfile": facts.profile,
        "signatures": ["ed25519"],
        "clock": facts.clock,
        "entries": facts.entries,
        "synthetic": facts.synthetic,
        "vkeys": list(facts.vkeys),
        "platformVkey": facts.platform_vkey,
        "schemas": [{"file": file, "text": schema_text(file)} for file in SCHEMA_FILES],
    }

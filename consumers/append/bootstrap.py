"""What the control log has to say before anybody sends acts: schemas, keys, rules, catalogue.

Read before: docs/spec/birth.md, ``ledger/store/birth.py``. Read next: ``consumers/loop.py``.

At every start the control log's appender compares the installed files with the control log and
sends what is missing as one submission signed by the platform, through Kafka like everybody's.
Event ids are made from what an act says and from the size it was compared at, so sending it again
after a crash makes a duplicate and not a second publication. An installed rule set replaces only
one that was installed before it; one that a supervisor published is left alone. An installed
calendar replaces an earlier version of its year.
Trusts the platform's key, and of the installed package what ``ledger/domain/installed_types.py``
finds no fault in.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from consumers.emitter.submission import UnsealedAct, build_items
from consumers.emitter.transport import act_record
from consumers.record_batch import OutRecord
from consumers.topics import CONTROL
from ledger.chain.act import Act, decode_act, encode_act
from ledger.chain.avro import compile_codec
from ledger.chain.ids import ledger_event_id
from ledger.chain.note_keys import Signer
from ledger.chain.schema_text import fingerprint, text_hash
from ledger.chain.sealing import SUITE_ID
from ledger.clock import MICROS_PER_SECOND, Clock, Random
from ledger.domain.control import ControlState
from ledger.domain.control_records import CalendarYear
from ledger.domain.installed_types import require_installed_types
from ledger.errors import MalformedError, RejectedError
from ledger.limits import SUBMISSION_ACTS_MAX
from schemas.catalogue import catalogue_json, load_catalogue
from schemas.loader import (
    FaultyFileError,
    calendar_texts,
    event_schemas,
    replaced_rule_sets,
    rule_set_text,
)

TRANSPORT_KEY_DAYS: Final = 730
_DAY_MICROS: Final = 86_400 * MICROS_PER_SECOND
_EPOCH: Final = dt.date(1970, 1, 1)


class Publication(NamedTuple):
    """One act to be: type, stream, aggregate type and payload."""

    event_type: str
    stream: str
    aggregate: str
    payload: Mapping[str, Any]


def missing_records(
    state: ControlState,
    platform: Signer,
    transport_keys: Mapping[int, bytes],
    clock: Clock,
    random: Random,
) -> list[OutRecord]:
    """Return the records that publish what the control log does not have yet; often none.

    Args:
        state: The control log as it stands; entry 0 at least.
        platform: The platform's key.
        transport_keys: Public transport keys of the vault by id, 32 bytes each.
        clock: For the submission's UUID.
        random: For the same.

    Raises:
        RejectedError: More is missing than one submission holds.
        MalformedError: An installed event type has a fault: the control log would refuse it, at
            this start and at every other.
    """
    try:
        publications = list(_publications(state, transport_keys))
    except (FaultyFileError, MalformedError):
        require_installed_types()  # Which says where.
        raise
    if not publications:
        return []
    require_installed_types()
    if len(publications) > SUBMISSION_ACTS_MAX:
        raise RejectedError("TOO_MANY_SCHEMAS", f"{len(publications)} acts are to be published")
    assert state.ledger is not None
    is_birth = state.catalogue is None
    acts = [
        _act(state, platform.name, publication, number if is_birth else None)
        for number, publication in enumerate(publications, start=1)
    ]
    items = build_items(state.ledger.name, acts, [platform], None, clock, random)
    return [act_record(item, decode_act(item.act), CONTROL) for item in items]


def _publications(
    state: ControlState, transport_keys: Mapping[int, bytes]
) -> Iterator[Publication]:
    """Yield what is missing, in the order in which it is published."""
    is_birth = state.catalogue is None
    for (subject, version), text in event_schemas().items():
        # At birth all of them: entry 0 brings two texts, but does not publish them.
        if is_birth or (subject, version) not in state.schemas:
            yield _schema(subject, version, text)
    for key_id, public_key in sorted(transport_keys.items()):
        if key_id not in state.transport_keys:
            yield _transport_key(state, key_id, public_key)
    if not state.rule_sets or state.rule_sets[-1].version in replaced_rule_sets():
        yield _text("RuleSetPublished", "platform:rules", rule_set_text())
    for text in calendar_texts():
        document = json.loads(text)
        if _replaces(document["version"], state.calendar.get(document["year"])):
            yield _text("CalendarVersionPublished", "platform:calendar", text)
    catalogue = catalogue_json(load_catalogue())
    if state.catalogue is None or catalogue_json(state.catalogue) != catalogue:
        yield _text("CatalogueVersionPublished", "platform:catalogue", catalogue)


def _replaces(version: str, held: CalendarYear | None) -> bool:
    """Tell whether an installed calendar replaces the one held of its year: cn-2027.1 cn-2027.0.

    So the arrangement of the State Council follows the provisional year, and an older program that
    is started again takes nothing back.
    """
    if held is None:
        return True
    before, after = held.version.rpartition("."), version.rpartition(".")
    is_same_series = before[0] == after[0] and before[2].isdecimal()
    return is_same_series and int(after[2]) > int(before[2])


def _schema(subject: str, version: int, text: str) -> Publication:
    payload = {
        "subject": subject,
        "version": version,
        "text": text,
        "textHash": text_hash(text),
        "fingerprint": fingerprint(text),
    }
    return Publication("SchemaPublished", f"schema:{subject}", "Schema", payload)


def _transport_key(state: ControlState, key_id: int, public_key: bytes) -> Publication:
    payload = {
        "keyId": key_id,
        "suite": SUITE_ID,
        "publicKey": public_key,
        "from": state.received_at,
        "to": state.received_at + TRANSPORT_KEY_DAYS * _DAY_MICROS,
    }
    return Publication("VaultTransportKeyPublished", "platform:transport", "Platform", payload)


def _text(event_type: str, stream: str, text: str) -> Publication:
    document = json.loads(text)
    start = document.get("effective_from") or f"{document['year']}-01-01"
    payload = {
        "version": document["version"],
        "text": text,
        "textHash": text_hash(text),
        "effectiveFrom": (dt.date.fromisoformat(start) - _EPOCH).days,
    }
    return Publication(event_type, stream, "Platform", payload)


def _act(
    state: ControlState, emitter_id: str, publication: Publication, sequence: int | None
) -> UnsealedAct:
    assert state.ledger is not None
    text = event_schemas()[publication.event_type, 1]
    payload = compile_codec(text).encode(publication.payload)
    what = hashlib.sha256(payload).hexdigest()
    act = Act(
        event_id=ledger_event_id(
            state.ledger.name, publication.event_type, publication.stream, what, state.size
        ),
        event_type=publication.event_type,
        schema_version=1,
        payload_schema=fingerprint(text),
        stream_key=publication.stream,
        aggregate_type=publication.aggregate,
        aggregate_id=publication.stream,
        expected_version=None,
        agency_id=state.ledger.operator,
        delegate_id=None,
        emitter_id=emitter_id,
        emitter_seq=sequence,
        actors=(),
        # The ledger's own time: the same act again is the same bytes.
        occurred_at=state.received_at,
        recorded_at=state.received_at,
        late_entry=None,
        correlation_id=None,
        causation_id=None,
        case_id=None,
        item_code=None,
        payload=payload,
    )
    return UnsealedAct(publication.stream, encode_act(act))

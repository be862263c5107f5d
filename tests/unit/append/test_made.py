"""What the ledger says itself, against the golden vectors' entries."""

import pytest

from consumers.append.made import LedgerVoice, RejectedItem, full_hour, made_payload
from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from ledger.domain.control import BIRTH_TYPES
from tests.support.vectors import load

LOGS = {name: load("entries")[name] for name in ("control", "case")}
OPERATOR = "12430000FCT000003D"


def made_by_ledger(event_type):
    """Yield log, entry and act of each vector entry of a type."""
    for name, log in LOGS.items():
        for item in log["entries"]:
            if item["event_type"] == event_type:
                entry = decode_entry(bytes.fromhex(item["extra"] + item["act"]))
                yield pytest.param(
                    LedgerVoice("0" if name == "case" else "control", log["origin"], OPERATOR),
                    entry,
                    decode_act(entry.act),
                    id=f"{name}-{entry.leaf_index}",
                )


@pytest.mark.parametrize(("voice", "entry", "act"), list(made_by_ledger("LogHeartbeat")))
def test_heartbeats_are_the_vectors(voice, entry, act):
    """The last full hour, the log's own stream, an id from origin and index."""
    hour = made_payload(act)["at"]
    assert full_hour(entry.received_at) == hour
    made = voice.heartbeat(entry.leaf_index, hour, entry.received_at)
    assert (made.value, made.stream_id) == (entry.act, entry.stream_id)


@pytest.mark.parametrize(("voice", "entry", "act"), list(made_by_ledger("EventsRejected")))
def test_rejections_are_the_vectors(voice, entry, act):
    """Items in order, the id from the first one's source."""
    items = [
        RejectedItem(
            item["rawHash"],
            item["reasonCode"],
            item["pointer"],
            entry.source._replace(**item["source"]),
        )
        for item in made_payload(act)["items"]
    ]
    made = voice.events_rejected(items, entry.received_at)
    assert (made.value, made.stream_id) == (entry.act, entry.stream_id)


@pytest.mark.parametrize(("voice", "entry", "act"), list(made_by_ledger("OpeningsCompleted")))
def test_completed_openings_are_the_vectors(voice, entry, act):
    """In the stream of the act concerned, which is the cause."""
    concerned = act._replace(event_id=made_payload(act)["eventId"])
    made = voice.about(
        "OpeningsCompleted", concerned, entry.source, made_payload(act), entry.received_at
    )
    assert made.value == entry.act


def test_the_vectors_cover_what_is_tested_here():
    """An empty parameter list would pass unseen."""
    for event_type in ("LogHeartbeat", "EventsRejected", "OpeningsCompleted"):
        assert list(made_by_ledger(event_type))
    assert "SchemaPublished" in BIRTH_TYPES

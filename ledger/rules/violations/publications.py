"""What of a matter is shown to the public, where, since when and until when.

Read before: ``ledger/domain/disclosure.py``. Read next: ``publication``.

The platform's own disclosures have a draft that names their source; what an agency publishes by
itself names its source and stands for the portal. Days are days since 1970-01-01.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger.domain.disclosure import EXPIRED, Disclosures, take_in
from ledger.domain.stream import StreamAct

PORTAL: Final = "PORTAL"
SHOWING: Final = ("DisclosurePublished", "DisclosurePublishedExternally")
_RENEWING: Final = ("DisclosurePublished", "DisclosureUpdated", "DisclosureCorrected")
_HIDING: Final = ("DisclosureWithdrawn", EXPIRED, "DisclosureRepairEnded")


class Place(NamedTuple):
    """What is disclosed, and on which channel."""

    source: bytes  # Event id.
    channel: str

    @property
    def subject(self) -> str:
        """The place as the subject of a finding."""
        return f"{self.source.hex()}:{self.channel}"


class Publications:
    """The publications of a matter."""

    def __init__(self) -> None:
        self.disclosures = Disclosures()
        self.due_days: dict[Place, int | None] = {}  # Of duties to publish.
        self.first_shown: dict[Place, StreamAct] = {}
        self.shown: dict[bytes, dict[str, str]] = {}  # Source -> disclosure id -> channel.
        self.until: dict[str, int | None] = {}  # Last day of what is shown, by disclosure id.
        self.requests: dict[str, StreamAct] = {}  # To correct; the oldest that is open.
        self.texts: dict[bytes, set[str]] = {}  # Decision -> digests of what was served.
        self._sources: dict[str, bytes] = {}  # Of what is shown, by disclosure id.

    def apply(self, item: StreamAct) -> None:
        """Take in the next act that counts."""
        event_type, payload, disclosure_id = item.event_type, item.payload, item.act.aggregate_id
        if event_type in SHOWING and (place := self.place_of(item)) is not None:
            self.first_shown.setdefault(place, item)
            self.shown.setdefault(place.source, {})[disclosure_id] = place.channel
            self._sources[disclosure_id] = place.source
        elif event_type in _HIDING and self._is_hidden_by(item):
            self.shown.get(self._sources.get(disclosure_id, b""), {}).pop(disclosure_id, None)
            self.until.pop(disclosure_id, None)
        elif event_type == "DisclosureObligationAssessed":
            place = Place(payload["sourceEventId"], payload["channel"])
            self.due_days[place] = payload["dueDate"] if payload["result"] == "MUST" else None
        elif event_type == "DisclosureCorrectionRequested":
            self.requests.setdefault(disclosure_id, item)
        if event_type in _RENEWING:
            self.until[disclosure_id] = payload["until"]
        if event_type in ("DisclosureCorrected", "DisclosureWithdrawn"):
            self.requests.pop(disclosure_id, None)
        self._read_text(item)
        take_in(self.disclosures, item)

    def place_of(self, item: StreamAct) -> Place | None:
        """Return what a publication shows and where, None if its draft is unknown."""
        if item.event_type == "DisclosurePublishedExternally":
            return Place(item.payload["sourceEventId"], PORTAL)
        held = self.disclosures.of(item.act.aggregate_id)
        if held.source_event_id is None or held.channel is None:
            return None
        return Place(held.source_event_id, held.channel)

    def is_shown(self, disclosure_id: str) -> bool:
        """Tell whether a disclosure is to be seen."""
        source = self._sources.get(disclosure_id)
        return source is not None and disclosure_id in self.shown.get(source, {})

    def _is_hidden_by(self, item: StreamAct) -> bool:
        held = self.disclosures.of(item.act.aggregate_id)
        return item.event_type != EXPIRED or held.is_ended_by(item.act)

    def _read_text(self, item: StreamAct) -> None:
        payload = item.payload
        if item.event_type in ("PenaltyDecisionMade", "OnSitePenaltyDecided"):
            self.texts.setdefault(item.act.event_id, set()).add(payload["doc"]["fileHash"])
        elif item.event_type == "DecisionClericalCorrected":
            self.texts.setdefault(payload["decisionEventId"], set()).add(payload["afterHash"])
        elif item.event_type == "DecisionAltered":
            texts = self.texts.setdefault(payload["decisionEventId"], set())
            texts.add(payload["doc"]["fileHash"])

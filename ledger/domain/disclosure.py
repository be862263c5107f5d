"""Disclosures (公示) of a stream: obligation, draft, review, publication, end.

Read before: ``stream``. Read next: ``ledger/rules/gate_rules.py``.

A draft holds a hash and no field; review and publication name the same hash, so "what was
reviewed is what was published" is one comparison (docs/spec/disclosure-record.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ledger.chain.act import Act
from ledger.domain.stream import StreamAct

PUBLISHED: Final = "PUBLISHED"
EXPIRED: Final = "DisclosureExpired"
MUST_NOT: Final = "MUST_NOT"
# What a withdrawal may rest on, and the act that must be there for it.
CAUSES: Final[Mapping[str, str]] = {
    "ALTERED": "DecisionAltered",
    "REVOKED": "DecisionRevoked",
    "UNLAWFUL": "DecisionConfirmedUnlawful",
    "INVALID": "DecisionConfirmedInvalid",
    "REDO": "RedoOrdered",
}
_ENDS: Final = {
    "DisclosureWithdrawn": "WITHDRAWN",
    EXPIRED: "ENDED",
    "DisclosureRepairEnded": "ENDED",
    "DisclosureWithheld": "WITHHELD",
    "DisclosurePublishedExternally": "PUBLISHED_EXTERNAL",
}


@dataclass
class Disclosure:
    """One disclosure after the acts folded so far."""

    disclosure_id: str
    state: str = "NONE"
    source_event_id: bytes | None = None
    channel: str | None = None
    draft: Mapping[str, Any] | None = None  # Payload of the newest ``DisclosureDrafted``.
    drafters: set[str] = field(default_factory=set)  # Of all drafts since the last publication.
    review: Mapping[str, Any] | None = None  # Of the newest review since the newest draft.
    version: int = 0  # Published version; 0 before the first publication.
    content_hash: str | None = None  # Of the published version.
    published_by: bytes | None = None  # The newest ``DisclosurePublished``.

    def is_ended_by(self, act: Act) -> bool:
        """Tell whether an expiry ends what is shown: one that names a publication ends that one.

        The engine names it, and may be slower than a withdrawal after its last day, and what
        follows on that.
        """
        is_shown = self.state in (PUBLISHED, "PUBLISHED_EXTERNAL")
        return act.causation_id is None or (is_shown and act.causation_id == self.published_by)


@dataclass
class Disclosures:
    """All disclosures of a stream, and what was judged about their sources."""

    by_id: dict[str, Disclosure] = field(default_factory=dict)
    # (source event id, channel) -> result of the newest ``DisclosureObligationAssessed``.
    obligations: dict[tuple[bytes, str], str] = field(default_factory=dict)

    def of(self, disclosure_id: str) -> Disclosure:
        """Return a disclosure; one that nobody wrote about is in state NONE."""
        return self.by_id.get(disclosure_id) or Disclosure(disclosure_id)

    def obligation(self, disclosure: Disclosure) -> str | None:
        """Return MUST, MAY_WITHHOLD or MUST_NOT for what is disclosed, None if not judged."""
        if disclosure.source_event_id is None or disclosure.channel is None:
            return None
        return self.obligations.get((disclosure.source_event_id, disclosure.channel))


def fold_disclosures(acts: Iterable[StreamAct]) -> Disclosures:
    """Return the disclosures after these acts."""
    disclosures = Disclosures()
    for item in acts:
        take_in(disclosures, item)
    return disclosures


def take_in(disclosures: Disclosures, item: StreamAct) -> None:
    """Change the disclosures of a stream by its next act."""
    if item.event_type == "DisclosureObligationAssessed":
        key = (item.payload["sourceEventId"], item.payload["channel"])
        disclosures.obligations[key] = item.payload["result"]
    elif item.act.aggregate_type == "Disclosure":
        disclosure_id = item.act.aggregate_id
        held = disclosures.by_id.setdefault(disclosure_id, Disclosure(disclosure_id))
        _apply(held, item)


def _apply(held: Disclosure, item: StreamAct) -> None:
    event_type, payload = item.event_type, item.payload
    if event_type == "DisclosurePublished":
        held.published_by = item.act.event_id
    if event_type == "DisclosureDrafted":
        held.draft = payload
        held.drafters.add(payload["drafter"])
        held.review = None
        held.source_event_id = payload["sourceEventId"]
        held.channel = payload["channel"]
        if held.state != PUBLISHED:
            held.state = "DRAFT"
    elif event_type == "DisclosureReviewed":
        held.review = payload
        if held.state != PUBLISHED:
            held.state = "APPROVED" if payload["decision"] == "APPROVED" else "DRAFT"
    elif event_type in ("DisclosurePublished", "DisclosureUpdated", "DisclosureCorrected"):
        held.state = PUBLISHED
        held.version = payload["version"]
        held.content_hash = payload["contentHash"]
        held.drafters = set()
    elif event_type in _ENDS and (event_type != EXPIRED or held.is_ended_by(item.act)):
        held.state = _ENDS[event_type]

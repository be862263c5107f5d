"""When a passed legal review no longer covers its matter, as the platform itself says it.

Read before: ``ledger/domain/review.py``, docs/spec/derived.md. Read next: ``consumers/supervise``.

行政处罚法 art. 58: what was reviewed is what is decided. A hearing, new evidence or another
proposed penalty after an AGREE makes that opinion stale, which is told once for each opinion and
stays told. What a question to the decision gate proposes is no act of the case and tells nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from ledger.chain.ids import alert_id
from ledger.domain.amendments import Amendments
from ledger.domain.control import ControlState
from ledger.domain.review import INVALIDATED, ReviewFold, concerns_reviews
from ledger.domain.stream import StreamAct, count_step

# A list of a rule set: which types follow by it, besides alerts and misses.
DERIVED_ACTS: Final = "derived_acts"


class Lapse(NamedTuple):
    """One opinion that became stale.

    Attributes:
        lapse_id: 64 hex digits, made as the id of an alert.
        review_id: The review whose newest conclusion it is.
        cause: As in ``LegalReviewInvalidated``.
        cause_event_id: The act that made it stale.
        trigger: The act with which that came to be known: the same, or a correction.
    """

    lapse_id: str
    review_id: str
    cause: str
    cause_event_id: bytes
    trigger: StreamAct


class ReviewLapses:
    """The opinions of one stream that have become stale.

    Args:
        origin: Origin of its log.
    """

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._owner: str | None = None
        self._amendments = Amendments()
        self._acts: dict[bytes, StreamAct] = {}  # What the fold looks at, in the stream's order.
        self._fold = ReviewFold()
        self._told: set[tuple[str, bytes | None]] = set()  # Reviews and their conclusions.

    def take_in(self, item: StreamAct, control: ControlState) -> list[Lapse]:
        """Take in the next act; return what has become stale by it, by its review's first act.

        Args:
            item: The act.
            control: The control log at the entry's ``controlSize``.
        """
        does_count, self._owner = count_step(item, self._owner, control, self._origin)
        if not does_count:
            return []
        is_void = self._amendments.is_void(item)
        changed = self._amendments.take(item, control)
        if changed is not None and changed.event_id in self._acts:
            self._amend(changed.event_id, changed.item)
        if concerns_reviews(item) and not is_void:
            self._acts[item.act.event_id] = item
            self._fold.apply(item)
        elif changed is None:
            return []
        lapses = list(self._new(item))
        rules = control.rule_set_at(item.entry.received_at)
        is_told = rules is not None and INVALIDATED in rules.lists.get(DERIVED_ACTS, ())
        return lapses if is_told else []

    def _amend(self, event_id: bytes, corrected: StreamAct | None) -> None:
        """Fold anew: an annulled act was none, a corrected one stands where it stood."""
        if corrected is None:
            del self._acts[event_id]
        else:
            self._acts[event_id] = corrected
        self._fold = ReviewFold()
        for item in self._acts.values():
            self._fold.apply(item)

    def _new(self, trigger: StreamAct) -> Iterator[Lapse]:
        place = f"{self._origin}#{trigger.entry.leaf_index}"
        for review in self._fold.reviews.values():
            opinion = (review.review_id, review.concluded_by)
            if not review.has_passed or not review.stale or opinion in self._told:
                continue
            self._told.add(opinion)
            cause, event_id = next(iter(review.stale.items()))
            lapse_id = alert_id(INVALIDATED, _subject(*opinion), place)
            yield Lapse(lapse_id, review.review_id, cause, event_id, trigger)


def _subject(review_id: str, conclusion: bytes | None) -> str:
    assert conclusion is not None  # A review that has passed was concluded.
    return f"{review_id}:{conclusion.hex()}"

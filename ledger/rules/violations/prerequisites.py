"""Whether what an act rests on had happened before it.

Read before: ``chronicle``. Read next: ``coercion``.

What was received before an act but happened after it is no prerequisite of it.
"""

from __future__ import annotations

from ledger.rules.violations.chronicle import chronicle, when
from ledger.rules.violations.rule import Sight


def had_happened(sight: Sight, *event_types: str, until: int | None = None) -> bool:
    """Tell whether the matter had one of these when the arriving act happened, or at ``until``."""
    limit = when(sight.item) if until is None else until
    firsts = (chronicle(sight).first(event_type) for event_type in event_types)
    return any(item is not None and when(item) <= limit for item in firsts)


def had_happened_to(
    sight: Sight, aggregate_id: str, *event_types: str, until: int | None = None
) -> bool:
    """Tell the same of one aggregate, such as a measure or a piece of evidence."""
    limit = when(sight.item) if until is None else until
    firsts = (chronicle(sight).earliest_of(aggregate_id, kind) for kind in event_types)
    return any(item is not None and when(item) <= limit for item in firsts)

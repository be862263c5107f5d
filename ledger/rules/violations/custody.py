"""Rules of custody (保管): who holds a piece of evidence, and how long what was recorded is kept.

Read before: ``recordings``. Basis: 行政处罚法 art. 46, 档案法 art. 13; terms of recordings are
those of the rule set.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from ledger.domain.control_records import day_of
from ledger.domain.stream import StreamAct
from ledger.rules.calendar import add_months
from ledger.rules.violations.law import listed, number
from ledger.rules.violations.prerequisites import had_happened
from ledger.rules.violations.recordings import Medium, Recordings
from ledger.rules.violations.rule import BOOK, Finding, Sight

_NOBODY: Final[frozenset[str]] = frozenset()


class Custody:
    """Who holds each piece of evidence, and what is held (保全) in the matter."""

    def __init__(self) -> None:
        self.holders: dict[str, frozenset[str]] = {}
        self._holds: dict[bytes, str] = {}
        self._targets: Counter[str] = Counter()

    def apply(self, item: StreamAct) -> None:
        """Take in the next act that counts."""
        event_type, payload, evidence = item.event_type, item.payload, item.act.aggregate_id
        if event_type == "EvidenceRegistered":
            self.holders.setdefault(evidence, frozenset(payload["collectedBy"]))
        elif event_type == "EvidenceTransferred":
            self.holders[evidence] = frozenset({payload["to"]})
        elif event_type in ("EvidenceReturned", "EvidenceDestroyed"):
            self.holders[evidence] = _NOBODY
        elif event_type == "HoldPlaced":
            self._holds[item.act.event_id] = payload["target"]
            self._targets[payload["target"]] += 1
        elif event_type == "HoldLifted":
            target = self._holds.pop(payload["holdEventId"], None)
            if target is not None:
                self._targets[target] -= 1

    def is_held(self, *targets: str) -> bool:
        """Tell whether a hold on one of these is open."""
        return any(self._targets[target] > 0 for target in targets)


@BOOK.rule("V-EVD-08", "EvidenceTransferred")
def custody_gap(sight: Sight) -> Iterator[Finding]:
    """Custody is continuous: whoever hands a piece of evidence over is who holds it."""
    holders = sight.matter.part(Custody).holders.get(sight.item.act.aggregate_id)
    if holders is not None and sight.item.payload["from"] not in holders:
        yield Finding(sight.item.act.aggregate_id)


@BOOK.rule("V-EVD-07", "MediaDisposed", "EvidenceDestroyed", "EvidenceReturned")
def disposed_too_early(sight: Sight) -> Iterator[Finding]:
    """Nothing is disposed of while it is held, its term runs or the case is open."""
    act, event_type = sight.item.act, sight.item.event_type
    is_early = sight.matter.part(Custody).is_held(act.aggregate_id, act.stream_key)
    if event_type == "EvidenceDestroyed":
        is_open = act.case_id is not None and not had_happened(sight, "CaseClosed")
        is_early = is_early or is_open
    elif event_type == "MediaDisposed":
        medium = sight.matter.part(Recordings).media.get(act.aggregate_id)
        is_early = is_early or (medium is not None and _is_kept(sight, medium))
    if is_early:
        yield Finding(act.aggregate_id)


def _is_kept(sight: Sight, medium: Medium) -> bool:
    start = medium.uploaded or medium.stopped or medium.started
    if medium.is_permanent or start is None:
        return medium.is_permanent
    category = "" if medium.uploaded is None else medium.uploaded.payload["category"]
    if category in listed(sight.rules, "recordings_kept_for_ever"):
        return True
    months = number(sight.rules, "recording_retention_months")
    until = max(add_months(day_of(start.act.occurred_at), months), medium.kept_until)
    return day_of(sight.item.act.occurred_at) <= until

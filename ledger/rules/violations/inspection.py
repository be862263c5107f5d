"""Rules of inspection (行政检查): a published item, an approved task, a draw that can be repeated.

Read before: ``prerequisites`` and docs/spec/random-draw.md. Basis: 国办发〔2024〕54号.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ledger.domain.stream import StreamAct
from ledger.rules.random_draw import is_consistent
from ledger.rules.violations.prerequisites import had_happened
from ledger.rules.violations.rule import BOOK, Finding, Sight

_NOTHING: Final[frozenset[str]] = frozenset()


class Promises:
    """The seeds that were promised before a draw: when each was first, by its digest."""

    def __init__(self) -> None:
        self.promised_at: dict[str, int] = {}

    def apply(self, item: StreamAct) -> None:
        """Take in the next act that counts."""
        commit = item.payload["seedCommit"] if item.event_type == "InspectionTaskApproved" else None
        if commit is not None:
            at = item.act.occurred_at
            self.promised_at[commit] = min(at, self.promised_at.get(commit, at))


@BOOK.rule("V-INS-01", "InspectionTaskApproved")
def item_not_on_the_list(sight: Sight) -> Iterator[Finding]:
    """国办发〔2024〕54号: only what the agency's published list names is inspected."""
    act = sight.item.act
    codes = sight.control.inspection_items.codes_at(act.agency_id, act.occurred_at) or _NOTHING
    if not codes.issuperset(sight.item.payload["itemCodes"]):
        yield Finding(act.event_id.hex())


@BOOK.rule("V-INS-02", "EntryScanned", "InspectionRecordMade", cured_by=("InspectionTaskApproved",))
def inspection_without_approval(sight: Sight) -> Iterator[Finding]:
    """国办发〔2024〕54号: a task is approved before anybody goes there; once for each task."""
    if not had_happened(sight, "InspectionTaskApproved"):
        yield Finding(sight.item.act.stream_key)


@BOOK.rule("V-INS-04", "RandomDrawConducted")
def draw_not_reproducible(sight: Sight) -> Iterator[Finding]:
    """双随机: the seed was promised before, is what was promised, and draws what was drawn.

    The pools are not in the ledger: who has them repeats the whole draw (``random_draw``).
    """
    act, payload = sight.item.act, sight.item.payload
    promised = sight.matter.part(Promises).promised_at.get(payload["seedCommit"])
    is_promised = promised is not None and promised <= act.occurred_at
    if not is_promised or not is_consistent(payload):
        yield Finding(act.event_id.hex())

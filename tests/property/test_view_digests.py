"""The same ledger gives the same rows, however it is cut and interleaved.

Method: a story over three logs is drawn, then read twice: once in one go, once in drawn batch
sizes with the logs becoming visible in drawn steps. Digests and rows must be the same.
"""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.project import FactsFollower, Projector
from projections.digest import format_digest
from tests.support.disclosure_story import TYPES, Case, register_agencies
from tests.support.ledger_copy import AGENCY, LedgerCopy, MemorySource, sample
from tests.support.views import DEFINITIONS, MemoryView, memory_view

STEPS: dict[str, Callable[[Case], object]] = {
    "file": Case.filed,
    "decide": Case.decided,
    "draft": Case.drafted,
    "publish": Case.published,
    "update": Case.updated,
    "withdraw": Case.withdrawn,
    "seal": lambda case: case.withdrawn("SEALED"),
    "expire": lambda case: case.act("DisclosureExpired", case.disclosure),
    "retrieve": Case.retrieved,
    "deny": lambda case: case.retrieved(approved=False),
    "alert": lambda case: case.act("SupervisionAlertRaised"),
}
STORIES = st.lists(st.tuples(st.integers(0, 4), st.sampled_from(sorted(STEPS))), max_size=25)


def tell(story: list[tuple[int, str]]) -> LedgerCopy:
    """Return the ledger of a story; the agency gets a new name in the middle of it."""
    ledger = LedgerCopy(2, schemas=TYPES)
    register_agencies(ledger)
    cases = [Case(ledger, number, str(number % 2)) for number in range(5)]
    for step, (number, what) in enumerate(story):
        if step == len(story) // 2:
            payload = sample("AgencyRegistered", uscc=AGENCY, name="新名")
            ledger.add("AgencyRegistered", payload, stream=f"agency:{AGENCY}")
        STEPS[what](cases[number])
    return ledger


@settings(deadline=None, max_examples=20)
@given(story=STORIES, data=st.data())
def test_batches_and_interleavings_change_nothing(story, data):
    """Every view, every cut; what is not promised yet comes later."""
    ledger = tell(story)
    whole = {log: len(entries) for log, entries in ledger.logs.items()}
    steps = [
        {log: data.draw(st.integers(1, size)) for log, size in whole.items()} for _ in range(3)
    ]
    for definition in DEFINITIONS:
        expected = memory_view(definition(), MemorySource(ledger.logs), entries_max=10_000)
        source = MemorySource(ledger.logs)
        view = MemoryView(definition())
        projector = Projector(view, source, FactsFollower(MemorySource(ledger.logs)))
        promised = dict.fromkeys(whole, 0)
        for step in [*steps, whole]:
            # A promise never shrinks.
            promised = {log: max(promised[log], size) for log, size in step.items()}
            source.visible = promised
            entries_max = data.draw(st.integers(1, 300))
            while projector.project_batch(entries_max).moved:
                pass
        assert view.sizes == whole
        assert format_digest(view.rows.digest()) == expected.digest

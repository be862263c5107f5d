"""The loop holds case entries back, asks for facts as of their size, and waits for what is away."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from consumers.project import FactsFollower, Progress, Projector
from ledger.domain.projection import ControlReader, EntryRange, EntryView
from ledger.errors import IncompleteError, UnavailableError
from projections.rows import Rows
from tests.support.disclosure_story import Case, register_agencies
from tests.support.ledger_copy import AGENCY, LedgerCopy, MemorySource, sample
from tests.support.views import MemoryView, drain


class Notebook:
    """A view that writes down what it was shown."""

    name = "notebook"
    code_version = "1"
    package = "tests"
    tables = ()

    def __init__(self, event_types: frozenset[str] | None = None) -> None:
        self.event_types = event_types
        self.seen: list[tuple[str, int, str | None]] = []

    def process(self, entry: EntryView, facts: ControlReader, _rows: Rows) -> None:
        """Note log, position, and the agency's name as of the entry's control size."""
        name = facts.agency_name(AGENCY, entry.entry.control_size)
        self.seen.append((entry.log, entry.entry.leaf_index, name))


def ledger_with_a_renamed_agency() -> tuple[LedgerCopy, int]:
    """Return a ledger in which case entries lie before and after the agency's new name."""
    ledger = LedgerCopy(1)
    register_agencies(ledger)
    old = len(ledger.logs["control"])
    Case(ledger, 1).act("LeadRegistered")
    renamed = sample("AgencyRegistered", uscc=AGENCY, name="新名")
    ledger.add("AgencyRegistered", renamed, stream=f"agency:{AGENCY}")
    Case(ledger, 2).act("LeadRegistered")
    return ledger, old


def test_an_entry_is_held_back_until_the_control_log_was_followed():
    """A case entry whose control size is not visible yet waits, those before it do not."""
    ledger, old = ledger_with_a_renamed_agency()
    source = MemorySource(ledger.logs)
    source.visible = {"control": old, "0": len(ledger.logs["0"])}
    view = MemoryView(Notebook(frozenset({"LeadRegistered"})))
    drain(view, source)
    assert view.sizes == {"control": old, "0": 2}
    source.visible = None
    drain(view, source)
    assert view.sizes == {log: len(entries) for log, entries in ledger.logs.items()}
    assert view.definition.seen == [("0", 1, "长沙市市场监督管理局"), ("0", 2, "新名")]


def test_facts_are_those_of_the_entry_even_when_the_control_log_is_far_ahead():
    """The whole control log was read before the first case entry."""
    ledger, _ = ledger_with_a_renamed_agency()
    view = MemoryView(Notebook(frozenset({"LeadRegistered"})))
    drain(view, MemorySource(ledger.logs), entries_max=10_000)
    assert [name for _, _, name in view.definition.seen] == ["长沙市市场监督管理局", "新名"]


def test_only_subscribed_types_are_shown_and_the_rest_is_passed_over():
    """Sizes count what was passed over too."""
    ledger, _ = ledger_with_a_renamed_agency()
    view = MemoryView(Notebook(frozenset({"AgencyRegistered"})))
    drain(view, MemorySource(ledger.logs), entries_max=13)
    assert {log for log, _, _ in view.definition.seen} == {"control"}
    assert len(view.definition.seen) == 3
    assert view.sizes["0"] == len(ledger.logs["0"])


def test_an_idle_look_opens_no_transaction():
    """Where nothing is promised beyond what was taken in, the view is left alone."""
    ledger, _ = ledger_with_a_renamed_agency()
    view = MemoryView(Notebook())
    source = MemorySource(ledger.logs)
    projector = Projector(view, source, FactsFollower(source))
    first = projector.project_batch(10_000)
    reads = source.reads
    second = projector.project_batch(10_000)
    assert (first.lag, second.moved, second.lag) == (0, 0, 0)
    assert source.reads == reads


class Misplaced(MemorySource):
    """Hands out an entry under another position."""

    def read(self, log: str, start: int, limit: int, event_types) -> EntryRange:
        """Return entries one position late."""
        found = super().read(log, start, limit, event_types)
        if log != "0" or not found.entries:
            return found
        moved = [entry._replace(leaf_index=entry.leaf_index + 1) for entry in found.entries]
        return found._replace(entries=moved)


def test_an_entry_at_another_position_than_its_own_stops_the_view():
    """Nobody may shift entries on the way."""
    ledger, _ = ledger_with_a_renamed_agency()
    with pytest.raises(IncompleteError):
        drain(MemoryView(Notebook()), Misplaced(ledger.logs))


class Flaky(MemorySource):
    """Is away at the first and the third look."""

    def __init__(self, logs) -> None:
        super().__init__(logs)
        self.looks = 0

    def sizes(self) -> dict[str, int]:
        """Fail sometimes."""
        self.looks += 1
        if self.looks in {1, 3}:
            raise UnavailableError("away")
        return super().sizes()


def test_the_loop_waits_for_what_is_away_and_goes_on():
    """Every promised entry is taken in once in the end; the observer hears of every look."""
    ledger, _ = ledger_with_a_renamed_agency()
    view = MemoryView(Notebook())
    stopping = threading.Event()
    heard: list[Progress] = []

    class Idle:
        def wait(self, _timeout_s: float) -> None:
            stopping.set()

    projector = Projector(view, Flaky(ledger.logs), FactsFollower(MemorySource(ledger.logs)))
    projector.run(Idle(), stopping, heard.append)
    seen: Sequence = view.definition.seen
    assert len(seen) == len(set(seen)) == sum(map(len, ledger.logs.values()))
    assert heard[-1].moved == heard[-1].lag == 0


def test_facts_further_than_the_source_goes_are_waited_for():
    """A source that is behind is no broken ledger."""
    ledger = LedgerCopy(1)
    source = MemorySource(ledger.logs)
    with pytest.raises(UnavailableError):
        FactsFollower(source).follow_to(len(ledger.logs["control"]) + 1)

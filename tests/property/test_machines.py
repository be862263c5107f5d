"""The tables of retrievals and disclosures say what the folds say that gates read.

Reviews and cases take their state from the tables themselves. In any order of acts, each later
than the one before: of acts that came late the tables say more (docs/reference/machines.md).
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.disclosure import fold_disclosures
from ledger.domain.machines import Courses, fold_machines
from ledger.domain.retrieval import fold_retrievals
from ledger.domain.stream import StreamAct
from schemas.machine_tables import Machine
from tests.support.machines import MACHINES, arrows_of, history

SAME = {it: it for it in ("REQUESTED", "REJECTED", "CLOSED", "DRAFT", "APPROVED", "PUBLISHED")}
DISCLOSURES = SAME | {it: it for it in ("WITHDRAWN", "ENDED", "WITHHELD", "PUBLISHED_EXTERNAL")}
RETRIEVALS = SAME | {it: "APPROVED" for it in ("OPEN", "ACCESSED", "COPIED", "RETURNED")}


def orders(machine: Machine) -> st.SearchStrategy[list[StreamAct]]:
    one = st.sampled_from(arrows_of(machine))
    return st.lists(one, min_size=1, max_size=12).map(lambda chosen: history(machine, chosen))


def folded(machine: Machine, acts: list[StreamAct]) -> str:
    return next(it.state for it in fold_machines(acts) if it.machine is machine)


def said(acts: list[StreamAct], machine: Machine, words: Mapping[str, str]) -> str:
    return words.get(folded(machine, acts), "NONE")


@given(orders(MACHINES["retrieval-1"]))
def test_a_retrieval_is_what_gates_take_it_for(acts: list[StreamAct]) -> None:
    fold = fold_retrievals(acts, emergency_hours=24)["one:1"]
    assert said(acts, MACHINES["retrieval-1"], RETRIEVALS) == fold.state


@given(orders(MACHINES["disclosure-1"]))
def test_a_disclosure_is_what_gates_take_it_for(acts: list[StreamAct]) -> None:
    fold = fold_disclosures(acts).of("one:1")
    assert said(acts, MACHINES["disclosure-1"], DISCLOSURES) == fold.state


@pytest.mark.parametrize("name", MACHINES)
@given(data=st.data())
def test_asking_a_machine_changes_nothing(name: str, data: st.DataObject) -> None:
    """Whoever asks where an act would lead, or where all stand, finds the same afterwards."""
    acts = data.draw(orders(MACHINES[name]))
    courses = Courses()
    for item in acts:
        would = [step for _, step in courses.steps(item)]
        courses.all()
        assert [step for _, step in courses.steps(item)] == would
        courses.apply(item)
    assert courses.all() == fold_machines(acts)

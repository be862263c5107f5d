"""What is planted in a generated history is found, and nothing else; an honest one raises nothing.

So it is too when what the platform says of missed deadlines is in the history. An honest one misses
none.

Left out is what a copy of entries cannot show: a late entry is judged of registered emitters only, a
gap in an emitter's numbers over all logs at the close of a day.
"""

from __future__ import annotations

import pytest

from tests.support.history_copy import HistoryCopy
from tests.support.history_judged import completed

NOT_SHOWN = frozenset({"V-TIME-01", "V-LED-01"})


@pytest.mark.parametrize("seed", [11, 12])
def test_the_alerts_are_the_planted_violations(seed: int) -> None:
    history = HistoryCopy(130, seed, violations=0.8)

    derived = completed(history)
    found = {(it.found.rule_id, it.act.key) for it in derived if it.is_alert}
    missed = {it.found.deadline_id for it in derived if not it.is_alert}

    planted = {(it["rule_id"], it["stream_id"]) for it in history.planted}
    assert found == {it for it in planted if it[0] not in NOT_SHOWN}
    assert len({rule_id for rule_id, _ in found}) > 15
    assert {"D-PEN-02", "D-DIS-01", "D-SRV-01"} <= missed


def test_an_honest_history_raises_nothing() -> None:
    history = HistoryCopy(130, 13, violations=0.0)

    assert not history.planted
    assert completed(history) == []

"""When anchors are due by the clock: once in a period, and never while time is simulated."""

from __future__ import annotations

import pytest

from consumers.emitter.platform_acts import PlatformActs
from consumers.platform.anchor import newest_anchor
from ledger.chain.act import decode_act
from ledger.chain.entry import Entry, encode_entry
from ledger.chain.stream_heads import AnchoredHeads
from portal.anchor_timer import AnchorTimer, is_due
from tests.support.control import LEDGER, control_state, signer

HOUR = 3_600_000_000
DAY = 24 * HOUR
MIDNIGHT = 21_000 * DAY
HEADS = AnchoredHeads(f"{LEDGER}/log/0", 40, bytes(32), 7)


@pytest.mark.parametrize(
    ("now", "newest", "hours", "due"),
    [
        (MIDNIGHT, MIDNIGHT - 1, 24, True),
        (MIDNIGHT - 1, MIDNIGHT - DAY, 24, False),
        (MIDNIGHT + 23 * HOUR, MIDNIGHT, 24, False),
        (MIDNIGHT + 3 * DAY, MIDNIGHT, 24, True),
        (MIDNIGHT + HOUR, MIDNIGHT + HOUR - 1, 1, True),
        (MIDNIGHT + HOUR - 1, MIDNIGHT, 1, False),
    ],
)
def test_one_anchor_a_period(now, newest, hours, due):
    assert is_due(now, newest, hours) is due


class Streams:
    """A control log that has these streams; whatever else is asked of it fails."""

    def __init__(self, **streams):
        self.streams = streams

    def stream_entries(self, stream):
        return self.streams.get(stream, [])


def entry(act, index, received_at):
    fields = (index, act.key, 1, bytes(32), received_at, index, 0, None, b"", act.value)
    return encode_entry(Entry(*fields))


def anchor(state, heads, index, received_at):
    return entry(PlatformActs(state).stream_heads_anchored("0", heads, HOUR), index, received_at)


def has_due(state, streams, now):
    """Whether a daily timer finds anchors due once the control log's newest entry is of ``now``."""
    state.advance(state.size + 1, now)
    timer = AnchorTimer(24, {}, {"control": streams}, lambda: state, signer("x"), None)
    return timer.has_due(state)


def test_an_anchor_lasts_until_its_period_ends():
    state = control_state()
    act = PlatformActs(state).stream_heads_anchored("control", HEADS, HOUR)
    found = Streams(**{"anchor:control": [entry(act, 5, MIDNIGHT + HOUR)]})
    assert not has_due(state, found, MIDNIGHT + 20 * HOUR)
    assert has_due(state, found, MIDNIGHT + DAY)


@pytest.mark.parametrize("stream", ["platform:simulation", "ledger"])
def test_before_the_first_anchor_a_period_has_to_pass(stream):
    """It is counted from the end of simulated time, or from entry 0."""
    state = control_state()
    act = PlatformActs(state).simulation_ended(HOUR)
    found = Streams(**{stream: [entry(act, 3, MIDNIGHT)]})
    assert not has_due(state, found, MIDNIGHT + 20 * HOUR)
    assert has_due(state, found, MIDNIGHT + DAY)


def test_while_time_is_simulated_nothing_is_due():
    """However long ago the ledger began."""
    act = PlatformActs(control_state()).simulation_ended(HOUR)
    found = Streams(ledger=[entry(act, 0, MIDNIGHT)])
    assert has_due(control_state(), found, MIDNIGHT + 9 * DAY)
    assert not has_due(control_state(clock="simulated"), found, MIDNIGHT + 9 * DAY)


def test_the_anchor_of_a_size_is_always_the_same_act():
    state = control_state()
    acts = PlatformActs(state)
    one, two = (acts.stream_heads_anchored("0", HEADS, HOUR) for _ in range(2))
    later = acts.stream_heads_anchored("0", HEADS._replace(tree_size=41), HOUR)
    other = acts.stream_heads_anchored("1", HEADS, HOUR)
    assert one == two
    ids = {decode_act(act.value).event_id for act in (one, later, other)}
    assert len(ids) == 3
    assert one.key == "anchor:0"
    assert one.sim_time is None


def test_a_simulated_ledger_is_told_when_an_anchor_comes():
    """Its case logs may be ahead of the control log."""
    acts = PlatformActs(control_state(clock="simulated"))
    assert acts.stream_heads_anchored("0", HEADS, HOUR).sim_time == HOUR


def test_the_newest_anchor_is_the_one_of_the_largest_size_that_the_log_has():
    """Two that were sent at once may lie in either order."""
    state = control_state()
    rows = [
        anchor(state, HEADS._replace(tree_size=size), at, at) for at, size in ((20, 60), (21, 50))
    ]
    streams = Streams(**{"anchor:0": rows})
    assert newest_anchor(streams, state, "0").heads.tree_size == 60
    assert newest_anchor(streams, state, "0", control_size=21).leaf_index == 20
    assert newest_anchor(streams, state, "0", control_size=20) is None
    assert newest_anchor(streams, state, "0", log_size=59).leaf_index == 21
    assert newest_anchor(streams, state, "1") is None

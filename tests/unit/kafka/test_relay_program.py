"""The relay's loop: how often it writes, without a broker."""

import threading

from consumers.relay.log_relay import BATCH_ENTRIES_MAX
from consumers.relay.program import GATHER_S, run_relay


class Relay:
    """Writes all that is promised, a batch at a time, and notes how much each batch held."""

    def __init__(self):
        self.next_index = 0
        self.written = []

    def relay(self, promised_size):
        """Write the next batch."""
        count = min(BATCH_ENTRIES_MAX, promised_size - self.next_index)
        self.next_index += count
        self.written.append(count)
        return count


class Pauses(threading.Event):
    """Ends the loop at the pause of a given number; nothing waits."""

    def __init__(self, last):
        super().__init__()
        self.lengths_s = []
        self.last = last

    def wait(self, timeout=None):
        """Note the pause."""
        self.lengths_s.append(timeout)
        if len(self.lengths_s) == self.last:
            self.set()
        return self.is_set()


class Ready:
    """Takes notice of nothing."""

    def set_ready(self):
        """Fine."""

    def set_waiting(self, reason):
        """An outage is not expected here."""
        raise AssertionError(reason)


def test_what_is_promised_within_a_pause_leaves_in_one_batch():
    """Three entries, then two more in the pause: two batches, not one a promise."""
    relay, stopping = Relay(), Pauses(last=2)
    sizes = iter([3, 5])
    run_relay({"0": relay}, lambda: {"0": next(sizes)}, stopping, Ready())
    assert relay.written == [3, 2]
    assert stopping.lengths_s == [GATHER_S, GATHER_S]


def test_whole_batches_follow_one_another_without_a_pause():
    """A relay that is behind catches up as fast as it can."""
    relay, stopping = Relay(), Pauses(last=1)
    size = 2 * BATCH_ENTRIES_MAX + 1
    run_relay({"0": relay}, lambda: {"0": size}, stopping, Ready())
    assert relay.written == [BATCH_ENTRIES_MAX, BATCH_ENTRIES_MAX, 1]

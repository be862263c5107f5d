"""Pauses between tries grow, are bounded, and end."""

import pytest

from consumers.retrying import RETRIES_MAX, RETRY_LONGEST_S, Backoff
from ledger.errors import UnavailableError

AWAY = UnavailableError("away")


def pauses(byte, count=RETRIES_MAX):
    """Return the pauses with a source of randomness that always draws ``byte``."""
    backoff = Backoff(lambda size: bytes([byte]) * size)
    return [backoff.next_pause(AWAY) for _ in range(count)]


def test_pauses_double_up_to_the_longest():
    """Without luck each pause is whole; the longest is reached and kept."""
    longest = pauses(255)
    assert longest[:3] == [0.1, 0.2, 0.4]
    assert longest[-1] == RETRY_LONGEST_S
    assert longest == sorted(longest)


def test_jitter_spreads_over_half_a_pause():
    """Method: the two ends of the draw."""
    assert pauses(0) == [pause / 2 for pause in pauses(255)]


def test_the_error_itself_ends_the_tries():
    """The process ends with exit 3, for the reason that was last seen."""
    backoff = Backoff()
    for _ in range(RETRIES_MAX):
        backoff.next_pause(AWAY)
    with pytest.raises(UnavailableError) as last:
        backoff.next_pause(AWAY)
    assert last.value is AWAY


def test_a_success_begins_the_count_anew():
    """An outage a day is not a twelfth of an outage a day."""
    backoff = Backoff()
    for _ in range(RETRIES_MAX):
        backoff.next_pause(AWAY)
    backoff.reset()
    assert backoff.next_pause(AWAY) <= 0.1

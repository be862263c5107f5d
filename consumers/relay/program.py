"""The relay of all logs of a ledger, until told to stop.

Read before: ``log_relay``. Read next: ``consumers.emitter``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from consumers.incarnation import IncarnationChangedError
from consumers.relay.log_relay import BATCH_ENTRIES_MAX, LogRelay
from consumers.retrying import Backoff, Readiness
from ledger.errors import UnavailableError

log = structlog.get_logger()

# How late an entry may leave. One batch for what comes within it, instead of one a promise: each
# costs this process, the broker and every reader of the topic more than the entries in it.
GATHER_S: Final = 0.1


def run_relay(
    relays: Mapping[str, LogRelay],
    promised_sizes: Callable[[], Mapping[str, int]],
    stopping: threading.Event,
    readiness: Readiness,
    relayed: Callable[[str, int], None] = lambda _log, _next_index: None,
) -> None:
    """Relay until ``stopping`` is set.

    Args:
        relays: One per log, by its name.
        promised_sizes: Tells the promised size of every log.
        stopping: Set from outside to end after the batch under way.
        readiness: Told whether entries are being relayed now, and if not, why.
        relayed: Told after each batch: the log, and the entry that comes next.

    Raises:
        UnavailableError: An outage outlasted every retry.
        PartitionStoppedError: A topic has another number of partitions.
        VerificationError: A topic holds another entry than the ledger.
    """
    backoff = Backoff()
    while not stopping.is_set():
        try:
            sizes = promised_sizes()
            written = sum(_relay(relays[name], sizes[name], name, relayed) for name in relays)
        except IncarnationChangedError:
            log.warning("incarnation_changed")
        except UnavailableError as error:
            readiness.set_waiting(str(error))
            pause_s = backoff.next_pause(error)
            log.warning("relay_retried", reason=str(error), pause_s=round(pause_s, 3))
            stopping.wait(pause_s)
        else:
            backoff.reset()
            readiness.set_ready()
            if written < BATCH_ENTRIES_MAX:
                stopping.wait(GATHER_S)


def _relay(
    relay: LogRelay, promised_size: int, name: str, relayed: Callable[[str, int], None]
) -> int:
    written = relay.relay(promised_size)
    if written:
        relayed(name, relay.next_index)
    return written

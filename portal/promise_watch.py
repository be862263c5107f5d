"""Notices a database that is behind the newest promise, so that pages and an alert can say so.

Read before: ``ledger/store/promise.py``. Read next: ``portal/frame.py``.

The appender of such a log refuses to go on (exit 10); pages and proofs stay up, with a banner,
because the second copy and everything that was promised is still there. The appender ends before
anybody asks it for metrics, so that the alert stands on what is seen here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Final

from ledger.clock import MICROS_PER_SECOND, Clock
from ledger.errors import LedgerError

CHECK_EVERY_S: Final = 5
_BEHIND: Final = (
    "数据库落后于账本已公布的状态（{logs}）：新行为暂停接收，"
    "已公布的证明不受影响，运维人员正在恢复。"
)


class PromiseWatch:
    """Compares heads and promises, at most every five seconds.

    Args:
        head_sizes: Returns the tree size of each log's head in the database.
        promised_size: Returns the tree size that the newest promise of a log covers.
        clock: When the last comparison was made.
    """

    def __init__(
        self,
        head_sizes: Callable[[], Mapping[str, int]],
        promised_size: Callable[[str], int],
        clock: Clock,
    ) -> None:
        self._head_sizes = head_sizes
        self._promised_size = promised_size
        self._clock = clock
        self._checked_at = 0
        self._behind: tuple[str, ...] = ()
        self._lock = threading.Lock()  # One thread compares; the others take the last answer.

    def text(self) -> str | None:
        """Return the sentence of the banner, None while all is well or cannot be compared."""
        behind = self.behind()
        return _BEHIND.format(logs="、".join(behind)) if behind else None

    def behind(self) -> tuple[str, ...]:
        """Return the logs of which the database has less than is promised, as last compared."""
        is_due = self._clock.now_micros() - self._checked_at > CHECK_EVERY_S * MICROS_PER_SECOND
        if is_due and self._lock.acquire(blocking=False):
            try:
                self._behind = self._compare()
                self._checked_at = self._clock.now_micros()
            finally:
                self._lock.release()
        return self._behind

    def _compare(self) -> tuple[str, ...]:
        try:
            # The promise is read first: a head read later is never behind an earlier promise.
            return tuple(
                log
                for log, promised in self._promises().items()
                if self._head_sizes().get(log, 0) < promised
            )
        except LedgerError:
            return self._behind

    def _promises(self) -> dict[str, int]:
        return {log: self._promised_size(log) for log in self._head_sizes()}

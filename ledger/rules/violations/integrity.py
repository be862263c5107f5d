"""Rules of the record itself: what the platform finds when it verifies its own logs.

Read before: ``rule``. These acts lie in the control log, in the streams ``anchor:``.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.rules.violations.rule import BOOK, Finding, Sight


@BOOK.rule("V-LED-02", "IntegrityBreachDetected", "ChainVerified")
def chain_does_not_hold(sight: Sight) -> Iterator[Finding]:
    """A log, or an anchor of it, is not what was promised: one alert a log, and one an entry."""
    payload = sight.item.payload
    if sight.item.event_type == "IntegrityBreachDetected":
        first = payload["firstBad"]
        yield Finding(f"{_as_identifier(first['origin'])}:{first['leafIndex']}")
    elif payload["result"] == "BROKEN":
        yield Finding(_as_identifier(payload["origin"]))


def _as_identifier(origin: str) -> str:
    return origin.replace("/", ":")

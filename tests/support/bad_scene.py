"""A running ledger with emitters, seen from both sides: who sends, and who looks from behind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from consumers.topics import CONTROL
from ledger.chain.outcomes import COMMITTED, DUPLICATE, GATE_REFUSED, REJECTED
from tests.support.bad_input import KAFKA, Bench, Offices, offices_of
from tests.support.inside import Answers, Inside
from tests.support.running import RunningLedger
from tests.support.workshop import Parcel, Workshop, letters


class Delivered(NamedTuple):
    """What came of an act, by either road."""

    outcome: str
    leaf_index: int | None
    failed: tuple[str, ...]


class Scene:
    """A running ledger with emitters, and what looks at it."""

    def __init__(self, ledger: RunningLedger) -> None:
        self.ledger = ledger
        self.shop = Workshop(ledger)
        self.offices: Offices = offices_of(self.shop)
        self.answers = Answers(ledger.run["kafka"], self.shop.case_logs)
        self.inside = Inside(ledger)

    def close(self) -> None:
        """Close every connection."""
        for part in (self.shop, self.answers, self.inside):
            part.close()

    def bench(self, partition: int = 0) -> Bench:
        """Return what a maker of bad input gets."""
        return Bench(self.shop, self.offices, self.shop.stream_in(partition), letters(24))

    def log_of(self, parcel: Parcel) -> str:
        """Return the log in which a record is judged."""
        if parcel.topic == CONTROL:
            return "control"
        if parcel.partition is not None:
            return str(parcel.partition)
        return str(self.shop.partition_of(parcel.key.decode()))

    def sound(self, parcel: Parcel) -> Parcel:
        """Return a sound act for the partition of another record."""
        log = self.log_of(parcel)
        if log == "control":
            return self.shop.registration(self.shop.office("late"))
        return self.shop.good(self.shop.stream_in(int(log)), self.offices.good)

    def deliver(self, road: str, parcel: Parcel) -> Delivered:
        """Send one act by a road and wait for what comes of it."""
        return self._by_kafka(parcel) if road == KAFKA else self._by_http(parcel)

    def _by_kafka(self, parcel: Parcel) -> Delivered:
        (sent,) = self.shop.produce([parcel])
        told = self.answers.outcome(sent).outcome
        failed: Iterable[str] = () if told.problem is None else told.problem.failed
        return Delivered(told.outcome, told.leaf_index, tuple(failed))

    def _by_http(self, parcel: Parcel) -> Delivered:
        reply = self.shop.post_parcels(parcel)
        document = reply.document
        if reply.status in {200, 201}:
            outcome = COMMITTED if reply.status == 201 else DUPLICATE
            assert document["outcome"] == outcome
            return Delivered(outcome, int(document["index"]), ())
        is_gate = document["code"] == "GATE_REFUSED"
        assert reply.status == (409 if is_gate else 422), document
        outcome = GATE_REFUSED if is_gate else REJECTED
        return Delivered(outcome, None, tuple(document.get("failed", ())))

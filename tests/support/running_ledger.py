"""A whole small ledger behind a real broker: append loops of every log on threads of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Self

from consumers.append.appender import Appender
from consumers.loop import AppendLoop
from consumers.receipts import AnswerSender, Deliveries
from consumers.record_producer import RecordProducer
from consumers.topics import log_topics
from ledger.errors import LedgerError
from tests.support.append_stage import Stage
from tests.support.kafka import WAIT_S, BrokerUnderTest


class SilentReadiness:
    """Nobody asks."""

    def set_ready(self) -> None:
        """Nothing to tell."""

    def set_waiting(self, reason: str) -> None:
        """Nothing to tell."""


class LossySender(AnswerSender):
    """Gives up some answers before they are sent.

    Attributes:
        lose: Says of deliveries whether they are lost.
    """

    lose: Callable[[Deliveries], bool] = staticmethod(lambda _deliveries: False)

    def deliver(self, deliveries: Deliveries) -> None:
        """Send them, or not."""
        if not self.lose(deliveries):
            super().deliver(deliveries)


class RunningLedger:
    """The appenders of all logs of a stage, reading from a broker."""

    def __init__(self, broker: BrokerUnderTest, stage: Stage) -> None:
        self._broker = broker
        self._stage = stage
        self._stopping = threading.Event()
        self._errors: list[LedgerError] = []
        self._producer = RecordProducer(broker.address)
        self.answers = LossySender(self._producer)
        self._appenders = [stage.appender(log) for log in stage.logs]
        self._threads = [
            threading.Thread(target=self._run, args=(log, appender))
            for log, appender in zip(stage.logs, self._appenders, strict=True)
        ]
        for thread in self._threads:
            thread.start()

    def _run(self, log: str, appender: Appender) -> None:
        case_logs = len(self._stage.logs) - 1
        count = 1 if log == "control" else case_logs
        loop = AppendLoop(
            self._broker.address,
            log_topics(log),
            count,
            appender,
            self.answers,
            self._stopping,
            SilentReadiness(),
        )
        try:
            loop.run()
        except LedgerError as error:
            self._errors.append(error)

    def stop(self) -> None:
        """End all loops and raise what ended one of them early."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(WAIT_S)
            assert not thread.is_alive()
        for appender in self._appenders:
            appender.close()
        self._producer.close()
        for error in self._errors:
            raise error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

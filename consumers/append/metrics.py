"""What an appender counts, once a batch and never once an act (docs/reference/metrics.md).

Read before: ``appender``. Labels come from small sets: log, outcome, code. Nothing here names a
case or a person. Names and units follow prometheus.io and the conventions of this project.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from prometheus_client import REGISTRY, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

_STAGES: Final = ("judge", "append")
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class AppendMetrics:
    """The metrics of one appender process."""

    def __init__(self, log: str) -> None:
        """Register the metrics of the appender of ``log``."""
        self._log = log
        self._events = Counter(
            "lianzheng_events_ingested_total",
            "Records judged, by what became of them",
            ["log", "outcome"],
        )
        self._rejected = Counter(
            "lianzheng_dlq_records_total",
            "Records refused, by code",
            ["log", "stage"],
        )
        self._duration = Histogram(
            "lianzheng_append_duration_seconds",
            "Seconds a batch spends in a stage",
            ["log", "stage"],
            buckets=_SECONDS,
        )
        self._tree_size = Gauge("lianzheng_chain_head_seq", "Entries committed to the log", ["log"])
        self._promised_size = Gauge(
            "lianzheng_chain_promised_seq",
            "Entries of the log that its promise covers",
            ["log"],
        )
        self._head_time = Gauge(
            "lianzheng_chain_head_timestamp_seconds",
            "When the newest entry was received",
            ["log"],
        )
        self._openings = Counter(
            "lianzheng_vault_openings_total",
            "Openings verified and kept",
            ["log"],
        )

    def watch(
        self,
        *,
        lag: Callable[[], int],
        is_retrying: Callable[[], bool],
        publish_failures: Callable[[], int],
        answers_lost: Callable[[], int],
    ) -> None:
        """Read these whenever metrics are scraped: a role that is stuck must show it.

        Args:
            lag: Records that wait in the log's partition.
            is_retrying: Whether the tile store is away, so that nothing can be promised.
            publish_failures: Promises and publications that failed so far.
            answers_lost: Records with answers that were given up so far.
        """
        rows: list[_Row] = [
            (
                GaugeMetricFamily,
                "lianzheng_kafka_consumer_lag_records",
                "Records that wait in the partition of the log",
                lag,
            ),
            (
                GaugeMetricFamily,
                "lianzheng_promise_retrying",
                "1 while the tile store is away and nothing can leave",
                is_retrying,
            ),
            (
                CounterMetricFamily,
                "lianzheng_checkpoint_publish_failures_total",
                "Promises and publications that failed, each try",
                publish_failures,
            ),
            (
                CounterMetricFamily,
                "lianzheng_answers_lost_total",
                "Receipts and notices that could not be sent",
                answers_lost,
            ),
        ]
        REGISTRY.register(_Standing(self._log, rows))

    def count_batch(self, outcomes: Iterable[str], codes: Iterable[str], openings: int) -> None:
        """Count what became of the records of one batch."""
        for outcome, count in Tally(outcomes).items():
            self._events.labels(self._log, outcome).inc(count)
        for code, count in Tally(codes).items():
            self._rejected.labels(self._log, code).inc(count)
        if openings:
            self._openings.labels(self._log).inc(openings)

    def observe(self, stage: str, seconds: float) -> None:
        """Note how long a stage took for one batch."""
        assert stage in _STAGES
        self._duration.labels(self._log, stage).observe(seconds)

    def head(self, tree_size: int, received_at: int) -> None:
        """Note where the log stands; ``received_at`` in microseconds."""
        self._tree_size.labels(self._log).set(tree_size)
        self._head_time.labels(self._log).set(received_at / 1_000_000)

    def promised(self, size: int) -> None:
        """Note what is promised."""
        self._promised_size.labels(self._log).set(size)


_Family = GaugeMetricFamily | CounterMetricFamily
_Row = tuple[type[_Family], str, str, Callable[[], float]]


class _Standing(Collector):
    """Figures that others keep, read when they are asked for."""

    def __init__(self, log: str, rows: Sequence[_Row]) -> None:
        self._log = log
        self._rows = rows

    def collect(self) -> Iterable[_Family]:
        """Yield one family a figure."""
        for kind, name, text, read in self._rows:
            family = kind(name, text, labels=["log"])
            family.add_metric([self._log], read())
            yield family

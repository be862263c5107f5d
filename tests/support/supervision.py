"""A small ledger that the engine of the violation rules judges, all of it in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from consumers.emitter.submission import UnsealedAct
from consumers.supervise.control_history import ControlHistory
from consumers.supervise.engine import Move, SupervisionEngine
from consumers.supervise.judging import Judging
from consumers.supervise.matters import ACTS_SIZE_BYTES_MAX, KnownMatters, Rules
from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from ledger.chain.partition import partition_for
from ledger.domain.projection import CONTROL_LOG
from ledger.errors import UnavailableError
from ledger.rules.violations.book import BOOK, PARTS
from ledger.rules.violations.rule import Finding, RuleBook, Sight
from ledger.store.log_tables import origin_of
from schemas.loader import rule_set_text
from tests.support.control import published_text
from tests.support.ledger_copy import LEDGER, PLATFORM, LedgerCopy, MemorySource, sample

RULE: Final = "V-COE-07"  # Raised for each decision.
ONCE: Final = "T-ONCE"  # Raised once a matter, so what was raised before has to be known.
ALERT: Final = "SupervisionAlertRaised"
WORDS: Final = {
    "text": "未经催告即作出强制执行决定",
    "basis": "行政强制法第三十五条",
    "known": "L",
}
TYPES: Final = (
    ALERT,
    "RuleSetPublished",
    "DemandNoticeServed",
    "EnforcementDecisionMade",
    "EventAnnulled",
)


def rule_set(version: str, severity: str | None = "HIGH") -> dict[str, Any]:
    """Return the payload of a rule set with both rules in force, or with none."""
    text = json.loads(rule_set_text())
    words = {"severity": severity, **WORDS}
    text |= {"version": version, "violations": {RULE: words, ONCE: words} if severity else {}}
    return published_text(version, json.dumps(text))


def _two_rules() -> RuleBook:
    """Return a book of two rules about enforcement; one asks what was missed too."""
    book = RuleBook()
    book.rule(RULE, "EnforcementDecisionMade")(BOOK.rules[RULE].predicate)
    book.rule(ONCE, "EnforcementDecisionMade", "DeadlineMissed")(_once_a_matter)
    return book


def _once_a_matter(sight: Sight) -> list[Finding]:
    return [] if sight.matter.has("DemandNoticeServed") else [Finding(sight.matter.stream_id)]


def publish_rules(ledger: LedgerCopy, version: str, severity: str | None = "HIGH") -> None:
    """Publish a rule set in which the rule is in force, or none is."""
    ledger.add("RuleSetPublished", rule_set(version, severity), stream="platform:rules")


def judged_ledger(case_logs: int = 2) -> LedgerCopy:
    """Return a ledger in which the rule is in force, without an act yet."""
    ledger = LedgerCopy(case_logs, schemas=TYPES)
    publish_rules(ledger, "test.1")
    return ledger


def enforce(ledger: LedgerCopy, stream: str, log: str = "0") -> bytes:
    """Have enforcement decided in a matter: without a demand before it, a violation."""
    return ledger.add(
        "EnforcementDecisionMade", sample("EnforcementDecisionMade"), stream=stream, log=log
    )


def demand(ledger: LedgerCopy, stream: str, log: str = "0") -> bytes:
    """Have the party called upon to perform."""
    return ledger.add("DemandNoticeServed", sample("DemandNoticeServed"), stream=stream, log=log)


_TEST_BOOK: Final = _two_rules()


class LogStreams:
    """The event store of one log: its promised entries, also by stream."""

    def __init__(self, source: MemorySource, log: str) -> None:
        self._source = source
        self._log = log
        self._by_stream: dict[str, list[tuple[int, bytes]]] = {}
        self._indexed = 0
        self.reads = 0

    def stream_entries(self, stream_id: str) -> list[bytes]:
        """Return the promised entries of a stream in order."""
        self.reads += 1
        size, entries = self._source.sizes()[self._log], self._source.logs[self._log]
        for index in range(self._indexed, size):
            stream = decode_entry(entries[index]).stream_id
            self._by_stream.setdefault(stream, []).append((index, entries[index]))
        self._indexed = max(size, self._indexed)
        return [data for index, data in self._by_stream.get(stream_id, []) if index < size]

    def read_entries(self, start: int, limit: int) -> list[tuple[int, bytes]]:
        """Return leaf index and bytes of promised entries."""
        end = min(start + limit, self._source.sizes()[self._log])
        return [(index, self._source.logs[self._log][index]) for index in range(start, end)]


class ControlCopy:
    """The control log; satisfies ``ControlEntries``."""

    def __init__(self, source: MemorySource) -> None:
        self._source = source

    def read_entries(self, start: int, limit: int) -> Sequence[tuple[int, bytes]]:
        """Return leaf index and bytes of promised entries."""
        end = min(start + limit, self._source.sizes()[CONTROL_LOG])
        return [(index, self._source.logs[CONTROL_LOG][index]) for index in range(start, end)]

    def promised_sizes(self) -> Mapping[str, int]:
        """Return the promised size of every log."""
        return self._source.sizes()


def memory_matters(
    source: MemorySource,
    size_bytes_max: int = ACTS_SIZE_BYTES_MAX,
    book: RuleBook = _TEST_BOOK,
    judged_by: Callable[[ControlHistory], ControlHistory] = lambda history: history,
) -> KnownMatters:
    """Return matters that are read from a ledger in memory."""
    return KnownMatters(
        {log: origin_of(LEDGER, log) for log in source.logs},
        {log: LogStreams(source, log) for log in source.logs},
        judged_by(ControlHistory(ControlCopy(source))),
        Rules(book, PARTS),
        size_bytes_max,
    )


class MemoryTracking:
    """Satisfies ``Tracking``; as durable as a test."""

    def __init__(self) -> None:
        self.kept: dict[str, int] = {}
        self.agenda: dict[tuple[str, str], int] = {}

    def sizes(self) -> Mapping[str, int]:
        """Return the kept sizes."""
        return dict(self.kept)

    def due(self, log: str, size: int, before: int) -> list[tuple[str, int]] | None:
        """Return the streams to look at before an instant, if the position is that."""
        if self.kept.get(log, 0) != size:
            return None
        found = [(at, stream) for (of, stream), at in self.agenda.items() if of == log]
        return [(stream, at) for at, stream in sorted(found) if at < before]

    def advance(self, moves: Mapping[str, Move]) -> None:
        """Keep the moves that begin where the position is."""
        for log, move in moves.items():
            if self.kept.get(log, 0) == move.start:
                self.kept[log] = move.end
                self._keep(log, move)

    def _keep(self, log: str, move: Move) -> None:
        for key, at in self.agenda.items():
            if key[0] == log and move.lowered_to is not None:
                self.agenda[key] = min(at, move.lowered_to)
        for stream, next_at in move.changes.items():
            self.agenda.pop((log, stream), None)
            if next_at is not None:
                self.agenda[log, stream] = next_at


class MemorySender:
    """Satisfies ``Sender``: what comes is in the ledger at once, or only noted.

    Attributes:
        values: Act bytes by event id, of everything that was ever sent.
        fault: ``before``: the next send fails and nothing arrives; ``after``: all arrives, and the
            answer is lost.
    """

    def __init__(self, ledger: LedgerCopy | None = None) -> None:
        self.values: dict[bytes, bytes] = {}
        self.sent = 0
        self.fault = ""
        self._ledger = ledger

    def send(self, acts: Sequence[UnsealedAct]) -> bool:
        """Take acts in; one that is there already must be the same bytes."""
        fault, self.fault = self.fault, ""
        if fault == "before":
            raise UnavailableError("lost before")
        for act in acts:
            self._take(act)
        if fault == "after":
            raise UnavailableError("lost after")
        return True

    def _take(self, act: UnsealedAct) -> None:
        self.sent += 1
        event_id = decode_act(act.value).event_id
        if event_id in self.values:
            assert self.values[event_id] == act.value
            return
        self.values[event_id] = act.value
        if self._ledger is not None:
            count = len(self._ledger.logs) - 1
            self._ledger.append(act.value, str(partition_for(act.key.encode(), count)))


def memory_engine(
    source: MemorySource,
    sender: MemorySender,
    tracking: MemoryTracking,
    size_bytes_max: int = ACTS_SIZE_BYTES_MAX,
) -> SupervisionEngine:
    """Return an engine that was started just now."""
    judging = Judging(memory_matters(source, size_bytes_max), PLATFORM.name)
    return SupervisionEngine(source, judging, sender, tracking)


def derived_anew(logs: Mapping[str, Sequence[bytes]]) -> dict[bytes, bytes]:
    """Return what one engine derives from a whole ledger: act bytes by event id."""
    sender = MemorySender()
    memory_engine(MemorySource(logs), sender, MemoryTracking()).supervise_batch(1_000_000)
    return sender.values


def alerts_in(logs: Mapping[str, Sequence[bytes]]) -> list[bytes]:
    """Return the acts of all alerts that are in a ledger."""
    acts = [decode_entry(data).act for entries in logs.values() for data in entries]
    return [act for act in acts if decode_act(act).event_type == ALERT]

"""A matter as the platform finds it when it is told to do something.

Read before: ``ledger/domain/stream.py``. Read next: ``acts``.

Read from the event store, not from a view: a view may be behind, and what is decided here must
rest on what the appender will find. It decides nothing by itself: the gate does, on the stream as
it is when the act arrives. Trusts the database; what comes of a false copy the gate refuses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final, Protocol

from ledger.chain.partition import partition_for
from ledger.chain.tree import leaf_hash, tree_root
from ledger.domain.control import ControlState
from ledger.domain.control_records import Ledger, RuleSet
from ledger.domain.disclosure import Disclosure, Disclosures, fold_disclosures
from ledger.domain.hold import open_alerts
from ledger.domain.retrieval import Retrieval, fold_retrievals
from ledger.domain.stream import StreamAct, counted_acts, read_stream, stream_owner
from ledger.errors import RejectedError

_REFUSING: Final = frozenset({"GateRefused", "DecisionGateRefused"})


class StreamEntries(Protocol):
    """A log's event store: its recorder."""

    def stream_entries(self, stream_id: str) -> Sequence[bytes]:
        """Return all entries of a stream in order."""
        ...


class Matter:
    """The acts of one stream, folded as they are asked for.

    Args:
        log: The case log that the stream is in.
        stream_id: The stream.
        entries: Its entries in order.
        state: The control log, at least as far as the entries' ``controlSize``.
    """

    def __init__(
        self, log: str, stream_id: str, entries: Sequence[bytes], state: ControlState
    ) -> None:
        self.log = log
        self.stream_id = stream_id
        self.state = state
        self._entries = entries

    @cached_property
    def acts(self) -> list[StreamAct]:
        """All acts, in order."""
        return read_stream(self._entries, self.state)

    @cached_property
    def counted(self) -> list[StreamAct]:
        """The acts that a gate counts: none of a stranger agency's, none that was annulled."""
        return counted_acts(self.acts, self.state, self.origin)

    @property
    def owner(self) -> str | None:
        """Credit code of the agency whose matter it is now, None where nothing was recorded."""
        return stream_owner(self.acts, self.state, self.origin)

    @property
    def origin(self) -> str:
        """Origin of its log."""
        return f"{ledger_of(self.state).name}/log/{self.log}"

    @cached_property
    def refusals(self) -> Mapping[bytes, StreamAct]:
        """The newest word of a gate on each act that it refused, by the refused act's event id."""
        return {
            item.act.causation_id: item
            for item in self.acts
            if item.event_type in _REFUSING and item.act.causation_id is not None
        }

    @cached_property
    def disclosures(self) -> Disclosures:
        """All disclosures of the matter, as a gate sees them."""
        return fold_disclosures(self.counted)

    def disclosure(self, disclosure_id: str) -> Disclosure:
        """Return one disclosure; in state NONE if nothing is known of it."""
        return self.disclosures.of(disclosure_id)

    def draft(self, disclosure_id: str) -> Mapping[str, Any]:
        """Return the payload of the newest draft.

        Raises:
            RejectedError: ``NO_DRAFT``.
        """
        draft = self.disclosure(disclosure_id).draft
        if draft is None:
            raise RejectedError("NO_DRAFT", "nothing was drafted under this id")
        return draft

    def retrieval(self, retrieval_id: str) -> Retrieval:
        """Return one retrieval; in state NONE if nothing is known of it."""
        hours = self.rules.numbers["emergency_access_hours"]
        return fold_retrievals(self.acts, hours).get(retrieval_id) or Retrieval(retrieval_id)

    def act(self, event_id: bytes) -> StreamAct:
        """Return the act with this id that counts, as it reads now.

        Raises:
            RejectedError: ``NO_SOURCE``: the matter has no such act.
        """
        found = _with_id(self.counted, event_id)
        if found is None:
            raise RejectedError("NO_SOURCE", "the matter has no such act")
        return found

    def as_it_came(self, event_id: bytes) -> StreamAct:
        """Return the act with this id as it was received. Raises as ``act``."""
        found = _with_id(self.acts, event_id)
        if found is None:
            raise RejectedError("NO_SOURCE", "the matter has no such act")
        return found

    def is_outdated(self, disclosure_id: str) -> bool:
        """Tell whether what is disclosed was corrected after the newest draft was made of it."""
        drafts = [it for it in self.counted if _is_draft(it, disclosure_id)]
        if not drafts:
            return False
        source_id: bytes = drafts[-1].payload["sourceEventId"]
        version = drafts[-1].entry.stream_version
        before = [it for it in self.acts if it.entry.stream_version < version]
        drafted = _with_id(counted_acts(before, self.state, self.origin), source_id)
        now = _with_id(self.counted, source_id)
        return drafted is not None and now is not None and drafted.act.payload != now.act.payload

    @property
    def critical_alerts(self) -> list[str]:
        """Ids of the critical alerts that nobody has resolved, ascending."""
        return sorted(open_alerts(self.acts))

    @property
    def version(self) -> int:
        """How many entries the stream has."""
        return len(self._entries)

    @property
    def root(self) -> bytes:
        """RFC 6962 root over the leaves of the stream's entries, 32 bytes."""
        return tree_root([leaf_hash(entry) for entry in self._entries])

    @property
    def rules(self) -> RuleSet:
        """The rule set in force.

        Raises:
            RejectedError: ``NO_RULE_SET``.
        """
        rules = self.state.rule_set
        if rules is None:
            raise RejectedError("NO_RULE_SET", "no rule set is in force")
        return rules


def _with_id(acts: Sequence[StreamAct], event_id: bytes) -> StreamAct | None:
    return next((item for item in acts if item.act.event_id == event_id), None)


def _is_draft(item: StreamAct, disclosure_id: str) -> bool:
    return item.event_type == "DisclosureDrafted" and item.act.aggregate_id == disclosure_id


class MatterReader:
    """Reads matters.

    Args:
        logs: The event store of each case log, by its name.
        control: Gives the control log's newest state.
    """

    def __init__(self, logs: Mapping[str, StreamEntries], control: ControlStates) -> None:
        self._logs = logs
        self._control = control

    def read(self, stream_id: str) -> Matter:
        """Return a matter as it is now; one that nothing was recorded of has no acts.

        Raises:
            UnavailableError: The database is away.
        """
        state = self._control.follow_promise()
        log = str(partition_for(stream_id.encode(), ledger_of(state).case_logs))
        entries = self._logs[log].stream_entries(stream_id)
        # Asked again: also what came in between was judged by no more than is promised now.
        return Matter(log, stream_id, entries, self._control.follow_promise())


class ControlStates(Protocol):
    """Something that follows the control log."""

    def follow_promise(self) -> ControlState:
        """Follow the control log as far as it is promised now, and return the state."""
        ...


def ledger_of(state: ControlState) -> Ledger:
    """Return what entry 0 of the control log fixed.

    Raises:
        RejectedError: ``LEDGER_EMPTY``: there is no entry 0.
    """
    if state.ledger is None:
        raise RejectedError("LEDGER_EMPTY", "the control log has no entry 0")
    return state.ledger

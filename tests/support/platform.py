"""A platform over a ``LedgerCopy``: what it commands lands in the copy, gates included."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

from consumers.append.control_follower import ControlFollower
from consumers.emitter.submission import UnsealedAct
from consumers.platform.acts import Order
from consumers.platform.commands import PlatformCommands
from consumers.platform.matter import MatterReader
from consumers.platform.record_drafts import Objects
from ledger.chain.act import decode_act
from ledger.chain.commitments import commitment
from ledger.chain.digests import sha256_digest
from ledger.chain.entry import Entry
from ledger.domain.control import ControlState
from ledger.domain.projection import CONTROL_LOG
from ledger.domain.stream import StreamAct, read_stream
from ledger.rules.gate_rules import GateContext, failed_rules
from schemas.catalogue import catalogue_json, load_catalogue
from schemas.loader import calendar_texts, rule_set_text
from tests.support.ledger_copy import AGENCY, LedgerCopy, digest

LOG = "0"


def publish_rules(ledger: LedgerCopy) -> None:
    """Publish the default rule set, calendars and catalogue."""
    catalogue = catalogue_json(load_catalogue())
    texts = [("RuleSetPublished", rule_set_text()), ("CatalogueVersionPublished", catalogue)]
    texts += [("CalendarVersionPublished", text) for text in calendar_texts()]
    for event_type, text in texts:
        version = str(json.loads(text)["version"])
        payload = {"version": version, "text": text, "textHash": digest(text), "effectiveFrom": 0}
        ledger.add(event_type, payload, stream="platform:rules")


class CopyOfLogs:
    """The logs of a copy, as recorders show them."""

    def __init__(self, ledger: LedgerCopy) -> None:
        self._ledger = ledger

    def stream_entries(self, stream_id: str) -> list[bytes]:
        """Return the entries of a stream of the one case log."""
        return self._ledger.stream(LOG, stream_id)

    def read_entries(self, start: int, limit: int) -> Sequence[tuple[int, bytes]]:
        """Return entries of the control log."""
        return list(enumerate(self._ledger.logs[CONTROL_LOG]))[start : start + limit]

    def promised_sizes(self) -> Mapping[str, int]:
        """Everything is promised."""
        return {log: len(entries) for log, entries in self._ledger.logs.items()}


class PlainVault:
    """Values by event id and path, in the clear."""

    def __init__(self) -> None:
        self.values: dict[bytes, dict[str, Any]] = {}
        self.asked: list[str] = []

    def keep(self, event_id: bytes, path: str, value: Any) -> None:
        """Keep the value of a commitment."""
        self.values.setdefault(event_id, {})[path] = value

    def reveal(
        self, _log: str, _stream_id: str, event_id: bytes, paths: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """Return the values of an event by path."""
        self.asked += paths or ["everything"]
        known = self.values.get(event_id, {})
        return {path: value for path, value in known.items() if paths is None or path in paths}


class PlainObjects:
    """Objects by digest, in memory."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}

    def put(self, data: bytes) -> str:
        """Keep an object; return its digest."""
        name = sha256_digest(data)
        self._objects[name] = data
        return name

    def get(self, name: str) -> bytes:
        """Return an object."""
        return self._objects[name]


class Platform:
    """The platform, its matters, and a ledger that takes what its gates let through."""

    def __init__(self, ledger: LedgerCopy, objects: Objects | None = None) -> None:
        self.ledger = ledger
        self.vault = PlainVault()
        self.objects = objects or PlainObjects()
        copy = CopyOfLogs(ledger)
        self._follower = ControlFollower(copy)
        counter = itertools.count(1)
        self.commands = PlatformCommands(
            MatterReader({LOG: copy}, self._follower),
            self.vault,
            self.objects,
            lambda size: next(counter).to_bytes(size, "big"),
        )

    @property
    def state(self) -> ControlState:
        """The control log's newest state."""
        return self._follower.follow_promise()

    def order(self, stream_id: str, officer: str, **more: Any) -> Order:
        """Return an order of now."""
        return Order(stream_id, AGENCY, officer, self.ledger.now, **more)

    def refused_by(self, act: UnsealedAct) -> list[str]:
        """Return the rules that the act's gate would refuse it by; empty without a gate."""
        state = self.state
        request = self.stream_act(act)
        assert state.catalogue is not None
        gate = state.catalogue.rows[request.event_type].gate
        if gate is None:
            return []
        entries = self.ledger.stream(LOG, request.act.stream_key)
        rules = state.rule_set
        assert rules is not None
        context = GateContext(request, read_stream(entries, state), state, rules)
        return failed_rules(gate, context)

    def stream_act(self, unsealed: UnsealedAct) -> StreamAct:
        """Return an act with the entry it would become."""
        act = decode_act(unsealed.value)
        payload = self.state.codec(act.event_type, act.schema_version).decode(act.payload)
        now = max(self.ledger.now, act.occurred_at)
        entry = Entry(0, act.stream_key, 1, bytes(32), now, 0, 0, None, b"", unsealed.value)
        return StreamAct(entry, act, payload)

    def take(self, acts: Sequence[UnsealedAct]) -> list[StreamAct]:
        """Check openings and gates of acts, and append them; return them decoded."""
        taken = []
        for unsealed in acts:
            item = self.stream_act(unsealed)
            codec = self.state.codec(item.event_type, 1)
            opened = [
                (it.path, commitment(it.salt, item.act.event_id, it.path, it.value))
                for it in unsealed.openings
            ]
            assert opened == codec.commitments(item.payload)
            assert self.refused_by(unsealed) == []
            self.ledger.append(unsealed.value, LOG)
            taken.append(item)
        return taken

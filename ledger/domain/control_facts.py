"""Facts of the control log that views are made of: schemas, names, and what was judged by.

Read before: ``ledger/chain/entry.py``. Read next: ``projection``.

A row that is made from a case entry uses the facts as of that entry's ``controlSize``, whatever
else of the control log was read by then. So facts that change keep their history, by leaf index;
a schema never changes. Made by reading the control log from its first entry; trusts that copy.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from typing import Final

from ledger.chain.avro import Codec, compile_codec
from ledger.chain.entry import decode_entry
from ledger.domain.control import ControlState
from ledger.domain.projection import CONTROL_LOG, EntryView, Payload
from ledger.errors import IncompleteError
from schemas.loader import schema_text

# What has to be read before the log's own first schema.
BIRTH_SCHEMAS: Final = ("LedgerCreated.v1.avsc", "SchemaPublished.v1.avsc")
# What deadlines are counted by, whose acts count, and what corrections say; folded when asked.
JUDGED_TYPES: Final = frozenset(
    {
        "LedgerCreated",
        "SchemaPublished",
        "RuleSetPublished",
        "CalendarVersionPublished",
        "EmitterRegistered",
        "ReviewWorkflowPublished",
    }
)
# Lists that an agency publishes anew as a whole, and what of them tells one list from another.
LIST_KEYS: Final[Mapping[str, str | None]] = {
    "AvRecordListPublished": None,
    "InspectionItemListPublished": None,
    "DiscretionBenchmarkPublished": "itemCode",
}
# By which an officer's credential has no force any more.
CREDENTIAL_LOSSES: Final = frozenset({"CredentialSuspended", "CredentialRevoked"})
FACT_TYPES: Final = JUDGED_TYPES | {"AgencyRegistered", *LIST_KEYS} | CREDENTIAL_LOSSES


class ControlFacts:
    """The facts of the control log up to ``size``; grows as the log is read."""

    def __init__(self) -> None:
        self.size = 0
        self._texts: dict[tuple[str, int], str] = {}
        self._codecs: dict[tuple[str, int], Codec] = {}
        self._terms: dict[tuple[str, int], str] = {}
        self._published: dict[tuple[str, int], int] = {}  # Leaf index of the schema.
        self._agency_names: dict[str, list[tuple[int, str]]] = {}
        self._lists: dict[tuple[str, str, str], list[tuple[int, Payload]]] = {}
        self._losses: dict[bytes, int] = {}  # Leaf index by event id.
        self._unfolded: list[EntryView] = []
        self._states = [ControlState()]  # After each entry of a type in ``JUDGED_TYPES``.
        for file in BIRTH_SCHEMAS:
            event_type, version, _ = file.split(".")
            self._texts[event_type, int(version[1:])] = schema_text(file)

    def apply(self, data: bytes) -> None:
        """Take in one entry of the control log, of a type in ``FACT_TYPES``."""
        view = EntryView(CONTROL_LOG, decode_entry(data), self)
        if view.event_type == "SchemaPublished":
            payload = view.payload
            pair = (payload["subject"], payload["version"])
            self._texts.setdefault(pair, payload["text"])
            self._published.setdefault(pair, view.entry.leaf_index)
            self._unfolded.append(view)  # A correction names the schema of its payload.
        elif view.event_type == "AgencyRegistered":
            self._name_agency(view.entry.leaf_index, view.payload)
        elif view.event_type in CREDENTIAL_LOSSES:
            self._losses[view.event_id] = view.entry.leaf_index
        elif view.event_type in LIST_KEYS:
            payload, member = view.payload, LIST_KEYS[view.event_type]
            key = "" if member is None else payload[member]
            held = self._lists.setdefault((view.event_type, view.act.agency_id, key), [])
            held.append((view.entry.leaf_index, payload))
        else:
            self._unfolded.append(view)

    def reached(self, size: int) -> None:
        """Note that every entry below ``size`` was taken in or passed over."""
        assert size >= self.size
        self.size = size

    def codec(self, event_type: str, schema_version: int) -> Codec:
        """Return the codec of a payload.

        Raises:
            IncompleteError: The schema is beyond ``size``.
        """
        pair = (event_type, schema_version)
        if (codec := self._codecs.get(pair)) is None:
            codec = self._codecs[pair] = compile_codec(self._text(pair))
        return codec

    def chinese_term(self, event_type: str, schema_version: int) -> str:
        """Return what the schema calls the event in Chinese; the type itself if it has no term.

        Raises:
            IncompleteError: The schema is beyond ``size``.
        """
        pair = (event_type, schema_version)
        if (term := self._terms.get(pair)) is None:
            term = self._terms[pair] = json.loads(self._text(pair)).get("cn", event_type)
        return term

    def is_published(self, event_type: str, schema_version: int, control_size: int) -> bool:
        """Tell whether a schema is among the first ``control_size`` entries."""
        assert control_size <= self.size
        return self._published.get((event_type, schema_version), self.size) < control_size

    def is_credential_loss(self, event_id: bytes, control_size: int) -> bool:
        """Tell whether an event among the first ``control_size`` entries took a credential away."""
        assert control_size <= self.size
        return self._losses.get(event_id, self.size) < control_size

    def judged_by(self, control_size: int) -> ControlState:
        """Return what the ``JUDGED_TYPES`` among the first ``control_size`` entries say."""
        assert control_size <= self.size
        for view in self._unfolded:
            state = self._states[-1].copy()
            state.change(view.act, view.payload)
            state.advance(view.entry.leaf_index + 1, view.entry.received_at)
            self._states.append(state)
        self._unfolded.clear()
        known = bisect_right(self._states, control_size, key=lambda state: state.size)
        return self._states[known - 1]

    def agency_name(self, agency_id: str, control_size: int) -> str | None:
        """Return the name registered last among the first ``control_size`` entries."""
        assert control_size <= self.size
        history = self._agency_names.get(agency_id, [])
        known = bisect_left(history, (control_size,))
        return history[known - 1][1] if known else None

    def list_in_force(
        self, event_type: str, agency_id: str, key: str, day: int, control_size: int
    ) -> Payload | None:
        """Return the newest list, among the first ``control_size`` entries, that counts on a day.

        Args:
            event_type: One of ``LIST_KEYS``.
            agency_id: The agency that published it.
            key: The item that it is for; empty where a list is for all.
            day: Days since 1970-01-01.
            control_size: Entries of the control log that are looked at.
        """
        assert control_size <= self.size
        held = self._lists.get((event_type, agency_id, key), [])
        known = bisect_left(held, control_size, key=lambda one: one[0])
        found = (payload for _, payload in reversed(held[:known]))
        return next((it for it in found if it["effectiveFrom"] <= day), None)

    def _name_agency(self, leaf_index: int, payload: Payload) -> None:
        self._agency_names.setdefault(payload["uscc"], []).append((leaf_index, payload["name"]))

    def _text(self, pair: tuple[str, int]) -> str:
        if (text := self._texts.get(pair)) is None:
            raise IncompleteError(f"the schema of {pair[0]}.v{pair[1]} was not read yet")
        return text

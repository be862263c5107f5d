"""The control log as one state: who may send what, and by which schemas and rules it is judged.

Read before: ``control_changes``. Read next: ``consumers/append/control_follower.py``.

Folding the first ``controlSize`` entries of the control log gives exactly the state against which
an entry was judged, so every verdict can be replayed. A copy is cheap: a draft shares all
dictionaries with the state it came from, and changes replace them.
Trusts the entries it is given: their proof is the tree's matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from ledger.chain.act import Act
from ledger.chain.avro import Codec, compile_codec
from ledger.chain.entry import Entry
from ledger.chain.schema_text import fingerprint
from ledger.domain.control_changes import CHANGES
from ledger.domain.control_lists import AgencyLists, Device
from ledger.domain.control_records import (
    Agency,
    CalendarYear,
    Emitter,
    Item,
    Ledger,
    Officer,
    ReviewCatalogue,
    RuleSet,
    Schema,
    SigningKey,
    TransportKey,
    day_of,
)
from ledger.domain.law_lists import Benchmark, ReviewUnit, ReviewWorkflow, Template, in_force
from schemas.catalogue import Catalogue
from schemas.loader import schema_text

# What the platform may publish before a catalogue is in force: the rest of a ledger's birth.
BIRTH_TYPES: Final = frozenset(
    {
        "SchemaPublished",
        "VaultTransportKeyPublished",
        "RuleSetPublished",
        "CalendarVersionPublished",
        "CatalogueVersionPublished",
    }
)
_LEDGER_CREATED: Final = ("LedgerCreated", 1)


class _Terms(NamedTuple):
    """Rule sets and calendar as they are from a size on."""

    size: int
    rule_sets: tuple[RuleSet, ...]
    calendar: Mapping[int, CalendarYear]

    def is_of(self, state: ControlState) -> bool:
        """Tell whether a state has them still; what changes replaces what was there."""
        return self.rule_sets is state.rule_sets and self.calendar is state.calendar


class ControlState:
    """What the first ``size`` entries of the control log say."""

    def __init__(self) -> None:
        self.size = 0
        self.received_at = 0  # Of the newest entry applied, microseconds UTC.
        self.ledger: Ledger | None = None
        self.schemas: Mapping[tuple[str, int], Schema] = {}
        self.schema_by_fingerprint: Mapping[bytes, Schema] = {}
        self.transport_keys: Mapping[int, TransportKey] = {}
        self.rule_sets: tuple[RuleSet, ...] = ()
        self.calendar: Mapping[int, CalendarYear] = {}
        self.catalogue: Catalogue | None = None
        self.emitters: Mapping[str, Emitter] = {}
        self.person_keys: Mapping[str, tuple[SigningKey, ...]] = {}
        self.log_keys: tuple[tuple[str, str], ...] = ()  # Added ones: origin and vkey.
        self.agencies: Mapping[str, Agency] = {}
        self.officers: Mapping[str, Officer] = {}
        self.items: Mapping[str, Item] = {}
        self.review_catalogues: Mapping[str, tuple[ReviewCatalogue, ...]] = {}
        self.reviewers: Mapping[str, int] = {}  # Officer -> since when qualified, microseconds.
        self.review_units: Mapping[str, tuple[ReviewUnit, ...]] = {}  # By agency, like workflows.
        self.review_workflows: Mapping[str, tuple[ReviewWorkflow, ...]] = {}
        self.benchmarks: Mapping[tuple[str, str], tuple[Benchmark, ...]] = {}  # Agency and item.
        self.templates: Mapping[str, tuple[Template, ...]] = {}
        self.recorded_steps = AgencyLists({})  # Event types that must be recorded.
        self.inspection_items = AgencyLists({})  # Item codes that may be inspected.
        self.devices: Mapping[str, Device] = {}
        self.simulation_ended = False
        self._terms: tuple[_Terms, ...] = ()  # Each from the size on with which it came.
        # Everybody knows this one schema beforehand; entry 0 brings the next ones.
        text = schema_text("LedgerCreated.v1.avsc")
        self.add_schema(Schema(*_LEDGER_CREATED, text, fingerprint(text)))

    def copy(self) -> ControlState:
        """Return a draft: what changes it does not change this state."""
        draft = object.__new__(ControlState)
        draft.__dict__.update(self.__dict__)
        return draft

    def apply(self, entry: Entry, act: Act, payload: Mapping[str, Any] | None) -> None:
        """Apply the next entry of the control log.

        Args:
            entry: The entry with ``leaf_index`` = ``size``.
            act: Its act.
            payload: Its decoded payload; may be None where ``subscribes`` says no.

        Raises:
            MalformedError: the payload cannot be applied; nothing has changed then.
        """
        assert entry.leaf_index == self.size
        if payload is not None:
            self.change(act, payload)
        self.advance(entry.leaf_index + 1, entry.received_at)

    def change(self, act: Act, payload: Mapping[str, Any]) -> None:
        """Apply what an act says, without counting an entry.

        Raises:
            MalformedError: as ``apply``.
        """
        apply_change = CHANGES.get(act.event_type)
        if apply_change is not None:
            apply_change(self, act, payload)

    def advance(self, size: int, received_at: int) -> None:
        """Count entries: the state now stands for ``size`` of them."""
        assert size > self.size
        assert received_at >= self.received_at
        self.size = size
        self.received_at = received_at
        last = self._terms[-1] if self._terms else None
        if last is None or not last.is_of(self):
            self._terms = (*self._terms, _Terms(size, self.rule_sets, self.calendar))

    def with_terms_of(self, size: int) -> ControlState:
        """Return this state with the rule sets and the calendar of its first ``size`` entries."""
        assert 0 < size <= self.size
        known = next(it for it in reversed(self._terms) if it.size <= size)
        state = self.copy()
        state.rule_sets, state.calendar = known.rule_sets, known.calendar
        return state

    @staticmethod
    def subscribes(event_type: str) -> bool:
        """Tell whether an act of this type changes the state."""
        return event_type in CHANGES

    def add_schema(self, schema: Schema) -> None:
        """Make a schema known under its pair and its fingerprint."""
        self.schemas = {**self.schemas, (schema.event_type, schema.version): schema}
        by_fingerprint = {**self.schema_by_fingerprint, schema.fingerprint: schema}
        self.schema_by_fingerprint = by_fingerprint

    def codec(self, event_type: str, version: int) -> Codec:
        """Return the codec of a published schema.

        Raises:
            KeyError: no such type and version is published.
        """
        return codec_of(self.schemas[event_type, version].text)

    def signing_keys(self, name: str) -> tuple[SigningKey, ...]:
        """Return the keys that sign under a name: an emitter's, a person's or the platform's."""
        if self.ledger is not None and name == self.ledger.platform_key.name:
            return (SigningKey(self.ledger.platform_key, 0, None),)
        emitter = self.emitters.get(name)
        return self.person_keys.get(name, ()) if emitter is None else emitter.keys

    def emitter_kind(self, emitter_id: str) -> str | None:
        """Return AGENCY, SUPERVISOR or PLATFORM, None for who is not registered."""
        if self.ledger is not None and emitter_id == self.ledger.platform_key.name:
            return "PLATFORM"
        emitter = self.emitters.get(emitter_id)
        return None if emitter is None else emitter.kind

    @property
    def is_simulated(self) -> bool:
        """Whether ``receivedAt`` comes from the records and not from the database's clock."""
        ledger = self.ledger
        return ledger is not None and ledger.clock == "simulated" and not self.simulation_ended

    @property
    def rule_set(self) -> RuleSet | None:
        """The rule set in force when the newest control entry was received."""
        return self.rule_set_at(self.received_at)

    def rule_set_at(self, at: int) -> RuleSet | None:
        """Return the rule set in force at ``at`` (microseconds UTC): the newest that counts."""
        return in_force(self.rule_sets, day_of(at))

    def review_catalogue_at(self, agency_id: str, at: int) -> ReviewCatalogue | None:
        """Return the catalogue that an agency has in force at ``at``, None if it has none."""
        return in_force(self.review_catalogues.get(agency_id, ()), day_of(at))


@lru_cache(maxsize=1024)
def codec_of(text: str) -> Codec:
    """Return the compiled codec of a schema text; compiling costs milliseconds, so it is kept."""
    return compile_codec(text)

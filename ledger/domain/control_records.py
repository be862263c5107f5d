"""What the control log knows about: emitters, keys, agencies, officers, items, rule sets.

Read before: docs/spec/topics.md. Read next: ``control_changes``.

Values only. Times are microseconds UTC, dates are days since 1970-01-01, ids are text as in
the acts. Nothing here is personal: names of officials are public by law, everything else of a
person is a commitment and stays one.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from ledger.chain.notes import VerifierKey
from ledger.domain.deadline_rules import DeadlineRules

HOUR_MICROS: Final = 3_600_000_000
DAY_MICROS: Final = 24 * HOUR_MICROS
SHANGHAI_MICROS: Final = 8 * HOUR_MICROS  # UTC+8 all year; the law knows one time zone.
SEVERITIES: Final = ("CRITICAL", "HIGH", "MEDIUM", "LOW")


def day_of(at: int) -> int:
    """Return the day in Shanghai at ``at`` microseconds UTC, as days since 1970-01-01."""
    return (at + SHANGHAI_MICROS) // DAY_MICROS


class SigningKey(NamedTuple):
    """One key of an emitter or a person and when it counts."""

    key: VerifierKey
    valid_from: int
    ended_at: int | None  # Rotated away or revoked.

    def is_valid(self, at: int) -> bool:
        """Tell whether a signature received at ``at`` counts."""
        return self.valid_from <= at and (self.ended_at is None or at < self.ended_at)


class Ledger(NamedTuple):
    """What entry 0 of the control log fixed for ever."""

    name: str
    operator: str  # Credit code; ``agencyId`` of ledger-made acts.
    case_logs: int
    profile: str  # international or guomi
    clock: str  # system or simulated
    entries: str  # auditors or public
    synthetic: bool
    vkeys: tuple[str, ...]  # Of the control log, then of the case logs by number.
    platform_key: VerifierKey


class Emitter(NamedTuple):
    """One registered system."""

    emitter_id: str
    kind: str  # AGENCY, SUPERVISOR or PLATFORM
    agency_ids: frozenset[str]
    event_types: frozenset[str]
    keys: tuple[SigningKey, ...]


class Schema(NamedTuple):
    """The exact text of one event type's payload, for ever the same for its fingerprint."""

    event_type: str
    version: int
    text: str
    fingerprint: bytes  # 8 bytes, little-endian.


class TransportKey(NamedTuple):
    """A public key of the vault to which openings are sealed."""

    key_id: int
    suite: str
    public_key: bytes
    valid_from: int
    valid_to: int


class Agency(NamedTuple):
    """An enforcement agency."""

    agency_id: str
    name: str
    region_code: str
    level: str
    kind: str
    superior_id: str | None = None


class Credential(NamedTuple):
    """An enforcement credential and what happened to it."""

    credential_no: str
    scope: frozenset[str]  # actKind codes.
    region_code: str
    valid_from: int  # Day.
    valid_to: int  # Day.
    suspensions: tuple[tuple[int, int | None], ...]  # From and to, microseconds.
    ended_at: int | None  # Revoked or replaced.

    def is_valid(self, at: int) -> bool:
        """Tell whether the credential was valid at ``at`` (行政处罚法 art. 42)."""
        if not self.valid_from <= day_of(at) <= self.valid_to:
            return False
        if self.ended_at is not None and at >= self.ended_at:
            return False
        return not any(start <= at and (end is None or at < end) for start, end in self.suspensions)


class Officer(NamedTuple):
    """An official with the credentials of the office."""

    officer_id: str
    name: str
    agency_id: str
    category: str  # ENFORCEMENT, LEGAL_REVIEW or AUXILIARY
    credentials: tuple[Credential, ...]


class Item(NamedTuple):
    """An enforcement item (执法事项)."""

    item_code: str
    agency_id: str
    name: str
    act_kind: str
    major_hint: bool  # Marked as major by a law or regulation.
    retired_from: int | None  # Day.


class CatalogueRule(NamedTuple):
    """One line of a review catalogue: what makes a decision major. None = any amount."""

    rule_id: str
    act_kind: str
    item_codes: frozenset[str]
    penalty_kinds: frozenset[str]
    fine_fen_natural_min: int | None
    fine_fen_legal_min: int | None
    confiscate_fen_min: int | None
    measure_kinds: frozenset[str] = frozenset()
    licence_categories: frozenset[str] = frozenset()


class ReviewCatalogue(NamedTuple):
    """A version of an agency's catalogue of major decisions (重大执法决定法制审核目录)."""

    catalogue_id: str
    version: str
    rules: tuple[CatalogueRule, ...]
    effective_from: int  # Day.


class RuleWords(NamedTuple):
    """What a rule set says of one violation rule."""

    severity: str  # CRITICAL, HIGH, MEDIUM or LOW.
    text: str
    basis: str  # Statute and article.
    known: str = ""  # How well the basis is known: L, P, S, M or R.


class RuleSet(NamedTuple):
    """A published rule set: which predicates a gate runs, their numbers, and the deadlines."""

    version: str
    gates: Mapping[str, tuple[str, ...]]
    numbers: Mapping[str, int]
    review_catalogue: ReviewCatalogue | None  # Applies where an agency has none.
    effective_from: int  # Day.
    deadlines: DeadlineRules | None = None  # Rule sets before 2026.2 have none.
    violations: Mapping[str, RuleWords] = MappingProxyType({})  # Rules in force, by id.
    lists: Mapping[str, tuple[str, ...]] = MappingProxyType({})  # Of types and codes, by name.


class CalendarYear(NamedTuple):
    """The working days of one year as published (State Council arrangement)."""

    year: int
    version: str
    holidays: frozenset[int]  # Days.
    makeup_workdays: frozenset[int]  # Saturdays and Sundays that are worked.
    provisional: bool


def catalogue_rule(value: Mapping[str, Any]) -> CatalogueRule:
    """Return one rule from its Avro or JSON form (the fields are the same)."""
    return CatalogueRule(
        str(value["ruleId"]),
        str(value["actKind"]),
        frozenset(value["itemCodes"]),
        frozenset(value["penaltyKinds"]),
        value["fineFenNaturalMin"],
        value["fineFenLegalMin"],
        value["confiscateFenMin"],
        frozenset(value.get("measureKinds", ())),
        frozenset(value.get("licenceCategories", ())),
    )

"""Whether a penalty or another result must be, may be or must not be disclosed, and until when.

Read before: docs/spec/disclosure-record.md. Read next: ``public_record``.

Decided per (decision, channel) from classes P and I alone: kinds of penalty, party type, age band,
procedure. The days are parameters (``DisclosurePeriods``, from the published rule set), since the
law changed several of them within one year. Basis: 行政处罚法 art. 48; 信用修复管理办法 (发改委令
36号); 市场监管总局令45号 arts. 2, 13, 14; 个人信息保护法 arts. 28, 31.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final, NamedTuple


class Result(StrEnum):
    """What the law says about one decision on one channel."""

    MUST = "MUST"
    MAY_WITHHOLD = "MAY_WITHHOLD"
    MUST_NOT = "MUST_NOT"


class CreditClass(StrEnum):
    """How grave the dishonesty is (令36号)."""

    MINOR = "MINOR"
    GENERAL = "GENERAL"
    SERIOUS = "SERIOUS"


class Channel(StrEnum):
    """Where a record is shown."""

    PORTAL = "PORTAL"
    CREDIT = "CREDIT"
    COMPANY_REGISTRY = "COMPANY_REGISTRY"


SERIOUS_KINDS: Final = frozenset(
    {"REVOKE_LICENCE", "BAN", "CLOSE", "STOP_BUSINESS", "RESTRICT_BUSINESS", "DOWNGRADE"}
)
MINOR_KINDS: Final = frozenset({"WARNING", "CRITICISM"})
MINOR_AGES: Final = frozenset({"UNDER_14", "FROM_14_TO_17"})


class PenaltyFacts(NamedTuple):
    """What the judgement rests on; nothing of it is personal."""

    party_type: str
    age_band: str
    kinds: Collection[str]  # ``penaltyKind`` codes, at least one.
    is_summary: bool  # 简易程序.
    is_sealed: bool = False  # A sealed public-security record or a secret.

    @property
    def is_natural(self) -> bool:
        """Tell whether the party is a natural person."""
        return self.party_type == "NATURAL"


class DisclosurePeriods(NamedTuple):
    """Days on the agency's portal by class, counted from the date of the document."""

    general_days: int
    serious_days: int
    natural_days_max: int

    @classmethod
    def from_numbers(cls, numbers: Mapping[str, object]) -> DisclosurePeriods:
        """Return the periods in the numbers of a rule set; natural persons' default to general."""
        general = int(str(numbers["portal_days_general"]))
        serious = int(str(numbers["portal_days_serious"]))
        return cls(general, serious, int(str(numbers.get("portal_days_natural_max", general))))


class Obligation(NamedTuple):
    """The judgement, as ``DisclosureObligationAssessed`` records it."""

    result: Result
    credit_class: CreditClass | None  # Of a penalty.
    rule_ids: tuple[str, ...]  # Which row of the table decided.


def credit_class_of(facts: PenaltyFacts) -> CreditClass:
    """Return the class of a penalty: the gravest kind decides, a summary case is minor."""
    kinds = set(facts.kinds)
    if kinds & SERIOUS_KINDS:
        return CreditClass.SERIOUS
    if facts.is_summary or (kinds and kinds <= MINOR_KINDS):
        return CreditClass.MINOR
    return CreditClass.GENERAL


def assess_penalty(facts: PenaltyFacts, channel: Channel) -> Obligation:
    """Judge one penalty on one channel; the first rule that applies decides."""
    credit_class = credit_class_of(facts)

    def judged(result: Result, rule_id: str) -> Obligation:
        return Obligation(result, credit_class, (rule_id,))

    if facts.is_sealed:
        return judged(Result.MUST_NOT, "DIS-OBL-SEALED")
    if facts.is_natural and facts.age_band in MINOR_AGES:
        return judged(Result.MUST_NOT, "DIS-OBL-MINOR-PARTY")
    if set(facts.kinds) == {"WARNING"}:
        return judged(Result.MUST_NOT, "DIS-OBL-WARNING-ONLY")
    if credit_class is CreditClass.MINOR:
        result = Result.MUST_NOT if channel is Channel.CREDIT else Result.MAY_WITHHOLD
        return judged(result, "DIS-OBL-CLASS-MINOR")
    if facts.is_natural and channel is not Channel.PORTAL:
        return judged(Result.MUST_NOT, "DIS-OBL-NATURAL-CHANNEL")
    if facts.is_natural and facts.age_band == "UNKNOWN":
        return judged(Result.MAY_WITHHOLD, "DIS-OBL-AGE-UNKNOWN")
    return judged(Result.MUST, "DIS-OBL-NATURAL" if facts.is_natural else "DIS-OBL-ORGANISATION")


class ResultRow(NamedTuple):
    """What the table says of results that are no penalties."""

    result: Result
    rule_id: str
    days: str | None  # Name of the number of working days, where it must be public.
    made_at: str  # Field that says when it was made.
    channels: frozenset[Channel]


OTHER_DAYS: Final = "publish_other_working_days"
PENALTY_DAYS: Final = "publish_working_days"
_PORTAL: Final = frozenset({Channel.PORTAL})
_LICENCE: Final = ResultRow(
    Result.MUST, "DIS-OBL-LICENCE", PENALTY_DAYS, "decidedAt", _PORTAL | {Channel.CREDIT}
)
RESULTS: Final[Mapping[str, ResultRow]] = {
    "NoPenaltyDecisionMade": ResultRow(
        Result.MAY_WITHHOLD, "DIS-OBL-NO-PENALTY", None, "doc", _PORTAL
    ),
    "LicenceGranted": _LICENCE,
    "LicenceAltered": _LICENCE,
    "LicenceRenewed": _LICENCE,
    "LicenceRevoked": _LICENCE._replace(made_at="at"),
    "OtherEnforcementActRecorded": ResultRow(
        Result.MUST, "DIS-OBL-OTHER", OTHER_DAYS, "doc", _PORTAL
    ),
    "InspectionRecordMade": ResultRow(Result.MUST, "DIS-OBL-INSPECTION", OTHER_DAYS, "to", _PORTAL),
}


def assess_result(
    row: ResultRow, channel: Channel, party: Mapping[str, object] | None
) -> Obligation | None:
    """Judge a result that is no penalty; None: the table says nothing of the channel.

    Args:
        row: Of ``RESULTS``.
        channel: Where.
        party: Whom it is about, as the act has it; None where it does not say.
    """
    if channel not in row.channels:
        return None
    is_natural = party is not None and party["partyType"] == "NATURAL"
    if party is not None and is_natural and party["ageBand"] in MINOR_AGES:
        return Obligation(Result.MUST_NOT, None, ("DIS-OBL-MINOR-PARTY",))
    return Obligation(row.result, None, (row.rule_id,))


def shown_until(facts: PenaltyFacts, doc_date: int, periods: DisclosurePeriods) -> int:
    """Return the last day on the agency's portal, as days since 1970-01-01.

    Args:
        facts: The penalty.
        doc_date: Date of the decision document, days since 1970-01-01.
        periods: From the rule set in force.
    """
    serious = credit_class_of(facts) is CreditClass.SERIOUS
    days = periods.serious_days if serious else periods.general_days
    return doc_date + (min(days, periods.natural_days_max) if facts.is_natural else days)

"""What each field of a penalty's public record is read from, before any masking.

Read before: schemas/PenaltyDecisionMade.v1.avsc. Read next: ``public_record``.

A field policy names a source; the functions here give its text. Amounts are texts in 万元 with
six decimals, dates ``YYYY-MM-DD``: a public record has no JSON number.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from ledger.errors import RejectedError

Text = str | list[str]

FEN_PER_WAN_YUAN: Final = 1_000_000
FEN_PER_YUAN: Final = 100
PARTY_TYPE_NAMES: Final = {
    "NATURAL": "自然人",
    "SOLE_PROPRIETOR": "个体工商户",
    "LEGAL": "法人及非法人组织",
    "UNINCORPORATED": "法人及非法人组织",
    "FOREIGN": "境外组织或个人",
}
PENALTY_KIND_NAMES: Final = {
    "WARNING": "警告",
    "CRITICISM": "通报批评",
    "FINE": "罚款",
    "CONFISCATE_GAINS": "没收违法所得",
    "CONFISCATE_GOODS": "没收非法财物",
    "SUSPEND_LICENCE": "暂扣许可证件",
    "DOWNGRADE": "降低资质等级",
    "REVOKE_LICENCE": "吊销许可证件",
    "RESTRICT_BUSINESS": "限制开展生产经营活动",
    "STOP_BUSINESS": "责令停产停业",
    "CLOSE": "责令关闭",
    "BAN": "限制从业",
    "DETENTION": "行政拘留",
    "OTHER": "其他",
}
_LICENCE_KINDS: Final = frozenset({"SUSPEND_LICENCE", "REVOKE_LICENCE"})
_EPOCH: Final = dt.date(1970, 1, 1)


class PenaltySource(NamedTuple):
    """A decision and what was revealed for it."""

    payload: Mapping[str, object]  # ``PenaltyDecisionMade``, decoded.
    agency_id: str  # Credit code of the deciding agency.
    agency_name: str  # Its name when the record is drafted.
    until: int | None  # Last day shown, days since 1970-01-01.
    revealed: Mapping[str, object]  # RFC 6901 pointer of a commitment -> its JSON value.

    @property
    def party(self) -> Mapping[str, object]:
        """The party as the decision names it."""
        return record_of(self.payload["party"])

    @property
    def party_column(self) -> str:
        """Which column of a field policy applies.

        Whoever has no plain name is treated as a natural person, a foreign party included.
        """
        if self.party["partyType"] == "NATURAL" or self.party["name"] is None:
            return "natural"
        is_sole = self.party["partyType"] == "SOLE_PROPRIETOR"
        return "sole_proprietor" if is_sole else "organisation"

    def opened(self, pointer: str) -> str:
        """Return a revealed text.

        Raises:
            RejectedError: ``RECORD_INCOMPLETE``: the vault has no such value.
        """
        value = self.revealed.get(pointer)
        if not isinstance(value, str) or not value.strip():
            raise RejectedError("RECORD_INCOMPLETE", "a value was never opened", pointer=pointer)
        return value


def source_of(name: str, decision: PenaltySource) -> Text | None:
    """Return the text of a source, or None where the decision has none.

    Raises:
        RejectedError: ``RECORD_INCOMPLETE``: it needs a value that was never opened.
    """
    return SOURCES[name](decision)


def revealed_paths(payload: Mapping[str, object]) -> list[str]:
    """Return the pointers of the commitments that a record may need the values of."""
    party = record_of(payload["party"])
    names = [
        field for field in ("nameCommitment", "legalRepCommitment") if party[field] is not None
    ]
    objects = [
        f"/penalties/{index}/objectCommitment"
        for index, item in enumerate(penalties_of(payload))
        if item["objectCommitment"] is not None
    ]
    return ["/facts", *(f"/party/{name}" for name in names), *objects]


def penalties_of(payload: Mapping[str, object]) -> list[Mapping[str, object]]:
    """Return the penalties of a decision's payload."""
    items = payload["penalties"]
    assert isinstance(items, list)
    return [record_of(item) for item in items]


def record_of(value: object) -> Mapping[str, object]:
    """Return a decoded record, which the schema says is one."""
    assert isinstance(value, Mapping)
    return value


def date_text(days: int) -> str:
    """Return ``YYYY-MM-DD`` of days since 1970-01-01."""
    return (_EPOCH + dt.timedelta(days=days)).isoformat()


def wan_yuan(fen: int) -> str:
    """Return an amount in 万元 with six decimals, exactly."""
    return f"{fen // FEN_PER_WAN_YUAN}.{fen % FEN_PER_WAN_YUAN:06d}"


def _party_name(decision: PenaltySource) -> Text | None:
    name = decision.party["name"]
    return str(name) if name is not None else decision.opened("/party/nameCommitment")


def _legal_rep(decision: PenaltySource) -> Text | None:
    if decision.party["legalRepCommitment"] is None:
        return None
    return decision.opened("/party/legalRepCommitment")


def _uscc(decision: PenaltySource) -> Text | None:
    uscc = decision.party["uscc"]
    return None if uscc is None else str(uscc)


def _doc(decision: PenaltySource, field: str) -> object:
    return record_of(decision.payload["doc"])[field]


def _doc_no(decision: PenaltySource) -> Text | None:
    number = _doc(decision, "docNo")
    return None if number is None else str(number)


def _basis(decision: PenaltySource) -> Text | None:
    items = decision.payload["basis"]
    assert isinstance(items, list)
    return [basis_text(record_of(item)) for item in items] or None


def basis_text(basis: Mapping[str, object]) -> str:
    """Return a legal basis as it is cited: law, article, paragraph, item."""
    text = f"《{str(basis['law']).strip('《》')}》第{basis['article']}条"
    if basis["paragraph"] is not None:
        text += f"第{basis['paragraph']}款"
    return text if basis["item"] is None else f"{text}第（{basis['item']}）项"


def _penalty_kinds(decision: PenaltySource) -> Text | None:
    kinds = dict.fromkeys(str(item["kind"]) for item in penalties_of(decision.payload))
    return [PENALTY_KIND_NAMES[kind] for kind in kinds] or None


def _penalty_text(decision: PenaltySource) -> Text | None:
    return "；".join(_one_penalty(item) for item in penalties_of(decision.payload)) or None


def _one_penalty(item: Mapping[str, object]) -> str:
    text = PENALTY_KIND_NAMES[str(item["kind"])]
    if isinstance(item["amountFen"], int):
        yuan, fen = divmod(item["amountFen"], FEN_PER_YUAN)
        text += f"{yuan}.{fen:02d}元"
    return text if item["durationDays"] is None else f"{text}{item['durationDays']}日"


def _amount(*kinds: str) -> Callable[[PenaltySource], Text | None]:
    """Return a source that sums the amounts of some kinds, None where there are none."""

    def amount(decision: PenaltySource) -> Text | None:
        items = [item for item in penalties_of(decision.payload) if item["kind"] in kinds]
        amounts = [item["amountFen"] for item in items if isinstance(item["amountFen"], int)]
        return wan_yuan(sum(amounts)) if amounts else None

    return amount


def _licence_objects(decision: PenaltySource) -> Text | None:
    objects = [
        decision.opened(f"/penalties/{index}/objectCommitment")
        for index, item in enumerate(penalties_of(decision.payload))
        if item["kind"] in _LICENCE_KINDS and item["objectCommitment"] is not None
    ]
    return objects or None


SOURCES: Final[Mapping[str, Callable[[PenaltySource], Text | None]]] = {
    "party_name": _party_name,
    "party_type": lambda decision: PARTY_TYPE_NAMES[str(decision.party["partyType"])],
    "party_uscc": _uscc,
    "party_id_value": lambda decision: decision.opened("/party/idValueCommitment"),
    "party_legal_rep": _legal_rep,
    "doc_no": _doc_no,
    "doc_date": lambda decision: date_text(int(str(_doc(decision, "docDate")))),
    "violation_type": lambda decision: str(decision.payload["violationType"]),
    "facts": lambda decision: decision.opened("/facts"),
    "basis": _basis,
    "penalty_kinds": _penalty_kinds,
    "penalty_text": _penalty_text,
    "fine_amount": _amount("FINE"),
    "confiscated_amount": _amount("CONFISCATE_GAINS", "CONFISCATE_GOODS"),
    "licence_objects": _licence_objects,
    "until": lambda decision: None if decision.until is None else date_text(decision.until),
    "agency_name": lambda decision: decision.agency_name,
    "agency_id": lambda decision: decision.agency_id,
}

"""What a logged-in person may have the platform do: a table of commands.

Read before: ``consumers/platform/commands.py``. Read next: ``portal/api/commands.py``.

A row says which permission a command needs, what has to be given, and how it becomes acts. The
person is the officer of the acts; the platform signs them; the ledger's gates decide. So a row
here opens a door, never a gate.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from consumers.platform.acts import Order
from consumers.platform.commands import Acts, PlatformCommands
from consumers.platform.decision_gate import REQUEST, Draft, Proposed
from consumers.platform.disclosure import Target
from consumers.platform.discretion import ADVICE, Choice
from consumers.platform.retrieval import Request
from ledger.clock import MICROS_PER_SECOND
from portal.permissions import Permission
from schemas.loader import schema_text, symbol_words

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9:._-]{1,128}$")]
Reason = Annotated[str, Field(min_length=1, max_length=500)]
ItemList = Annotated[list[Identifier], Field(max_length=100)]


def _choice(event_type: str, field: str, term: str, default: Any = ...) -> Any:
    """Return a field whose values are the symbols of an act's enum, each with its word."""
    fields = json.loads(schema_text(f"{event_type}.v1.avsc"))["fields"]
    enum = next(one["type"] for one in fields if one["name"] == field)
    return _one_of(enum["name"], enum["symbols"], term, default)


def _one_of(enum: str, symbols: Sequence[str], term: str, default: Any = ...) -> Any:
    words = symbol_words()[enum]
    return Field(
        default=default,
        pattern=f"^({'|'.join(symbols)})$",
        description=f"{term}：{'；'.join(f'{one} {words[one]}' for one in symbols)}",
        json_schema_extra={"enum": list(symbols)},
    )


class CommandBody(BaseModel):
    """What every command names: the matter it is about."""

    model_config = ConfigDict(extra="forbid")

    case_id: Identifier = Field(description="事项（案件）标识")


class DraftDisclosure(CommandBody):
    """Draft the public record of a decision."""

    source_event_id: UUID = Field(description="决定行为的标识")
    disclosure_id: Identifier | None = Field(default=None, description="公示标识，空则新取")
    channel: str = _choice("DisclosureDrafted", "channel", "公示渠道", default="PORTAL")
    replaces: Identifier | None = Field(default=None, description="所替代的公示")


class WithholdDisclosure(DraftDisclosure):
    """Decide not to disclose."""

    ground: str = _choice("DisclosureWithheld", "ground", "不予公示的理由代码")


class DisclosureStep(CommandBody):
    """A step of a disclosure that exists."""

    disclosure_id: Identifier


class ReviewDisclosure(DisclosureStep):
    """Approve a draft, or return it."""

    returned_because: Reason | None = Field(default=None, description="退回理由；空则通过")


class UpdateDisclosure(DisclosureStep):
    """Put the approved next version in place of the published one."""

    reason: Reason


class WithdrawDisclosure(DisclosureStep):
    """Take a published record down."""

    ground: str = _choice("DisclosureWithdrawn", "ground", "撤下事由代码")
    reason: Reason = Field(description="公开理由")
    cause_event_id: UUID | None = None


class RequestRetrieval(CommandBody):
    """Ask to see records of a matter."""

    org: str = Field(pattern="^[0-9A-HJ-NPQRTUWXY]{18}$", description="申请单位代码")
    purpose: str = _choice("RetrievalRequested", "purpose", "调阅目的代码")
    reason: Reason = Field(description="事由，密封保存")
    mode: str = _choice("RetrievalRequested", "mode", "方式", default="VIEW")
    media_ids: ItemList = Field(default_factory=list)
    doc_ids: ItemList = Field(default_factory=list)


class RetrievalStep(CommandBody):
    """A step of a retrieval that exists."""

    retrieval_id: Identifier


class ApproveRetrieval(RetrievalStep):
    """Open a window for what was asked."""

    opens_at: AwareDatetime
    closes_at: AwareDatetime


class RejectRetrieval(RetrievalStep):
    """Refuse what was asked."""

    reason: Reason = Field(description="理由，密封保存")


class AccessRecord(RetrievalStep):
    """Begin to look at one record."""

    target_id: Identifier


class EndAccess(RetrievalStep):
    """End an access."""

    access_id: Identifier
    bytes_sent: int = Field(ge=0, lt=1 << 53)


class CloseRetrieval(RetrievalStep):
    """End a retrieval."""

    outcome: str = _choice("RetrievalClosed", "outcome", "结果", default="COMPLETED")


class ProposedPenalty(BaseModel):
    """One penalty of a draft decision."""

    model_config = ConfigDict(extra="forbid")

    kind: str = _one_of("PenaltyKind", list(symbol_words()["PenaltyKind"]), "处罚种类")
    amount_fen: int | None = Field(default=None, ge=0, lt=1 << 53, description="金额（分）")
    duration_days: int | None = Field(default=None, ge=0, lt=1 << 31, description="期限（日）")


class RequestPermit(CommandBody):
    """Ask whether a draft decision may be made."""

    draft_hash: str = Field(
        pattern="^(blake3|sm3|sha256):[0-9a-f]{64}$", description="决定草稿的摘要"
    )
    proposed_penalty: list[ProposedPenalty] | None = Field(
        default=None, min_length=1, max_length=16, description="拟处罚；空则取本案最近一次所拟"
    )
    declared: list[Annotated[str, Field(pattern="^[A-Z0-9-]{1,32}$")]] = Field(
        default_factory=list, max_length=16, description="本机关申报的重大情形，如 STAT-1"
    )


class AdviseDiscretion(CommandBody):
    """Have the advised range recorded with what was chosen and why."""

    circumstance: str = Field(min_length=1, max_length=64, description="情节，如裁量基准所列")
    chosen_fen: int = Field(ge=0, lt=1 << 53, description="选定的罚款金额（分）")
    reason: Reason | None = Field(
        default=None, description="理由；不在建议幅度内时必填。不密封，不要写个人信息"
    )
    item_code: Annotated[str, Field(pattern="^[A-Z0-9-]{1,32}$")] | None = Field(
        default=None, description="执法事项编码；空则取本案的事项"
    )
    grounds: ItemList = Field(
        default_factory=list, description="从轻、减轻、从重事由，如 mitigation:corrected"
    )


class Given(NamedTuple):
    """What a command is built from besides its body."""

    order: Order
    ip: str  # Of whoever asks; goes into a commitment.
    new_id: Callable[[str], str]  # A fresh identifier with this prefix.


Build = Callable[[PlatformCommands, Given, CommandBody], Acts]


class CommandRow(NamedTuple):
    """One command."""

    term: str
    permission: Permission
    body: type[CommandBody]
    build: Build
    last_act: str  # The act by which it is done.
    is_owners: bool = False  # Only accounts of the matter's agency may give it.


def _draft(commands: PlatformCommands, given: Given, body: CommandBody) -> Acts:
    assert isinstance(body, DraftDisclosure)
    return commands.draft_disclosure(given.order, _target(given, body))


def _withhold(commands: PlatformCommands, given: Given, body: CommandBody) -> Acts:
    assert isinstance(body, WithholdDisclosure)
    return commands.withhold_disclosure(given.order, _target(given, body), body.ground)


def _review(commands: PlatformCommands, given: Given, body: CommandBody) -> Acts:
    assert isinstance(body, ReviewDisclosure)
    return commands.review_disclosure(given.order, body.disclosure_id, body.returned_because)


def _publish(commands: PlatformCommands, given: Given, body: CommandBody) -> Acts:
    assert isinstance(body, DisclosureStep)
    return commands.publish_disclosure(given.order, body.disclosure_id)


def _update(commands: PlatformCommands, given: Given, body: CommandBody) -> Acts:
    assert isinstance(body, UpdateDisclosure)
    return commands.update_disclosure(given.order, body.disclosure_id, body.reason)


def _withdraw(commands: PlatformCommands, given: Given, body: CommandBody) -> Acts:
    assert isinstance(body, WithdrawDisclosure)
    cause = None if body.cause_event_id is None else body.cause_event_id.bytes
    return commands.withdraw_disclosure(
        given.order, body.disclosure_id, body.ground, body.reason, cause
    )


def _request(commands: PlatformCommands, given: Given, body: CommandBody) -> Acts:
    assert isinstance(body, RequestRetrieval)
    wanted = Request(
        given.new_id("retrieval:"),
        body.org,
        body.purpose,
        body.reason,
        body.mode,
        body.media_ids,
        body.doc_ids,
    )
    return commands.request_retrieval(given.order, wanted)


def _approve(commands: PlatformCommands, given: Given, body: CommandBody) -> Acts:
    assert isinstance(body, ApproveRetrieval)
    return commands.approve_retrieval(
        given.order, body.retrieval_id, _micros(body.opens_at), _micros(body.closes_at)
    )


def _reject(commands: PlatformCommands, given: Given, body: CommandBody) -> Acts:
    assert isinstance(body, RejectRetrieval)
    return commands.reject_retrieval(given.order, body.retrieval_id, body.reason)


def _access(commands: PlatformCommands, given: Given, body: CommandBody) -> Acts:
    assert isinstance(body, AccessRecord)
    return commands.access_record(
        given.order, body.retrieval_id, given.new_id("access:"), body.target_id, given.ip
    )


def _end_access(commands: PlatformCommands, given: Given, body: CommandBody) -> Acts:
    assert isinstance(body, EndAccess)
    return commands.end_access(given.order, body.retrieval_id, body.access_id, body.bytes_sent)


def _copy(commands: PlatformCommands, given: Given, body: CommandBody) -> Acts:
    assert isinstance(body, AccessRecord)
    return commands.copy_record(given.order, body.retrieval_id, body.target_id)


def _close(commands: PlatformCommands, given: Given, body: CommandBody) -> Acts:
    assert isinstance(body, CloseRetrieval)
    return commands.close_retrieval(given.order, body.retrieval_id, body.outcome)


def _advise(commands: PlatformCommands, given: Given, body: CommandBody) -> Acts:
    assert isinstance(body, AdviseDiscretion)
    choice = Choice(
        body.circumstance, body.chosen_fen, body.reason, body.item_code, tuple(body.grounds)
    )
    return commands.advise_discretion(given.order, choice)


COMMANDS: Final[dict[str, CommandRow]] = {
    "draft_disclosure": CommandRow(
        "公示拟稿", Permission.DRAFT_DISCLOSURE, DraftDisclosure, _draft, "DisclosureDrafted"
    ),
    "withhold_disclosure": CommandRow(
        "不予公示",
        Permission.PUBLISH_DISCLOSURE,
        WithholdDisclosure,
        _withhold,
        "DisclosureWithheld",
    ),
    "review_disclosure": CommandRow(
        "公示审核", Permission.REVIEW_DISCLOSURE, ReviewDisclosure, _review, "DisclosureReviewed"
    ),
    "publish_disclosure": CommandRow(
        "公示发布", Permission.PUBLISH_DISCLOSURE, DisclosureStep, _publish, "DisclosurePublished"
    ),
    "update_disclosure": CommandRow(
        "公示更新", Permission.PUBLISH_DISCLOSURE, UpdateDisclosure, _update, "DisclosureUpdated"
    ),
    "withdraw_disclosure": CommandRow(
        "公示撤下",
        Permission.WITHDRAW_DISCLOSURE,
        WithdrawDisclosure,
        _withdraw,
        "DisclosureWithdrawn",
    ),
    "request_retrieval": CommandRow(
        "调阅申请", Permission.REQUEST_RETRIEVAL, RequestRetrieval, _request, "RetrievalRequested"
    ),
    "approve_retrieval": CommandRow(
        "调阅批准", Permission.DECIDE_RETRIEVAL, ApproveRetrieval, _approve, "RetrievalApproved"
    ),
    "reject_retrieval": CommandRow(
        "调阅不批准", Permission.DECIDE_RETRIEVAL, RejectRetrieval, _reject, "RetrievalRejected"
    ),
    "access_record": CommandRow(
        "查看记录", Permission.ACCESS_RECORD, AccessRecord, _access, "RecordAccessed"
    ),
    "end_access": CommandRow(
        "查看结束", Permission.ACCESS_RECORD, EndAccess, _end_access, "RecordAccessEnded"
    ),
    "copy_record": CommandRow(
        "复制记录", Permission.ACCESS_RECORD, AccessRecord, _copy, "RecordCopied"
    ),
    "close_retrieval": CommandRow(
        "调阅终结", Permission.ACCESS_RECORD, CloseRetrieval, _close, "RetrievalClosed"
    ),
    "advise_discretion": CommandRow(
        "裁量辅助",
        Permission.ADVISE_DISCRETION,
        AdviseDiscretion,
        _advise,
        ADVICE,
        is_owners=True,
    ),
}


def _permit(commands: PlatformCommands, given: Given, body: CommandBody) -> Acts:
    assert isinstance(body, RequestPermit)
    said = body.proposed_penalty
    proposed = None if said is None else [Proposed(**one.model_dump()) for one in said]
    draft = Draft(body.draft_hash, proposed, body.declared)
    return commands.request_decision_gate(given.order, draft)


PERMIT_KIND: Final = "request_decision_gate"
ROWS: Final[dict[str, CommandRow]] = {
    **COMMANDS,
    # Its door is its own (``portal/api/decision_gate.py``): the answer is more than receipts.
    PERMIT_KIND: CommandRow(
        "申请决定前置核验", Permission.REQUEST_PERMIT, RequestPermit, _permit, REQUEST
    ),
}


def _target(given: Given, body: DraftDisclosure) -> Target:
    disclosure_id = body.disclosure_id or given.new_id("disclosure:")
    return Target(disclosure_id, body.source_event_id.bytes, body.channel, "PENALTY", body.replaces)


def _micros(moment: datetime) -> int:
    return int(moment.timestamp()) * MICROS_PER_SECOND + moment.microsecond

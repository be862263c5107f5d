"""The withdrawal of a public record: look at it once more, give ground and reason, confirm.

Read before: ``portal/console/disclosure_work.py``. Read next: ``ledger/rules/gate_rules.py``.

A ground such as "the decision was altered" stands on an act of the case, and the gate refuses it
without one; so such a ground is offered once for each act of the case that it may stand on. What
was typed stays on the page when the gate refuses. The form works without a script.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, Form, Query, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ledger.domain.disclosure import CAUSES, PUBLISHED
from ledger.errors import LedgerError
from ledger.limits import CASE_VIEW_ENTRIES_MAX
from portal.access import address_of, check_csrf, require
from portal.api.cases import entry_rows
from portal.api.problem import Problem, problem, problem_of_error
from portal.api.problem_codes import problem_kind
from portal.commands import WithdrawDisclosure
from portal.console.carried_out import back_to_list
from portal.pages import beijing_time, page
from portal.permissions import Permission
from portal.platform_desk import Asked, carry_out
from portal.resources import Resources
from portal.rule_texts import rule_lines
from portal.words import word
from projections.case_replay.view import AsOf, CaseEntry
from projections.disclosure.view import DisclosureRow
from schemas.loader import symbol_words

router = APIRouter(prefix="/console/disclosures", include_in_schema=False)

COMMAND: Final = "withdraw_disclosure"
PERSONAL_RULE: Final = "V-DIS-03"
PERSONAL_CODES: Final = "R9_"
INCOMPLETE_HINT: Final = "请选择事由、填写公开理由，并勾选确认。"
PERSONAL_HINT: Final = (
    "公开理由中有像身份证号、手机号或银行卡号的文字。公开理由人人可见，请改写后再提交。"
)
DisclosureQuery = Annotated[str, Query(alias="disclosure_id", pattern=r"^[A-Za-z0-9:._-]{1,128}$")]


class Basis(NamedTuple):
    """A ground that may be chosen, with the act it stands on."""

    value: str  # Ground, then a space and the act's id where one is needed.
    label: str


class Typed(NamedTuple):
    """What a person gave."""

    basis: str = ""
    reason: str = ""


@router.get("/withdraw")
def show_form(request: Request, disclosure_id: DisclosureQuery) -> Response:
    """Show what is to be taken down, and ask for ground, reason and confirmation."""
    require(request, Permission.WITHDRAW_DISCLOSURE)
    return _form(request, disclosure_id, Typed(), None)


@router.post("/withdraw")
async def take_down(
    request: Request,
    disclosure_id: Annotated[str, Form(max_length=128)],
    basis: Annotated[str, Form(max_length=80)] = "",
    reason: Annotated[str, Form(max_length=500)] = "",
    confirmed: Annotated[str, Form(max_length=8)] = "",
    csrf_token: Annotated[str, Form()] = "",
) -> Response:
    """Take the record down, or show the form again with what the ledger says against it."""
    account = require(request, Permission.WITHDRAW_DISCLOSURE)
    check_csrf(request, csrf_token)
    resources: Resources = request.app.state.resources
    typed = Typed(basis, reason.strip())
    row = await run_in_threadpool(_row, resources, disclosure_id)
    try:
        body = _body(row, typed, is_confirmed=bool(confirmed))
        done = await carry_out(resources, Asked(COMMAND, body, account, address_of(request)))
        return back_to_list(PUBLISHED, done)
    except LedgerError as error:
        fault = problem_of_error(error)
        return await run_in_threadpool(_form, request, disclosure_id, typed, fault)


def _form(request: Request, disclosure_id: str, typed: Typed, fault: Problem | None) -> Response:
    resources: Resources = request.app.state.resources
    row = _row(resources, disclosure_id)
    with resources.disclosures() as reader:
        source = row.source_event_id and reader.decision(row.stream_id, row.source_event_id)
    failed = () if fault is None else fault.failed
    return page(
        request,
        "withdraw.html",
        status_code=200 if fault is None else fault.status,
        view_sizes=resources.view_sizes("disclosure"),
        logs=[row.log],
        row=row,
        source=source or None,
        bases=bases(entry_rows(resources, row.stream_id, AsOf(), limit=CASE_VIEW_ENTRIES_MAX)),
        typed=typed,
        fault=fault,
        kind=None if fault is None else problem_kind(fault.code),
        rules=rule_lines(resources, failed),
        hint=_hint(fault),
    )


def _hint(fault: Problem | None) -> str | None:
    """Return what to say instead of the code's own advice, which is for emitting systems."""
    if fault is None:
        return None
    if PERSONAL_RULE in fault.failed or fault.code.startswith(PERSONAL_CODES):
        return PERSONAL_HINT
    return INCOMPLETE_HINT if fault.code == "INVALID" else None


def _row(resources: Resources, disclosure_id: str) -> DisclosureRow:
    """Return a disclosure that is published.

    Raises:
        ProblemError: NOT_FOUND, WITHDRAWN or NOT_PUBLISHED.
    """
    with resources.disclosures() as reader:
        row = reader.disclosure(disclosure_id)
    if row is None:
        raise problem("NOT_FOUND")
    if row.state != PUBLISHED:
        raise problem("WITHDRAWN" if row.state == "WITHDRAWN" else "NOT_PUBLISHED")
    return row


def _body(row: DisclosureRow, typed: Typed, *, is_confirmed: bool) -> WithdrawDisclosure:
    """Return the command. Raises ProblemError INVALID: something is missing or malformed."""
    ground, _, cause = typed.basis.partition(" ")
    given: dict[str, Any] = {
        "case_id": row.stream_id,
        "disclosure_id": row.disclosure_id,
        "ground": ground,
        "reason": typed.reason,
        "cause_event_id": cause or None,
    }
    if not is_confirmed:
        raise problem("INVALID")
    try:
        return WithdrawDisclosure.model_validate(given)
    except ValidationError as error:
        raise problem("INVALID") from error


def bases(entries: Sequence[CaseEntry]) -> list[Basis]:
    """Return the grounds that a case offers: one for each act of its kind, then the free ones."""
    grounds = symbol_words()["WithdrawalGround"]
    free = [Basis(code, text) for code, text in grounds.items() if code not in CAUSES]
    ground_of = {event_type: ground for ground, event_type in CAUSES.items()}
    caused = [
        Basis(
            f"{ground_of[entry.act.event_type]} {entry.event_id}",
            f"{word(ground_of[entry.act.event_type], 'ground')}"
            f"（第 {entry.version} 条 {entry.cn}，{beijing_time(entry.act.occurred_at)}）",
        )
        for entry in entries
        if entry.act.event_type in ground_of
    ]
    return caused + free

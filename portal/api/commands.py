"""``POST /v1/commands/{kind}``: what a logged-in person has the platform do.

Read before: ``portal/commands.py``. Read next: ``portal/platform_desk.py``.

Answers 201 with the receipts and the ids made when the ledger has taken every act of the command,
409 with the rules that failed when a gate refused. With an ``Idempotency-Key`` a command is carried
out once: given again it gets what the ledger said, 200 with the receipts or the same refusal.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Request, Response

from portal.access import address_of, check_csrf, require
from portal.api.described import needs
from portal.api.json_route import JsonRoute
from portal.api.problem import ProblemError
from portal.commands import COMMANDS, CommandBody, CommandRow
from portal.intake.answers import accepted_document, problem_of
from portal.platform_desk import Asked, Done, carry_out
from portal.resources import Resources


def _answer(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/CommandDone"}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


class CommandRoute(JsonRoute):
    """A command's route; only who may give it gets its body looked at."""

    def check_access(self, request: Request) -> None:
        """Check login, role and, for a browser, the session's token."""
        require(request, COMMANDS[self.name].permission)
        check_csrf(request)


router = APIRouter(prefix="/v1/commands", tags=["平台办理"], route_class=CommandRoute)

IdempotencyKey = Annotated[str | None, Header(max_length=128, description="同一键的命令只执行一次")]
CREATED: Final = 201
OK: Final = 200


def done_document(done: Done) -> dict[str, Any]:
    """Return what the ledger said of a command's acts.

    Raises:
        ProblemError: An act was refused or has no outcome; the first such one.
    """
    outcomes = []
    for event_id, answer in zip(done.event_ids, done.answers, strict=True):
        fault = problem_of(answer, event_id)
        if fault is not None:
            raise ProblemError(fault)
        assert answer is not None
        outcomes.append(accepted_document(answer, event_id))
    return {"ids": dict(done.ids), "outcomes": outcomes, "already_done": done.is_repeat}


def _endpoint(kind: str, row: CommandRow) -> Callable[..., Awaitable[dict[str, Any]]]:
    async def run(
        request: Request,
        response: Response,
        body: CommandBody,
        idempotency_key: IdempotencyKey = None,
    ) -> dict[str, Any]:
        account = require(request, row.permission)
        resources: Resources = request.app.state.resources
        asked = Asked(kind, body, account, address_of(request), idempotency_key)
        done = await carry_out(resources, asked)
        document = done_document(done)
        response.status_code = OK if done.is_repeat else CREATED
        return document

    # The framework reads the body's model from here: one function serves every row.
    run.__annotations__["body"] = row.body
    run.__name__ = kind
    return run


for _kind, _row in COMMANDS.items():
    router.add_api_route(
        f"/{_kind}",
        _endpoint(_kind, _row),
        methods=["POST"],
        response_model=None,
        summary=_row.term,
        responses={CREATED: _answer("已记入账本"), OK: _answer("此前已执行，未再执行")},
        openapi_extra=needs(_row.permission, "限办案机关的账号。" if _row.is_owners else ""),
    )

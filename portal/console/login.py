"""Login and logout of the console.

Read before: ``portal/sessions.py``. Read next: ``portal/console/case_list.py``.

A wrong password is told without saying whether the name exists, and five in a minute make the
name wait. A failed login leaves a metric and no entry: nobody may grow the ledger from outside.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse
from prometheus_client import Counter
from starlette.responses import Response

from ledger.clock import system_random
from portal.access import check_csrf
from portal.auth import PASSWORD_CHARS_MAX, Account
from portal.pages import page
from portal.permissions import Permission, may
from portal.resources import Resources
from portal.sessions import COOKIE_NAME

router = APIRouter(prefix="/console", include_in_schema=False)

LOGINS: Final = Counter("lianzheng_logins_total", "Logins tried.", ["outcome"])
SEE_OTHER: Final = 303
UNAUTHORIZED: Final = 401
TOO_MANY_REQUESTS: Final = 429
HOME: Final = "/console"
NO_CONSOLE: Final = "/audit"
WRONG: Final = "用户名或口令不正确，请检查后重试。"


@router.get("/login")
def show_login(request: Request, target: Annotated[str, Query(alias="next")] = HOME) -> Response:
    """Show the form."""
    return page(request, "login.html", next=_own_path(target), user="", fault=None)


@router.post("/login")
def log_in(
    request: Request,
    user: Annotated[str, Form(max_length=64)],
    password: Annotated[str, Form(max_length=PASSWORD_CHARS_MAX)],
    target: Annotated[str, Form(alias="next")] = HOME,
) -> Response:
    """Check the password and begin a session."""
    resources: Resources = request.app.state.resources
    wait_s = resources.login_brake.wait_s(user)
    if wait_s > 0:
        LOGINS.labels("braked").inc()
        fault = f"口令错误次数过多，请等 {wait_s} 秒后再试。"
        answer = _form_again(request, target, user, fault, TOO_MANY_REQUESTS)
        answer.headers["retry-after"] = str(wait_s)
        return answer
    account = resources.logins.check(user, password)
    if account is None:
        LOGINS.labels("failed").inc()
        resources.login_brake.failed(user)
        return _form_again(request, target, user, WRONG, UNAUTHORIZED)
    LOGINS.labels("succeeded").inc()
    resources.login_brake.succeeded(user)
    answer = RedirectResponse(_landing(account, target), status_code=SEE_OTHER)
    answer.set_cookie(
        COOKIE_NAME,
        resources.sessions.issue(account.user, system_random),
        httponly=True,
        samesite="lax",
        secure=resources.settings.cookie_secure,
    )
    return answer


@router.post("/logout")
def log_out(request: Request, csrf_token: Annotated[str, Form()] = "") -> Response:
    """End the session in this browser."""
    check_csrf(request, csrf_token)
    answer = RedirectResponse("/", status_code=SEE_OTHER)
    answer.delete_cookie(COOKIE_NAME)
    return answer


def _form_again(request: Request, target: str, user: str, fault: str, status: int) -> Response:
    """Return the form with what is wrong and the name that was given, never the password."""
    return page(
        request,
        "login.html",
        status_code=status,
        next=_own_path(target),
        user=user,
        fault=fault,
    )


def _landing(account: Account, target: str) -> str:
    """Return the page after a login; who may read no case has no page in the console."""
    return _own_path(target) if may(account.role, Permission.READ_CASES) else NO_CONSOLE


def _own_path(target: str) -> str:
    """Return a path of the console; anything else would send people elsewhere after a login."""
    is_ours = target.startswith(HOME) and not set(target) & set("\\\r\n")
    return target if is_ours and target[len(HOME) : len(HOME) + 1] in {"", "/", "?"} else HOME

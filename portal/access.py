"""Who a request is from, and whether it may: bearer token or session cookie, and CSRF.

Read before: ``portal/sessions.py``. Read next: ``portal/api/app.py``.

A token is for programs: ``Authorization: Bearer``, no cookie, no CSRF check needed. A cookie is
for pages: whatever changes something must carry the session's CSRF token in a form field or in
``X-CSRF-Token``. What is refused here never became a command, so it leaves no entry.
"""

from __future__ import annotations

import hmac
from typing import Final

from prometheus_client import Counter
from starlette.requests import Request

from portal.api.problem import problem
from portal.auth import EVERY_AGENCY, Account
from portal.permissions import OVERSEERS, Permission, may
from portal.resources import Resources
from portal.sessions import COOKIE_NAME

REFUSED: Final = Counter(
    "lianzheng_access_refused_total", "Requests refused for want of a login or a role.", ["reason"]
)
_CHALLENGE: Final = {"www-authenticate": 'Bearer realm="lianzheng"'}
CSRF_HEADER: Final = "x-csrf-token"


def account_of(request: Request) -> Account | None:
    """Return who the request is from, None for the public.

    Raises:
        ProblemError: NOT_LOGGED_IN: a token was given and is not known.
    """
    resources: Resources = request.app.state.resources
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        account = resources.logins.check_token(token.strip())
        if account is None:
            REFUSED.labels("token").inc()
            raise problem("NOT_LOGGED_IN", headers=_CHALLENGE)
        return account
    session = resources.sessions.read(request.cookies.get(COOKIE_NAME))
    return None if session is None else resources.logins.account(session.user)


def require(request: Request, permission: Permission) -> Account:
    """Return who the request is from, if that role may.

    Raises:
        ProblemError: NOT_LOGGED_IN or FORBIDDEN.
    """
    account = account_of(request)
    if account is None:
        REFUSED.labels("login").inc()
        raise problem("NOT_LOGGED_IN", headers=_CHALLENGE)
    if not may(account.role, permission):
        REFUSED.labels("role").inc()
        raise problem("FORBIDDEN")
    return account


def require_agency(resources: Resources, account: Account, agency_id: str | None) -> None:
    """Check that an account acts for the agency whose matter something is.

    Args:
        resources: For the register of officers.
        account: Whose role was checked.
        agency_id: Credit code of the matter's agency.

    Raises:
        ProblemError: OTHER_AGENCY.
    """
    own = account.agency_id
    if own is None:
        officer = resources.control.state.officers.get(account.person_id)
        own = None if officer is None else officer.agency_id
    if own is None or own not in (EVERY_AGENCY, agency_id):
        REFUSED.labels("agency").inc()
        raise problem("OTHER_AGENCY")


def require_agency_or_overseer(
    resources: Resources, account: Account, agency_id: str | None
) -> None:
    """Check the same for reading, which those who oversee every agency may as well."""
    if account.role not in OVERSEERS:
        require_agency(resources, account, agency_id)


def check_csrf(request: Request, form_token: str | None = None) -> None:
    """Check that a changing request of a cookie's session was made by our own page.

    Raises:
        ProblemError: CSRF: the token is missing or another session's.
    """
    if request.headers.get("authorization", "").lower().startswith("bearer "):
        return
    resources: Resources = request.app.state.resources
    session = resources.sessions.read(request.cookies.get(COOKIE_NAME))
    given = form_token or request.headers.get(CSRF_HEADER, "")
    if session is None or not hmac.compare_digest(session.csrf_token.encode(), given.encode()):
        REFUSED.labels("csrf").inc()
        raise problem("CSRF")


def address_of(request: Request) -> str:
    """Return the network address of whoever asks, as far as it is known here."""
    return "unknown" if request.client is None else request.client.host

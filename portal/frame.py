"""What stands around every page: navigation, login, the banner of synthetic data, freshness.

Read before: ``portal/freshness.py``. Read next: ``portal/pages.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.requests import Request

from ledger.errors import LedgerError
from portal.access import account_of
from portal.api.problem import ProblemError
from portal.auth import Account
from portal.freshness import LogFreshness
from portal.permissions import Permission, may
from portal.resources import Resources
from portal.sessions import COOKIE_NAME

NAVIGATION: Final[tuple[tuple[str, str], ...]] = (
    ("/", "公示信息"),
    ("/registers/agencies", "执法主体"),
    ("/registers/officers", "执法人员"),
    ("/audit", "账本与核验"),
    ("/console", "监督台"),
)
CONSOLE_NAVIGATION: Final = (
    ("/console/cases", "案件", Permission.READ_CASES),
    ("/console/alerts", "监督预警", Permission.READ_ALERTS),
    ("/console/indicators", "指标", Permission.READ_INDICATORS),
    ("/console/deadlines", "期限", Permission.READ_DEADLINES),
    ("/console/discretion", "裁量辅助", Permission.READ_DISCRETION),
    ("/console/reconciliation", "对账", Permission.READ_RECONCILIATION),
    ("/console/correlation", "关联分析", Permission.READ_CORRELATION),
    ("/console/organisation/completeness", "事前公开", Permission.READ_ORGANISATION),
    ("/console/organisation", "组织保障", Permission.READ_ORGANISATION),
    ("/console/organisation/tasks", "改革任务", Permission.READ_ORGANISATION),
    ("/console/disclosures", "公示办理", Permission.READ_DISCLOSURE_WORK),
    ("/console/retrievals", "调阅记录", Permission.READ_RETRIEVALS),
    ("/console/retrievals/requests", "调阅申请", Permission.READ_RETRIEVALS),
)
# The section a path belongs to, by its longest prefix; what is in none is in no section.
_SECTIONS: Final = (
    ("/registers/agencies", "/registers/agencies"),
    ("/registers/officers", "/registers/officers"),
    ("/audit", "/audit"),
    ("/problems", "/audit"),
    ("/docs", "/audit"),
    ("/console", "/console"),
    ("/disclosures", "/"),
)


def frame_values(
    request: Request, view_sizes: Mapping[str, int] | None, logs: Sequence[str] | None
) -> dict[str, Any]:
    """Return the values that ``base.html`` needs."""
    resources: Resources = request.app.state.resources
    cookie = request.cookies.get(COOKIE_NAME)
    session = resources.sessions.read(cookie)
    freshness = _freshness(resources, view_sizes, logs)
    account = _account(request)
    return {
        "facts": resources.facts,
        "navigation": _navigation(account),
        "section": _section(request.url.path),
        "console_navigation": CONSOLE_NAVIGATION,
        "console_section": _console_section(request.url.path),
        "account": account,
        "page_url": str(request.url),
        "made_at": resources.clock.now_micros(),
        "csrf_token": "" if session is None else session.csrf_token,
        "freshness": freshness,
        "behind": sum(line.behind for line in freshness),
        "alarm": resources.alarm(),
    }


def _navigation(account: Account | None) -> list[tuple[str, str]]:
    """Return the sections; an account that has no page in the console is not led there."""
    has_console = account is None or may(account.role, Permission.READ_CASES)
    return [row for row in NAVIGATION if has_console or row[0] != "/console"]


def _account(request: Request) -> Account | None:
    try:
        return account_of(request)
    except ProblemError:
        return None  # The page says why the request was refused; its frame is everybody's.


def _freshness(
    resources: Resources, view_sizes: Mapping[str, int] | None, logs: Sequence[str] | None
) -> list[LogFreshness]:
    facts = resources.facts
    try:
        return resources.freshness.lines(facts, view_sizes, tuple(logs or facts.logs))
    except LedgerError:
        # The page of an error must come even when what would say how fresh it is, is away.
        return []


def _section(path: str) -> str:
    if path == "/":
        return "/"
    return next((section for prefix, section in _SECTIONS if path.startswith(prefix)), "")


def _console_section(path: str) -> str:
    """Return the page of the console's navigation that a path is under, by its longest prefix."""
    if path == "/console":
        return "/console/cases"
    prefixes = sorted((row[0] for row in CONSOLE_NAVIGATION), key=len, reverse=True)
    return next((prefix for prefix in prefixes if path.startswith(prefix)), "")

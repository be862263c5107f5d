"""How pages are made: the templates, their filters, and what every page says of itself.

Read before: ``portal/permissions.py``. Read next: ``portal/public/decision.py``.

Templates escape everything by themselves; no filter here marks text as safe. Times are shown as
Beijing time, with UTC on hover. Every page names how fresh it is (``portal/freshness.py``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from portal.api.problem import Problem
from portal.api.problem_codes import problem_kind
from portal.cli.times import within_calendar
from portal.frame import frame_values
from portal.permissions import ROLE_NAMES, Permission, may
from portal.rule_texts import rule_lines
from portal.words import word, words
from schemas.catalogue_rules import STREAMS

TEMPLATES: Final = Path(__file__).parent / "templates"
STATIC: Final = Path(__file__).parent / "static"
BEIJING: Final = dt.timezone(dt.timedelta(hours=8), "北京时间")
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DAY_MIN: Final = (dt.date.min - _EPOCH.date()).days
_DAY_MAX: Final = (dt.date.max - _EPOCH.date()).days


def utc(micros: int) -> dt.datetime:
    """Return microseconds since 1970 as a UTC time, exactly; the nearest that a calendar has."""
    return _EPOCH + dt.timedelta(microseconds=within_calendar(micros))


def beijing_time(micros: int) -> str:
    """Return ``2026-11-25 10:20:31``, Beijing time."""
    return utc(micros).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def rfc3339(micros: int) -> str:
    """Return an RFC 3339 time with Beijing's offset and microseconds."""
    return utc(micros).astimezone(BEIJING).isoformat(timespec="microseconds")


def utc_text(micros: int) -> str:
    """Return ``2026-11-25 02:20:31.000000 UTC``."""
    return utc(micros).strftime("%Y-%m-%d %H:%M:%S.%f UTC")


def calendar_date(days: int) -> str:
    """Return ``2026-11-25`` of days since 1970-01-01; the nearest that a calendar has.

    An act may claim any day, and no claim keeps a page from being shown.
    """
    return (_EPOCH.date() + dt.timedelta(days=min(max(days, _DAY_MIN), _DAY_MAX))).isoformat()


def grouped(number: int) -> str:
    """Return a count with thousands separators."""
    return f"{number:,}"


def yuan(amount_fen: int) -> str:
    """Return an amount in fen as ``5,000 元`` or ``5,000.50 元``."""
    sign, (whole, rest) = "-" if amount_fen < 0 else "", divmod(abs(amount_fen), 100)
    return f"{sign}{whole:,}.{rest:02d} 元" if rest else f"{sign}{whole:,} 元"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        beijing=beijing_time,
        rfc3339=rfc3339,
        utc_text=utc_text,
        date=calendar_date,
        grouped=grouped,
        yuan=yuan,
        word=word,
        words=words,
    )
    environment.globals.update(
        Permission=Permission, may=may, role_names=ROLE_NAMES, control_streams=STREAMS["control"]
    )
    return environment


_TEMPLATES: Final = _environment()


def compiled_template(name: str) -> Template:
    """Return a template; compiled once."""
    return _TEMPLATES.get_template(name)


def page(
    request: Request,
    template: str,
    *,
    status_code: int = 200,
    view_sizes: Mapping[str, int] | None = None,
    logs: Sequence[str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """Return a page.

    Args:
        request: Its application holds what the frame of the page needs.
        template: File name below ``portal/templates``.
        status_code: HTTP status.
        view_sizes: How many entries of each log the page's view has read, if it has one.
        logs: The logs that the page is made from; None: all.
        **values: What the template shows.
    """
    frame = frame_values(request, view_sizes, logs)
    html = compiled_template(template).render(**frame, **values)
    return HTMLResponse(html, status_code=status_code, headers={"cache-control": "no-cache"})


def error_page(
    request: Request, fault: Problem, *, trace_id: str, back: str | None = None
) -> Response:
    """Return the page of a refusal or an error, in words that say what to do next.

    Args:
        request: What was answered so.
        fault: What went wrong.
        trace_id: By which the request is found in the diagnostic log.
        back: Path of the list from where the person came, if it is known.
    """
    response = page(
        request,
        "error.html",
        status_code=fault.status,
        fault=fault,
        kind=problem_kind(fault.code),
        rules=rule_lines(request.app.state.resources, fault.failed),
        wait_s=fault.headers.get("retry-after"),
        trace_id=trace_id,
        back=back,
    )
    response.headers.update(fault.headers)
    return response

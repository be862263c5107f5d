"""The page of a catalogue of major decisions (公示视图 PV-13; 任务分解表 12).

Read before: ``portal/api/review_catalogues.py``. Read next: ``portal/public/registers.py``.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from portal.api.review_catalogues import AgencyPath, OnQuery, day_asked
from portal.pages import calendar_date, page
from portal.resources import Resources
from portal.review_catalogues import rule_text, shown_catalogue

router = APIRouter(prefix="/registers/review-catalogues", include_in_schema=False)


@router.get("/{agency_id}")
def show_review_catalogue(request: Request, agency_id: AgencyPath, on: OnQuery = None) -> Response:
    """Show what is major for an agency on a day, and what a higher catalogue has besides."""
    resources: Resources = request.app.state.resources
    shown = shown_catalogue(resources, agency_id, day_asked(resources, on))
    return page(
        request,
        "review_catalogue.html",
        logs=["control"],
        shown=shown,
        on=calendar_date(shown.day),
        rule_text=rule_text,
    )

"""``/v1/registers/review-catalogues``: what is a major decision for an agency on a day. Public.

Read before: ``portal/review_catalogues.py``. Read next: ``portal/public/review_catalogues.py``.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request

from ledger.domain.control_records import day_of
from portal.api.alerts import EMPTY_IS_NONE
from portal.resources import Resources
from portal.review_catalogues import catalogue_document, shown_catalogue

router = APIRouter(prefix="/v1/registers/review-catalogues", tags=["登记信息"])
_EPOCH: Final = dt.date(1970, 1, 1)

AgencyPath = Annotated[str, Path(pattern=r"^[0-9A-HJ-NPQRTUWXY]{18}$", description="执法主体代码")]
OnQuery = Annotated[dt.date | None, Query(description="在哪一日生效；空则今日"), EMPTY_IS_NONE]


@router.get("/{agency_id}", summary="法制审核目录")
def read_review_catalogue(
    request: Request, agency_id: AgencyPath, on: OnQuery = None
) -> dict[str, Any]:
    """Return the catalogue in force, the higher ones, and what of them is missing in it."""
    resources: Resources = request.app.state.resources
    return catalogue_document(shown_catalogue(resources, agency_id, day_asked(resources, on)))


def day_asked(resources: Resources, on: dt.date | None) -> int:
    """Return the day that is asked about, today's where none is named."""
    return day_of(resources.clock.now_micros()) if on is None else (on - _EPOCH).days

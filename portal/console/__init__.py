"""Pages behind a login: cases as of a moment, retrievals, the work on disclosures."""

from typing import Final

from fastapi import APIRouter

from portal.console import case_list, disclosure_work, login, replay, retrievals

ROUTERS: Final[tuple[APIRouter, ...]] = (
    login.router,
    case_list.router,
    replay.router,
    retrievals.router,
    disclosure_work.router,
)

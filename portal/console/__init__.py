"""Pages behind a login: cases as of a moment, retrievals, the work on disclosures."""

from typing import Final

from fastapi import APIRouter

from portal.console import case_list, disclosure_work, login, replay, retrievals, withdrawal

ROUTERS: Final[tuple[APIRouter, ...]] = (
    login.router,
    case_list.router,
    replay.router,
    retrievals.router,
    withdrawal.router,  # Before the work on disclosures, whose buttons are any other word.
    disclosure_work.router,
)

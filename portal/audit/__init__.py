"""Pages for auditors: the state of the logs, the keys, and how to verify without us."""

from typing import Final

from fastapi import APIRouter

from portal.audit import problems, state

ROUTERS: Final[tuple[APIRouter, ...]] = (state.router, problems.router)

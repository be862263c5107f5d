"""Pages for everybody: disclosures with their proof, and the registers."""

from typing import Final

from fastapi import APIRouter

from portal.public import decision, disclosure_list, registers

ROUTERS: Final[tuple[APIRouter, ...]] = (disclosure_list.router, decision.router, registers.router)

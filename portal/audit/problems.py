"""The page of problem codes, which every problem document's ``type`` leads to.

Read before: ``portal/api/problem_codes.py``. Read next: ``portal/audit/state.py``.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from portal.api.problem_codes import PROBLEMS
from portal.pages import page

router = APIRouter(prefix="/problems", include_in_schema=False)


@router.get("")
def show_problems(request: Request) -> Response:
    """Show all codes with what to do."""
    return page(request, "problem.html", kinds=list(PROBLEMS.items()))


@router.get("/{code}")
def show_problem(code: str) -> Response:
    """Lead to the code's row; a sub-code to the row of its prefix."""
    prefix = code.partition("_")[0] + "_"
    anchor = code if code in PROBLEMS else prefix if prefix in PROBLEMS else ""
    return RedirectResponse(f"/problems#{anchor}" if anchor else "/problems", status_code=303)

"""Discretion from the command line: over HTTP, as an account that may.

Read before: ``portal/cli/discretion.py``, ``permit``. Read next: ``portal/api/discretion.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode

from ledger.errors import MalformedError
from portal.programs.permit import ask_portal

PAGE_ITEMS: Final = 100
ADVICE_PATH: Final = "/v1/discretion/advice"
COMMAND_PATH: Final = "/v1/commands/advise_discretion"
FINDINGS_PATH: Final = "/v1/correlation"


class Door(NamedTuple):
    """Where the portal is, and as whom it is asked."""

    data: Path
    url: str | None
    token_file: Path | None


class Choice(NamedTuple):
    """What is to be recorded with the advice."""

    chosen_fen: int
    reason: str | None


def read_advice(door: Door, query: Mapping[str, str | None]) -> dict[str, Any]:
    """Return the advice on a question. Raises as ``ask_portal``."""
    given = {name: value for name, value in query.items() if value}
    return ask_portal(*door, "GET", f"{ADVICE_PATH}?{urlencode(given)}")


def record_choice(
    door: Door, query: Mapping[str, str | None], grounds: Sequence[str], choice: Choice
) -> dict[str, Any]:
    """Have the advice recorded with a choice; return what the ledger answers.

    Raises:
        MalformedError: Case or circumstance is missing; else as ``ask_portal``.
    """
    if not query["case"] or not query["circumstance"]:
        raise MalformedError("a choice is recorded for --case and --circumstance")
    body: dict[str, Any] = {
        "case_id": query["case"],
        "item_code": query["item"],
        "circumstance": query["circumstance"],
        "chosen_fen": choice.chosen_fen,
        "grounds": list(grounds),
    }
    if choice.reason:
        body["reason"] = choice.reason
    return ask_portal(*door, "POST", COMMAND_PATH, body)


def read_case(door: Door, case_id: str, at: str | None) -> dict[str, Any]:
    """Return the decisions of a case beside their advice. Raises as ``ask_portal``."""
    query = f"?{urlencode({'at': at})}" if at else ""
    return ask_portal(*door, "GET", f"/v1/discretion/cases/{quote(case_id, safe=':')}{query}")


def read_findings(door: Door, query: Mapping[str, str | None], limit: int) -> dict[str, Any]:
    """Return at most so many findings, the newest first. Raises as ``ask_portal``."""
    given = {name: value for name, value in query.items() if value}
    items: list[Any] = []
    document: dict[str, Any] = {"next_cursor": ""}
    while document["next_cursor"] is not None and len(items) < limit:
        size = str(min(PAGE_ITEMS, limit - len(items)))
        asked = {**given, "limit": size, **_after(document["next_cursor"])}
        document = ask_portal(
            *door, "GET", f"{FINDINGS_PATH}?{urlencode(asked)}", role="supervisor"
        )
        items += document["items"]
    return {**document, "items": items}


def _after(cursor: str) -> dict[str, str]:
    return {"cursor": cursor} if cursor else {}

"""Values as people give them and see them: an empty day, amounts to the fen."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI

from ledger.clock import system_random
from portal.api import registers
from portal.api.edge import Edge
from portal.api.problem import install_problem_handlers
from portal.names import sender_names
from portal.pages import yuan
from tests.support.asgi import AsgiClient

NOW = 1_790_000_000_000_000
TODAY = "2026-09-21"


@pytest.mark.parametrize(("query", "on"), [("", TODAY), ("?on=", TODAY), ("?on=2026-03-01", None)])
def test_an_empty_day_is_today(query: str, on: str | None) -> None:
    """A form sends the field that nobody filled in."""
    resources: Any = SimpleNamespace(
        clock=SimpleNamespace(now_micros=lambda: NOW),
        control=SimpleNamespace(state=SimpleNamespace(templates={})),
        sessions=SimpleNamespace(read=lambda _cookie: None),
    )
    app = FastAPI()
    install_problem_handlers(app)
    app.include_router(registers.router)
    app.state.resources = resources
    reply = AsgiClient(Edge(app, random=system_random)).get(f"/v1/registers/templates{query}")

    assert reply.status_code == 200
    assert reply.json() == {"on": on or "2026-03-01", "items": []}


def test_the_operator_has_a_word_where_it_is_no_agency() -> None:
    def names(agencies: dict[str, Any]) -> dict[str, str]:
        state = SimpleNamespace(agencies=agencies, ledger=SimpleNamespace(operator="12430000X"))
        resources: Any = SimpleNamespace(control=SimpleNamespace(state=state))
        return sender_names(resources)

    assert names({}) == {"12430000X": "运营单位（12430000X）"}
    assert names({"12430000X": SimpleNamespace(name="省司法厅")}) == {"12430000X": "省司法厅"}


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (500_000, "5,000 元"),
        (500_050, "5,000.50 元"),
        (7, "0.07 元"),
        (-7, "-0.07 元"),
        (0, "0 元"),
    ],
)
def test_an_amount_has_its_fen_where_there_are_any(fen: int, text: str) -> None:
    assert yuan(fen) == text

"""Who gets a single entry: everybody in an open ledger; else by its type, and auditors."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI

from ledger.chain.act import decode_act
from ledger.chain.entry import decode_entry
from ledger.clock import system_random
from portal.api import proofs
from portal.api.edge import Edge
from portal.api.problem import install_problem_handlers
from schemas.catalogue import load_catalogue
from tests.support.asgi import AsgiClient
from tests.support.disclosure_story import register_agencies
from tests.support.ledger_copy import LedgerCopy

CATALOGUE = load_catalogue()


def entries() -> dict[str, tuple[int, bytes]]:
    """Return one entry of the control log of each type, with its place."""
    ledger = LedgerCopy(1)
    register_agencies(ledger)
    found = {}
    for data in ledger.logs["control"]:
        entry = decode_entry(data)
        found[decode_act(entry.act).event_type] = (entry.leaf_index, data)
    return found


def client(*, is_open: bool) -> AsgiClient:
    """Return a portal whose only routes are those of proofs, for the public."""
    by_index = dict(entries().values())
    resources: Any = SimpleNamespace(
        facts=SimpleNamespace(are_entries_public=is_open),
        check_log=lambda _log: None,
        promised_size=lambda _log: 1_000,
        proven={"control": SimpleNamespace(entry=by_index.__getitem__)},
        control=SimpleNamespace(state=SimpleNamespace(catalogue=CATALOGUE)),
        sessions=SimpleNamespace(read=lambda _cookie: None),
    )
    app = FastAPI()
    install_problem_handlers(app)
    app.include_router(proofs.router)
    app.state.resources = resources
    return AsgiClient(Edge(app, random=system_random))


def test_the_copy_has_entries_of_both_kinds() -> None:
    assert {CATALOGUE.rows[event_type].public for event_type in entries()} == {True, False}


@pytest.mark.parametrize("event_type", sorted(entries()))
@pytest.mark.parametrize("is_open", [True, False])
def test_the_public_gets_an_entry_where_all_are_public_or_its_type_is(
    event_type: str, *, is_open: bool
) -> None:
    index, data = entries()[event_type]
    is_public = is_open or CATALOGUE.rows[event_type].public

    answer = client(is_open=is_open).get(f"/v1/entries/control/{index}")

    assert answer.status_code == (200 if is_public else 401)
    assert not is_public or answer.content == data

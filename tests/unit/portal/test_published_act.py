"""A row of the disclosure view is shown only where the ledger has just that act about it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from consumers.append.control_follower import ControlFollower
from ledger.errors import VerificationError
from portal.public.published_act import check_withdrawn, published_act
from portal.resources import Resources
from projections.disclosure.projection import DisclosureProjection
from projections.disclosure.view import PAGES, TOMBSTONES
from tests.support.disclosure_story import TYPES, Case, register_agencies
from tests.support.ledger_copy import LedgerCopy, MemorySource
from tests.support.platform import CopyOfLogs
from tests.support.views import memory_view

LOG = "0"


class Scene:
    """A ledger with two published disclosures and a withdrawn one, and the view made of it."""

    def __init__(self) -> None:
        ledger = LedgerCopy(1, schemas=TYPES)
        register_agencies(ledger)
        for number in range(1, 4):
            case = Case(ledger, number, LOG)
            case.filed()
            case.decided()
            case.published()
        case.withdrawn()
        rows = memory_view(DisclosureProjection(), MemorySource(ledger.logs)).rows
        self.pages = list(rows.all(PAGES))
        self.tombstones = list(rows.all(TOMBSTONES))
        log = SimpleNamespace(
            entry=lambda index: ledger.logs[LOG][index],
            tree=SimpleNamespace(origin="copy.example/log/0"),
        )
        state = ControlFollower(CopyOfLogs(ledger)).follow_promise()
        self.resources = cast(
            "Resources", SimpleNamespace(proven={LOG: log}, control=SimpleNamespace(state=state))
        )


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene()


def test_what_the_ledger_published_is_shown(scene):
    for row in scene.pages:
        found = published_act(scene.resources, row)
        assert (found.content_hash, found.at) == (row.content_hash, row.updated_at)
        assert found.entry.leaf_index == row.leaf_index


@pytest.mark.parametrize(
    "change",
    [
        lambda row, other: row._replace(content_hash=other.content_hash),
        lambda row, other: row._replace(event_id=other.event_id),
        lambda row, _: row._replace(version=row.version + 1),
        lambda row, _: row._replace(until=1),
        lambda row, _: row._replace(disclosure_id="disclosure:other"),
        lambda row, other: row._replace(leaf_index=other.leaf_index),
        lambda row, _: row._replace(leaf_index=row.leaf_index - 1),
        lambda row, other: other._replace(disclosure_id=row.disclosure_id),
    ],
)
def test_a_changed_row_is_refused_with_index_and_stream(scene, change):
    row: Any = change(*scene.pages)
    with pytest.raises(VerificationError, match=rf"log/0: entry {row.leaf_index} \(case:.*is not"):
        published_act(scene.resources, row)


def test_a_withdrawal_is_the_ledgers(scene):
    (row,) = scene.tombstones
    check_withdrawn(scene.resources, row)


@pytest.mark.parametrize(
    "changes",
    [
        {"public_reason": "别的理由"},
        {"ground": "SEALED"},
        {"withdrawn_at": 1},
        {"agency_id": "11430100FCT000030F"},
        {"content_hash": "sha256:" + "0" * 64},
        {"version": 9},
        {"event_id": "0" * 36},
        {"disclosure_id": "disclosure:other"},
        {"leaf_index": 1},
    ],
)
def test_a_changed_withdrawal_is_refused(scene, changes):
    (row,) = scene.tombstones
    with pytest.raises(VerificationError, match="log/0: entry "):
        check_withdrawn(scene.resources, row._replace(**changes))

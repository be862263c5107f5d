"""One digit of a decision changed in the database of a running ledger: nothing believes it.

The row's leaf hash is changed with it, as whoever can write to the table would do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

import psycopg
import pytest

from ledger.chain.tree import leaf_hash
from portal.programs.owner import owner_url
from tests.support.api import ask
from tests.support.running import RunningLedger, program

YEAR = "〔2026〕".encode()


class Victim(NamedTuple):
    """The altered entry."""

    index: int
    case: str
    event_id: str

    @property
    def named(self) -> str:
        return f"entry {self.index} ({self.case})"


@pytest.fixture(scope="module")
def altered(seeded: RunningLedger) -> Iterator[Victim]:
    """Alter the number of one published decision, and put it back at the end."""
    update = "UPDATE ledger.log_0_events SET state = %s, leaf = %s WHERE notification_id = %s"
    with psycopg.connect(owner_url(seeded.data), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        found = connection.execute(
            "SELECT notification_id, originator_id, state, event_id::text "
            "FROM ledger.log_0_events WHERE topic = 'PenaltyDecisionMade.v1' ORDER BY 1 LIMIT 1"
        ).fetchone()
        assert found is not None
        number, case, state, event_id = found
        at = state.rfind(YEAR) + len(YEAR)
        digit = b"9" if state[at : at + 1] != b"9" else b"8"
        forged = state[:at] + digit + state[at + 1 :]
        connection.execute(update, (forged, leaf_hash(forged), number))
        try:
            yield Victim(number - 1, case, event_id)
        finally:
            connection.execute(update, (state, leaf_hash(state), number))


@pytest.mark.parametrize(
    "words",
    [
        ("case", "replay", "CASE"),
        ("case", "show", "CASE"),
        ("verify", "stream", "CASE"),
        ("view", "rebuild", "disclosure"),
        ("view", "rebuild", "case_replay"),
        ("view", "compare", "disclosure"),
        ("ledger", "check"),
    ],
    ids=" ".join,
)
def test_every_command_refuses_it_and_names_it(seeded, altered, words):
    called = [altered.case if word == "CASE" else word for word in words]
    done = program(*called, "--data", seeded.data)
    assert done.returncode == 10, done.stdout + done.stderr
    assert altered.named in done.stdout + done.stderr


def test_no_annual_statistics_are_made_of_it(seeded, altered, tmp_path):
    """Nor is anything written."""
    made = program("statistics", "make", "2026", tmp_path / "report", "--data", seeded.data)
    assert made.returncode == 10, made.stdout + made.stderr
    assert altered.named in made.stdout + made.stderr
    assert not (tmp_path / "report").exists()


def test_the_portal_refuses_what_is_made_of_it(seeded, altered):
    for path in (
        f"/v1/receipts/{altered.event_id}",
        f"/v1/proofs/inclusion?log=0&index={altered.index}",
    ):
        status, body = seeded.get(path)
        assert status == 500, path
        document = json.loads(body)
        assert document["code"] == "NOT_PROVEN"
        assert f"entry {altered.index} " in document["finding"]


def test_the_rest_of_the_ledger_is_shown(seeded, altered):
    """Another case and the pages are as they were; the view that was live never saw the row."""
    other = next(case for case in some_cases(seeded) if case != altered.case)
    assert program("case", "replay", other, "--data", seeded.data).returncode == 0
    assert seeded.get("/")[0] == 200


def some_cases(ledger: RunningLedger) -> list[str]:
    """Return some cases, by the database."""
    with psycopg.connect(owner_url(ledger.data)) as connection:
        rows = connection.execute(
            "SELECT DISTINCT originator_id FROM ledger.log_0_events "
            "WHERE originator_id LIKE 'case:%' ORDER BY 1 LIMIT 5"
        ).fetchall()
    return [row[0] for row in rows]


def test_a_forged_row_of_the_replay_view_is_refused(seeded):
    """The ledger is whole, the supervisor's view is not."""
    change = "UPDATE views.case_entry SET received_at = %s WHERE stream_id = %s AND version = 2"
    with psycopg.connect(owner_url(seeded.data), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        found = connection.execute(
            "SELECT stream_id, received_at, leaf_index FROM views.case_entry "
            "WHERE version = 2 AND stream_id LIKE 'case:%' ORDER BY 1 DESC LIMIT 1"
        ).fetchone()
        assert found is not None
        case, received_at, index = found
        path = f"/v1/cases/{case}/entries"
        assert ask(seeded, path, role="supervisor").status == 200
        connection.execute(change, (received_at - 1, case))
        try:
            answer = ask(seeded, path, role="supervisor")
        finally:
            connection.execute(change, (received_at, case))
    assert answer.status == 500
    assert f"entry {index} ({case}) is not what the replay view shows" in answer.document["finding"]

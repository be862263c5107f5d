"""Who is the same person is asked of the vault's index alone, by roles that read no value."""

from __future__ import annotations

import psycopg
import pytest

from ledger.chain.jcs import canonical_json
from ledger.domain.rows import VaultOpening
from ledger.errors import UnavailableError
from ledger.rules.day_close.rule import Person
from ledger.store import person_index
from ledger.store.person_index import PersonIndex
from ledger.store.roles import apply_roles

ANN, BOB = "11010519491231002X", "110105194912310038"
ASKERS = ("lz_supervise", "lz_audit")


def named(number: str, stream: str, party: str, scheme: str = "IDCARD") -> VaultOpening:
    path = "/party/idValueCommitment"
    event = f"{stream}{party}".encode().rjust(16)[-16:]
    return VaultOpening(stream, party, event, path, bytes(32), canonical_json(number), scheme)


def party(number: int) -> Person:
    return Person("0", f"case:{number}", f"p-{number}")


OPENINGS = [
    named(ANN, "case:1", "p-1"),
    named(ANN.lower(), "case:2", "p-2"),
    named(BOB, "case:3", "p-3"),
    named(ANN, "case:4", "p-4", "PASSPORT"),
    named(BOB, "case:5", "p-5"),
    named(BOB, "case:6", "p-6"),
]


@pytest.fixture
def asking(stored, postgres_server, database):
    """Return what opens the index as a role."""
    stored.commit(openings=OPENINGS)
    passwords = {role: f"password-of-{role}" for role in ASKERS}
    with psycopg.connect(stored.url, autocommit=True) as connection:
        apply_roles(connection, passwords)
    return {role: postgres_server.url(database, role, passwords[role]) for role in ASKERS}


@pytest.mark.parametrize("role", ASKERS)
def test_parties_with_one_number_are_one_person(asking, role, monkeypatch):
    """In whatever matter, asked for in pieces; who has no namesake is not named."""
    monkeypatch.setattr(person_index, "ASKED_MAX", 2)
    with psycopg.connect(asking[role], autocommit=True) as connection:
        index = PersonIndex(connection)
        asked = [party(2), party(4), party(5), party(9)]
        found = [list(one) for one in index.same_persons(asked)]
        nobody = list(index.same_persons([party(4), party(9)])) + list(index.same_persons([]))

    assert sorted(found) == [[party(1), party(2)], [party(3), party(5), party(6)]]
    assert nobody == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("REVOKE SELECT ON vault.blind_index FROM lz_supervise", "roles.sql"),
        ("LOCK TABLE vault.blind_index", "took too long"),
    ],
)
def test_an_index_that_cannot_be_read_is_away(asking, stored, change, words):
    """Whoever closes a day is told, and tries again; nobody is taken for nobody's namesake."""
    url, limit = asking["lz_supervise"], "-c statement_timeout=50ms"
    with (
        psycopg.connect(stored.url) as owner,
        psycopg.connect(url, autocommit=True, options=limit) as connection,
    ):
        owner.execute(change)
        if "LOCK" not in change:
            owner.commit()
        with pytest.raises(UnavailableError, match=words):
            list(PersonIndex(connection).same_persons([party(1)]))

"""A value that goes into an act as a commitment only, and into the vault as an opening.

Read before: ``consumers/generate/people.py``. Read next: ``consumers/generate/writer.py``.
Trusts: the caller for one subject a value.
"""

from __future__ import annotations

from typing import Any

from consumers.generate.draws import Draws
from ledger.chain.commitments import Opening, commitment
from ledger.chain.jcs import canonical_json


class Secret:
    """A personal or free text, and whose it is."""

    __slots__ = ("subject", "value")

    def __init__(self, subject: str, value: str) -> None:
        self.subject = subject
        self.value = value


def commit(payload: dict[str, Any], event_id: bytes, salts: Draws) -> list[Opening]:
    """Replace each secret in ``payload`` by its commitment; return the openings in path order."""
    openings: list[Opening] = []
    _commit_record(payload, "", event_id, salts, openings)
    openings.sort(key=lambda opening: opening.path.encode())
    return openings


def _commit_record(
    record: dict[str, Any], path: str, event_id: bytes, salts: Draws, into: list[Opening]
) -> None:
    for name, value in record.items():
        kind = type(value)
        if kind is Secret:
            record[name] = _commit_one(value, f"{path}/{name}", event_id, salts, into)
        elif kind is dict:
            _commit_record(value, f"{path}/{name}", event_id, salts, into)
        elif kind is list:
            for position, item in enumerate(value):
                where = f"{path}/{name}/{position}"
                if type(item) is dict:
                    _commit_record(item, where, event_id, salts, into)
                elif type(item) is Secret:
                    value[position] = _commit_one(item, where, event_id, salts, into)


def _commit_one(
    secret: Secret, path: str, event_id: bytes, salts: Draws, into: list[Opening]
) -> bytes:
    salt = salts.bytes(32)
    value = canonical_json(secret.value)
    into.append(Opening(path, secret.subject, salt, value))
    return commitment(salt, event_id, path, value)

"""Names of the simulated systems, and what the platform registers for each.

An emitter id is the kind of system and the credit code of who runs it, ``agy.11430100fct000022l``:
a stranger sees in a receipt whose system spoke.

Read before: ``consumers/generate/people.py``. Read next: ``consumers/generate/simulation.py``.
Trusts: the catalogue for what a kind of system sends.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from schemas.catalogue import Catalogue

_SUPERVISING: Final = ("HRS", "SUP")


class Registration(NamedTuple):
    """What ``EmitterRegistered`` says of an emitter, but its key and date."""

    emitter_id: str
    kind: str
    """AGENCY or SUPERVISOR."""
    agency_ids: tuple[str, ...]
    event_types: tuple[str, ...]
    """Ascending by code point."""


def emitter_id(system: str, credit_code: str) -> str:
    """Return the id of an organisation's system, such as ``agy`` or ``rev``."""
    return f"{system}.{credit_code.lower()}"


def registration(emitter: str, catalogue: Catalogue) -> Registration:
    """Return what a simulated system is to be registered for.

    It may send every type whose catalogue row names its kind of system, on behalf of the
    organisation in its id.

    Raises:
        ValueError: It is not an id of a simulated system.
    """
    system, _, credit_code = emitter.partition(".")
    code = system.upper()
    rows = [row for row in catalogue.rows.values() if code in row.emitters]
    types = sorted(row.type for row in rows if not row.made_by_ledger)
    if not types or len(credit_code) != 18:
        raise ValueError(f"{emitter} is no simulated system")
    kind = "SUPERVISOR" if code in _SUPERVISING else "AGENCY"
    return Registration(emitter, kind, (credit_code.upper(),), tuple(types))

"""Building a public record out of a decision: what is revealed, and what comes of it.

Read before: ``ledger/domain/public_record.py``. Read next: ``disclosure``.

The only place that takes personal values out of the vault to show a part of them: the masked name
of a natural person, the facts with other people's names masked. The values are in memory here
while the record is built, and nowhere else. What they become is in the object store, under its
digest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from consumers.platform.matter import Matter
from ledger.chain.avro import AvroValue
from ledger.clock import Random
from ledger.domain.penalty_fields import PenaltySource, revealed_paths
from ledger.domain.personal_scan import ScanResult, scan_record, scan_text
from ledger.domain.public_record import (
    NONCE_SIZE_BYTES,
    FieldPolicy,
    PublicRecord,
    build_record,
    parse_policy,
)
from ledger.domain.stream import StreamAct
from ledger.errors import RejectedError
from schemas.loader import schema_text

# Public views whose records are built here, and their field policies.
POLICIES: Final = {"PENALTY": "disclosure/pv-08.json"}
# Fields whose commitment hides the whole name of a person.
NAME_FIELDS: Final = frozenset({"nameCommitment", "legalRepCommitment", "person", "witness"})


class Reveals(Protocol):
    """The vault, for who may see."""

    def reveal(
        self, log: str, stream_id: str, event_id: bytes, paths: Sequence[str] | None = None
    ) -> Mapping[str, Any]:
        """Return the values of an event by path; those erased or never opened are left out."""
        ...


class Objects(Protocol):
    """The object store."""

    def put(self, data: bytes) -> str:
        """Keep a public record under its SHA-256; return ``sha256:hex``."""
        ...

    def get(self, digest: str) -> bytes:
        """Return an object, checked against its digest."""
        ...


class RecordDrafts:
    """Builds records and scans them.

    Args:
        vault: Where the personal values are.
        objects: Where the records' bytes go.
        random: For the records' nonces.
    """

    def __init__(self, vault: Reveals, objects: Objects, random: Random) -> None:
        self._vault = vault
        self._objects = objects
        self._random = random

    def draft(
        self, matter: Matter, decision: StreamAct, view: str, version: int, until: int | None
    ) -> PublicRecord:
        """Build the record of a decision as it reads now, and keep its bytes.

        A correction brings no openings: a sealed value that it replaced is not known, so the
        record lacks it, and none is made where it must not.

        Raises:
            RejectedError: ``NO_FIELD_POLICY``, ``AGENCY_UNKNOWN`` or ``RECORD_INCOMPLETE``.
        """
        act = decision.act
        agency = matter.state.agencies.get(act.agency_id)
        if agency is None:
            raise RejectedError("AGENCY_UNKNOWN", "the deciding agency is not registered")
        paths = self._openable(matter, decision, revealed_paths(decision.payload))
        revealed = self._vault.reveal(matter.log, matter.stream_id, act.event_id, paths)
        source = PenaltySource(decision.payload, act.agency_id, agency.name, until, revealed)
        record = build_record(
            policy_of(view),
            source,
            version=version,
            nonce=self._random(NONCE_SIZE_BYTES),
            names=self.person_names(matter, decision),
        )
        # Durable before any act speaks of it; without the act it is an object nobody refers to.
        self._objects.put(record.content)
        return record

    def scan(self, matter: Matter, decision: StreamAct, content_hash: str) -> ScanResult:
        """Scan the record with this hash.

        Raises:
            UnavailableError: The object store has not got it.
        """
        record = json.loads(self._objects.get(content_hash))
        source = PenaltySource(decision.payload, decision.act.agency_id, "", None, {})
        return scan_record(
            record,
            names=self.person_names(matter, decision),
            natural_person=source.party_column == "natural",
        )

    def scan_reason(self, matter: Matter, decision: StreamAct, reason: str) -> ScanResult:
        """Scan a public reason that somebody typed."""
        hits = scan_text(reason, "/reason", names=self.person_names(matter, decision))
        return ScanResult.of(hits)

    def scan_words(self, matter: Matter, words: str) -> ScanResult:
        """Scan words about a matter that somebody typed and that are not sealed."""
        names = {value for item in matter.acts for value in self._names_in(matter, item)}
        return ScanResult.of(scan_text(words, "/reason", names=names))

    def changed_fields(self, before: str, after: str) -> list[str]:
        """Return the pointers of the fields in which two records differ, ascending."""
        old = json.loads(self._objects.get(before))["fields"]
        new = json.loads(self._objects.get(after))["fields"]
        return sorted(
            f"/fields/{name}" for name in old.keys() | new.keys() if old.get(name) != new.get(name)
        )

    def person_names(self, matter: Matter, decision: StreamAct) -> frozenset[str]:
        """Return the names of natural persons of the matter that a record must not show.

        The legal representative of an organisation is shown by law and not among them.
        """
        names = {value for item in matter.acts for value in self._names_in(matter, item)}
        source = PenaltySource(decision.payload, decision.act.agency_id, "", None, {})
        if source.party_column == "organisation":
            paths = self._openable(matter, decision, ["/party/legalRepCommitment"])
            revealed = self._vault.reveal(
                matter.log, matter.stream_id, decision.act.event_id, paths
            )
            names -= set(revealed.values())
        return frozenset(names)

    def _openable(self, matter: Matter, decision: StreamAct, paths: Sequence[str]) -> list[str]:
        """Return the paths whose commitment is the one that the vault holds the value of."""
        came = matter.as_it_came(decision.act.event_id).payload
        return [one for one in paths if value_at(came, one) == value_at(decision.payload, one)]

    def _names_in(self, matter: Matter, item: StreamAct) -> list[str]:
        paths = list(name_pointers(item.payload, ""))
        if not paths:
            return []
        revealed = self._vault.reveal(matter.log, matter.stream_id, item.act.event_id, paths)
        return [value for value in revealed.values() if isinstance(value, str)]


def policy_of(view: str) -> FieldPolicy:
    """Return the field policy of a public view.

    Raises:
        RejectedError: ``NO_FIELD_POLICY``: records of this view are not built here.
    """
    if view not in POLICIES:
        raise RejectedError("NO_FIELD_POLICY", f"no field policy for {view}")
    return parse_policy(schema_text(POLICIES[view]))


def value_at(payload: object, pointer: str) -> object:
    """Return the member of a payload that a pointer names, None where there is none."""
    for name in pointer.split("/")[1:]:
        if isinstance(payload, Mapping):
            payload = payload.get(name)
        elif isinstance(payload, list) and name.isdigit() and int(name) < len(payload):
            payload = payload[int(name)]
        else:
            return None
    return payload


def name_pointers(value: AvroValue, pointer: str) -> list[str]:
    """Return the pointers of commitments that hide a person's name."""
    if isinstance(value, dict):
        found = []
        for name, member in value.items():
            path = f"{pointer}/{name}"
            if name in NAME_FIELDS and isinstance(member, bytes):
                found.append(path)
            found += name_pointers(member, path)
        return found
    if isinstance(value, list):
        nested = (name_pointers(item, f"{pointer}/{i}") for i, item in enumerate(value))
        return [path for paths in nested for path in paths]
    return []

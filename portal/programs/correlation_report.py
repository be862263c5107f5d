"""The report on what stands out: the same bytes whenever made again, and an act that says so.

Read before: ``portal/discretion/correlation.py``, ``platform_hand``. Read next:
``portal/cli/discretion.py``.

Made on the ledger's own machine, because the act is signed with the platform's key and natural
persons are compared inside the vault.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from ledger.chain.digests import sha256_digest
from ledger.chain.jcs import canonical_json
from ledger.errors import MalformedError, UnavailableError
from ledger.store.key_store import KeyStore
from ledger.store.vault import Vault
from portal.cli.times import parse_time
from portal.discretion.correlation import Wanted, correlate, finding_document, summary_document
from portal.discretion.persons import same_persons_of
from portal.pages import rfc3339, utc
from portal.programs.owner import owner_url
from portal.programs.platform_hand import open_platform
from portal.programs.project import connect
from projections.discretion.method import version
from projections.discretion.postgres import PostgresDiscretionReader
from projections.discretion.view import Moment

ROLE: Final = "portal"  # The one that may read views and vault.


def make_report(data: Path, target: Path, at: str | None) -> dict[str, Any]:
    """Write everything that stands out at a moment into a file, and record that it was made.

    Args:
        data: Data folder of a ledger that runs on this machine.
        target: A file that is not there yet.
        at: RFC 3339; None: now.

    Returns:
        What was recorded: moment, digest of the file's bytes, how many findings.

    Raises:
        MalformedError: ``at`` is not a time, or the file is there.
        RejectedError: The ledger refuses the act.
        UnavailableError: Database or Kafka is away, or the file cannot be written.
    """
    if target.exists():
        raise MalformedError(f"{target} is there already")
    with open_platform(data) as platform:
        now = platform.now()
        moment = now if at is None else min(parse_time(at), now)
        document = _document(data, Moment(moment, moment))
        content = canonical_json(document)
        _write(target, content)
        digest = sha256_digest(content)
        inputs = _inputs(document, moment)
        platform.submit(platform.acts.analytics_report_produced(inputs, version(), digest, now))
    return {"at": document["at"], "digest": digest, "findings": len(document["items"])}


def _document(data: Path, moment: Moment) -> dict[str, Any]:
    key_store = KeyStore(data / "keys" / "vault.sqlite")
    try:
        with connect(owner_url(data, ROLE)) as connection:
            same_persons = same_persons_of(Vault(connection, key_store))
            reader = PostgresDiscretionReader(connection)
            found = correlate(reader, moment, Wanted(), same_persons)
    finally:
        key_store.close()
    items = [finding_document(one) for one in found.findings]
    return {"at": rfc3339(moment.at), **summary_document(found), "items": items}


def _inputs(document: dict[str, Any], moment: int) -> list[tuple[str, str]]:
    """Return what the report rests on and how much of each kind it found."""
    asked = utc(moment).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    counts = [(kind, str(count)) for kind, count in document["counts"].items()]
    looked_at = [(name.upper(), str(document[name])) for name in ("decisions", "closings")]
    return [("AS_OF", asked), ("FROM", document["from"]), *looked_at, *counts]


def _write(target: Path, content: bytes) -> None:
    try:
        target.write_bytes(content)
    except OSError as error:
        raise UnavailableError(f"{target} cannot be written: {error.strerror}") from error

"""Agreements on sharing data, and batches that were exchanged by them: acts of the platform.

Read before: ``portal/cli/reconciliation.py``. Read next: ``portal/programs/platform_hand.py``.

Files stay where they are; the acts hold their digests.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from ledger.errors import MalformedError, UnavailableError
from portal.programs.platform_hand import open_platform

DOC_TYPE: Final = "数据共享协议"
_EPOCH: Final = dt.date(1970, 1, 1)


class AgreementDoc(NamedTuple):
    """The document of an agreement."""

    file: Path
    doc_no: str | None
    doc_date: str
    pages: int
    is_sealed: bool


def register_agreement(
    data: Path, parties: Sequence[str], doc: AgreementDoc, first: str, last: str | None
) -> None:
    """Record that parties share data.

    Args:
        data: Data folder of a ledger that runs.
        parties: Credit codes, two at least.
        doc: The agreement.
        first: The day from which it holds, as a date.
        last: Its last day, if it has one.

    Raises:
        MalformedError: Not a date, or fewer than two parties.
        RejectedError: The ledger refuses; it has the code.
        UnavailableError: The file cannot be read, or the ledger does not run.
    """
    if len(set(parties)) < 2:
        raise MalformedError("an agreement has two parties at least")
    reference: dict[str, Any] = {
        "docType": DOC_TYPE,
        "docNo": doc.doc_no,
        "docDate": _day(doc.doc_date),
        "fileHash": _digest(doc.file),
        "pages": doc.pages,
        "templateId": None,
        "sealed": doc.is_sealed,
    }
    until = None if last is None else _day(last)
    with open_platform(data) as platform:
        platform.submit(
            platform.acts.data_share_agreed(parties, reference, _day(first), until, platform.now())
        )


class Batch(NamedTuple):
    """What was handed over or taken over."""

    counterparty: str  # Credit code.
    direction: str  # SENT or RECEIVED.
    records: int
    file: Path
    receipt: Path


def record_exchange(data: Path, batch: Batch, agreement: int | None) -> dict[str, Any]:
    """Record a batch; return what its act says. Raises as ``register_agreement``."""
    said = {
        "counterparty": batch.counterparty,
        "direction": batch.direction,
        "count": batch.records,
        "hash": _digest(batch.file),
        "receipt": _digest(batch.receipt),
    }
    with open_platform(data) as platform:
        platform.submit(platform.acts.exchange_recorded(said, agreement, platform.now()))
    return said


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return "sha256:" + hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise UnavailableError(f"{file} cannot be read") from error


def _day(text: str) -> int:
    try:
        return (dt.date.fromisoformat(text) - _EPOCH).days
    except ValueError as error:
        raise MalformedError(f"{text!r} is not a date such as 2026-11-26") from error

"""Keeps receipts as files: ``DIR/<event id>.tlog-proof``.

Read before: ``ledger.chain.receipt``. Read next: ``emit_file``.

A receipt is checked before it is kept: the ledger could answer anything, and an emitter finds out
years later. Checked against the log's key and the act that was sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from consumers.emitter.answers import Answer
from consumers.emitter.submission import SubmissionItem
from ledger.chain.ids import uuid_text
from ledger.chain.note_keys import VerifierKey
from ledger.chain.receipt import verify_receipt
from ledger.errors import UnavailableError

SUFFIX = ".tlog-proof"


class ReceiptFolder:
    """A folder of receipts, one file an act."""

    def __init__(self, folder: Path, log_keys: Iterable[VerifierKey]) -> None:
        """Make the folder if it is not there.

        Args:
            folder: Where receipts go.
            log_keys: Keys of the ledger's logs.

        Raises:
            UnavailableError: The folder cannot be made.
        """
        self._folder = folder
        self._log_keys = list(log_keys)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UnavailableError(
                f"the receipts folder cannot be made: {error.strerror}"
            ) from error

    def keep(self, item: SubmissionItem, answer: Answer) -> None:
        """Check and write the receipt of one act; an answer without one leaves no file.

        Raises:
            VerificationError: The receipt does not prove that the act is in the log.
            MalformedError: The receipt is none.
            UnavailableError: The file cannot be written.
        """
        if answer.receipt is None or not answer.is_in_ledger:
            return
        verify_receipt(answer.receipt, item.act, self._log_keys)
        target = self._folder / f"{uuid_text(item.event_id)}{SUFFIX}"
        part = target.with_suffix(".part")
        try:
            part.write_bytes(answer.receipt)
            part.replace(target)
        except OSError as error:
            raise UnavailableError(f"a receipt cannot be written: {error.strerror}") from error

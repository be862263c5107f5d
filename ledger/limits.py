"""Every bound of the formats, once, with unit and reason (docs/spec/conventions.md).

A bound that is not here comes from settings.
"""

from typing import Final

ACT_SIZE_BYTES_MAX: Final = 60_000  # An entry (act, prefix, proof) must fit a uint16 length.
ENTRY_SIZE_BYTES_MAX: Final = 65_535  # C2SP tlog-tiles: entries carry a uint16 length.
SUBMISSION_ACTS_MAX: Final = 1_024  # One signature covers 1 to 1,024 acts.
NOTE_SIZE_BYTES_MAX: Final = 1_536  # Submission note with up to four signature lines.
NOTE_SIGNATURES_MAX: Final = 4  # The emitter and up to three persons.
PROOF_SIZE_BYTES_MAX: Final = 2_560  # Header lz-proof: note, index and ten path hashes.
SEALED_SIZE_BYTES_MAX: Final = 16_384  # Header lz-sealed.
SEAL_SIZE_BYTES: Final = 84  # Header lz-seal: key id 4, encapsulated key 32, ciphertext 48.
PROOF_PATH_HASHES_MAX: Final = 63  # A tree size is a positive signed 64-bit number.
CASE_LOGS_MAX: Final = 16  # N of a ledger.
REJECTED_ITEMS_MAX: Final = 256  # Items of one EventsRejected entry.
OUTCOME_ITEMS_MAX: Final = 256  # Items of one record of the receipts topic.
CHECKPOINT_SIZE_BYTES_MAX: Final = 65_536  # At least 16 signatures, ML-DSA-44 ones included.
CHECKPOINT_SIGNATURES_MAX: Final = 32
TILE_WIDTH: Final = 256  # C2SP tlog-tiles: hashes of a full tile, entries of a full bundle.
PROMISE_COMMITS_MAX: Final = 8  # Commits that may wait for one promise.
PROMISE_ENTRIES_MAX: Final = 20_000  # Entries that may wait for one promise.
FUTURE_TOLERANCE_S: Final = 300  # R7: occurredAt at most five minutes ahead of receivedAt.
QUARANTINE_DAYS: Final = 90  # Raw bytes of a refused act are readable this long.
CASE_VIEW_ENTRIES_MAX: Final = 2_000  # Entries shown on one page of a case.

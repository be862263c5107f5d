"""The error tree: one root, four reactions.

```text
LedgerError                        root; carries no personal data in its message
├── RejectedError                  reject: not allowed now; tell the sender          HTTP 409, exit 4
│   └── OriginError                reject: the submission's origin is not proven      HTTP 403
├── MalformedError                 park: bytes from outside break the format          HTTP 400, exit 2
│   ├── MalformedAvroError         not strict Avro; carries the position
│   ├── MalformedRecordError       not an act or entry
│   ├── MalformedCheckpointError   not a checkpoint or signed note
│   ├── MalformedProofError        not a proof, receipt or submission
│   └── SealError                  a sealed value that does not open or match
├── UnavailableError               retry: PostgreSQL, Kafka or disk is away           HTTP 503, exit 3
│   ├── PromiseConflictError       another writer swapped the promise first
│   └── TooCostlyError             a question took longer than one may; ask for less
└── VerificationError              stop: the ledger does not prove what it claims     HTTP 500, exit 10
    ├── ChainBrokenError           an entry does not follow from the one before
    ├── AlteredEntryError          a stored entry is not the one that was promised
    ├── RootMismatchError          tree and checkpoint differ
    ├── BehindPromiseError         the database is behind or against its promise
    ├── IncompleteError            sound but incomplete                               exit 11
    └── SignatureInvalidError      signature or trust anchor not accepted             exit 12
```

Messages are for people and end up in logs: they hold positions, codes and hashes, never a
payload, a name or a number of a person. Data for programs is in attributes.
"""

from __future__ import annotations


class LedgerError(Exception):
    """Root of every error this project raises on purpose."""

    exit_code = 1


class RejectedError(LedgerError):
    """The act or request is not allowed; the sender must be told ``code``.

    Reaction: answer the sender; never retry unchanged.
    """

    exit_code = 4

    def __init__(self, code: str, text: str = "", *, pointer: str | None = None) -> None:
        super().__init__(f"{code}: {text}" if text else code)
        self.code = code
        self.pointer = pointer


class OriginError(RejectedError):
    """The submission does not prove who sent the act (codes ``R2_*``)."""


class MalformedError(LedgerError):
    """Bytes from outside break the format. Reaction: park them and go on."""

    exit_code = 2

    def __init__(
        self, text: str, *, code: str = "R1_MALFORMED", pointer: str | None = None
    ) -> None:
        super().__init__(text)
        self.code = code
        self.pointer = pointer


class MalformedAvroError(MalformedError):
    """Bytes are not strict Avro; ``position`` is the offset of the value refused."""

    def __init__(self, position: int, fault: str) -> None:
        super().__init__(f"{fault} at byte {position}")
        self.position = position
        self.fault = fault


class MalformedRecordError(MalformedError):
    """Bytes are not an act or an entry."""


class MalformedCheckpointError(MalformedError):
    """Text is not a checkpoint or a signed note."""


class MalformedProofError(MalformedError):
    """Text is not a proof, a receipt or a submission."""


class SealError(MalformedError):
    """A sealed value does not open, or does not match its commitment (codes ``R9_*``)."""


class UnavailableError(LedgerError):
    """PostgreSQL, Kafka or a disk is away. Reaction: bounded retry with jitter, then exit 3."""

    exit_code = 3


class TooCostlyError(UnavailableError):
    """A question to a view took longer than one may. Reaction: ask for less, or later."""


class PromiseConflictError(UnavailableError):
    """Another writer swapped the promise first. Reaction: read promise and head again."""


class VerificationError(LedgerError):
    """The ledger does not prove what it claims. Reaction: stop; never retried."""

    exit_code = 10


class ChainBrokenError(VerificationError):
    """A stored entry does not follow from the one before it: tampering, or our bug."""

    def __init__(
        self, leaf_index: int, *, expected: bytes, found: bytes, stream: str | None = None
    ) -> None:
        # Hashes only: messages end up in logs, and an entry holds what is not for logs.
        where = f"entry {leaf_index}" if stream is None else f"entry {leaf_index} ({stream})"
        super().__init__(f"{where}: expected {expected.hex()}, found {found.hex()}")
        self.leaf_index = leaf_index
        self.expected = expected
        self.found = found


class AlteredEntryError(VerificationError):
    """An entry as stored is not the one that was promised: somebody changed it, or our bug.

    Reaction: show nothing made of it; ``lianzheng ledger check`` names every such entry.
    """

    def __init__(
        self, origin: str, leaf_index: int, stream: str | None, *, expected: bytes, found: bytes
    ) -> None:
        where = f"entry {leaf_index}" if stream is None else f"entry {leaf_index} ({stream})"
        super().__init__(
            f"{origin}: {where} is not what was promised: "
            f"expected leaf {expected.hex()}, found {found.hex()}"
        )
        self.origin = origin
        self.leaf_index = leaf_index
        self.stream = stream
        self.expected = expected
        self.found = found

    def of(self, stream: str | None) -> AlteredEntryError:
        """Return the same error with the stream that the entry is stored under."""
        return AlteredEntryError(
            self.origin, self.leaf_index, stream, expected=self.expected, found=self.found
        )


class RootMismatchError(VerificationError):
    """The root recomputed from entries is not the one that was signed or stored."""

    def __init__(self, tree_size: int, *, expected: bytes, found: bytes) -> None:
        super().__init__(
            f"root at size {tree_size}: expected {expected.hex()}, found {found.hex()}"
        )
        self.tree_size = tree_size
        self.expected = expected
        self.found = found


class BehindPromiseError(VerificationError):
    """The database is behind or against the newest promise in the tile store.

    Reaction: refuse to append; ``lianzheng ledger recover`` appends what is missing.
    """


class IncompleteError(VerificationError):
    """Sound as far as it goes, but something is missing: a gap, or behind the expected head."""

    exit_code = 11


class SignatureInvalidError(VerificationError):
    """A signature, key or trust anchor is not accepted."""

    exit_code = 12

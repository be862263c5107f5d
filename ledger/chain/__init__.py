"""The pure core: bytes in, bytes out; no input or output, no clock, no library of the server.

Everything that is hashed, linked, signed or proven is computed here, and here only, by the standard
library, ``blake3`` and ``cryptography``, so that a stranger can read and run it alone.

An act's way into the ledger, in reading order: ``avro`` (strict bytes), ``act``, ``submission``
(whose it is), ``commitments`` and ``sealing`` (what it keeps secret), ``entry``, ``links``,
``tree``, ``checkpoint``; and out again: ``proofs``, ``receipt``, ``tiles``, ``verify``.
"""

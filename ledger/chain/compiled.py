"""The compiled inner loop, where this environment has it: modules, else None.

Each function in ``native/`` has a Python twin beside its caller, which says the rules, judges
whatever the compiled one is not sure of, and does all of it where nothing was compiled (a verifier
installed by an outsider, say). The bytes are the same; tests hold the two against each other.

Read before: ``ledger/chain/avro.py``. Read next: ``native/lianzheng_native/acts.pyx``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lianzheng_native import acts, append, audit, avro
else:
    try:
        from lianzheng_native import acts, append, avro
    except ImportError:
        acts = append = avro = None
    try:
        from lianzheng_native import audit
    except ImportError:
        audit = None  # Compiled with the others, but not by an older version.

__all__ = ["IS_COMPILED", "acts", "append", "audit", "avro"]

IS_COMPILED: bool = avro is not None

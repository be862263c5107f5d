"""The compiled inner loop, where this environment has it: modules, else None.

Each function in ``native/`` has a Python twin beside its caller, which says the rules, judges
whatever the compiled one is not sure of, and does all of it where nothing was compiled (a verifier
installed by an outsider, say). The bytes are the same; tests hold the two against each other.

Read before: ``ledger/chain/avro.py``. Read next: ``native/lianzheng_native/acts.pyx``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

WANTED: Final = 2  # Interface of the compiled modules that is called here.

if TYPE_CHECKING:
    from lianzheng_native import acts, append, audit, avro, judging, packing
else:
    acts = append = audit = avro = judging = packing = None
    try:
        from lianzheng_native import INTERFACE
    except ImportError:
        INTERFACE = 0
    if INTERFACE == WANTED:
        from lianzheng_native import acts, append, audit, avro, judging, packing

__all__ = ["IS_COMPILED", "acts", "append", "audit", "avro", "judging", "packing"]

IS_COMPILED: bool = packing is not None

"""The whole database against the tile store: the check to run every night and before an audit.

Read before: ``portal/cli/ledger.py``. Read next: ``ledger/store/whole_check.py``,
``portal/programs/apart_check.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Any

from ledger.chain.findings import INCOMPLETE, TAMPERED, worst
from ledger.errors import VerificationError
from ledger.store.environment import open_datastore
from ledger.store.log_tables import CONTROL
from ledger.store.promised_tree import PromisedTree
from ledger.store.proven_log import ProvenLog
from ledger.store.recorder import LedgerRecorder
from ledger.store.whole_check import TILE_STORE, Difference, compare_log
from portal.cli import output
from portal.cli.verifying import read_keys
from portal.programs.apart_check import ApartCheck
from portal.programs.at_rest import readable_database
from portal.programs.proofs import promised_trees

DIFFERENCES_SHOWN = 100  # Of each log; the others are counted.


def check_ledger(data: Path, vkey: Path | None) -> dict[str, Any]:
    """Compare every log; return what differs. A ledger that does not run may be looked at.

    Args:
        data: Data folder.
        vkey: File with trusted keys; None: the data folder's.

    Raises:
        MalformedError: A setting is none.
        RejectedError: The ledger is starting or stopping.
        UnavailableError: Database, tile store, object store or key store is away, or the database
            is elsewhere and not named.
    """
    trees = promised_trees(data, keys=None if vkey is None else read_keys(vkey))
    with readable_database(data, "audit") as url, closing(open_datastore(url)) as datastore:
        recorders = {log: LedgerRecorder.for_log(datastore, log) for log in trees}
        apart = ApartCheck(data, ProvenLog(recorders[CONTROL], trees[CONTROL]))
        logs = [
            check_log(recorder, trees[log], apart.missing(recorder, trees[log]))
            for log, recorder in recorders.items()
        ]
    return {"logs": logs, "exit_code": worst(log["exit_code"] for log in logs)}


def check_log(
    recorder: LedgerRecorder, tree: PromisedTree, apart: Iterable[Difference]
) -> dict[str, Any]:
    """Compare one log; a promise or hash tile that proves nothing is what differs then.

    Args:
        recorder: The log in the database.
        tree: What was promised of it.
        apart: What it needs that lies elsewhere and is not there.
    """
    shown: list[Difference] = []
    codes: list[int] = []
    progress = output.Progress(f"checking {tree.origin}", 0)
    size, root = 0, None
    try:
        promised = tree.newest()
        size, root = promised.size, promised.checkpoint.root.hex()
        for difference in chain(compare_log(recorder, tree, progress.update), apart):
            codes.append(INCOMPLETE if difference.is_gone else TAMPERED)
            if len(shown) < DIFFERENCES_SHOWN:
                shown.append(difference)
    except VerificationError as error:
        codes.append(error.exit_code)
        shown.append(Difference(TILE_STORE, None, None, str(error)))
    progress.finish()
    return {
        "origin": tree.origin,
        "tree_size": size,
        "root": root,
        "difference_count": len(codes),
        "differences": [{**row._asdict(), "sentence": str(row)} for row in shown],
        "exit_code": worst(codes),
    }

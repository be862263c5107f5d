"""Questions to a generated file.

Read before: ``consumers/generate/history.py``. Read next: ``consumers/emitter/__init__.py``.
Trusts: nothing; the file says what it says.
"""

from __future__ import annotations

from pathlib import Path

from consumers.generate.records import read_records
from ledger.chain.act import decode_act


def first_decided_case(path: Path) -> str:
    """Return the stream of the first case of a file that came to a decision.

    Raises:
        ValueError: No case did.
        MalformedRecordError: The file holds something that is no act.
        OSError: The file cannot be read.
    """
    with path.open("rb") as stream:
        for record in read_records(stream):
            if record.act and decode_act(record.act).event_type == "PenaltyDecisionMade":
                return record.key
    raise ValueError(f"no decision in {path.name}")

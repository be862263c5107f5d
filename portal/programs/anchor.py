"""Anchor the stream heads of all logs of a running ledger, on demand.

Read before: ``portal/cli/ledger.py``, ``consumers/platform/anchor.py``. Read next:
``portal/anchor_timer.py``, which does the same by the clock.

Whoever can read the platform's key file and the data folder can do what is done here. What was
anchored before a crash is a duplicate afterwards.
"""

from __future__ import annotations

from pathlib import Path

from consumers.platform.anchor import LogAnchors
from ledger.chain.stream_heads import AnchoredHeads
from portal.programs.platform_hand import PlatformHand, open_platform
from portal.programs.streams import open_ledger


def anchor_logs(data: Path) -> list[AnchoredHeads]:
    """Anchor every log that has got entries since its last anchor; return what was anchored.

    Raises:
        UnavailableError: The ledger does not run.
        RejectedError: The ledger refuses an act; it has the code.
        VerificationError: A log is not what was promised.
    """
    with open_ledger(data) as ledger, open_platform(data) as platform:
        return send_due(LogAnchors(ledger.recorders, ledger.proven), platform)


def send_due(anchors: LogAnchors, platform: PlatformHand) -> list[AnchoredHeads]:
    """Send each anchor that is due and wait for its entry; raises as ``anchor_logs``."""
    sent = []
    for log in anchors.logs:
        # The control log comes last, so it is anchored with the anchors of the others in it.
        due = anchors.due(log, platform.state)
        if due is not None:
            platform.submit(due.act)
            sent.append(due.heads)
    return sent

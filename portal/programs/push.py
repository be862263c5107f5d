"""Pushes what outside channels still have to hear, over HTTP, and records their receipts.

Read before: ``portal/cli/sharing.py``, ``consumers/platform/push.py``. Read next:
``consumers/platform/channel.py``.

The view says where to look, the matter in the event store what is missing, the ledger what came of
it: so a view that is behind, a crash or a second program at the same time cost another message and
nothing else. Works from the data folder, with the platform's key.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from consumers.append.control_follower import ControlFollower
from consumers.platform.acts import ActWriter
from consumers.platform.channel import ChannelAddress, HttpChannel
from consumers.platform.matter import Matter, MatterReader
from consumers.platform.push import MatterPushes
from ledger.clock import system_random
from ledger.domain.obligation import Channel
from ledger.domain.push import WITHDRAW, DuePush
from ledger.errors import MalformedError, RejectedError, UnavailableError
from ledger.store.log_tables import CONTROL
from ledger.store.objects import ObjectStore
from ledger.store.proven_log import NewestLog
from portal.programs.owner import owner_url
from portal.programs.platform_hand import PlatformHand, open_platform
from portal.programs.project import connect
from portal.programs.streams import open_ledger
from projections.reading import PAGE_ROWS_MAX, Cursor
from projections.sharing.postgres import PostgresSharingReader
from projections.sharing.view import DUE, PUSHED, REFUSED, UNASSESSED, Day

ALWAYS: Final = Day(-(2**63), 2**63 - 1)
FAILED: Final = "failed"
_FILE_BYTES_MAX: Final = 64 * 1024


def read_channels(file: Path) -> dict[str, ChannelAddress]:
    """Return where each channel takes pushes, from a file ``{"CREDIT": {"url", "token"}}``.

    Raises:
        UnavailableError: The file cannot be read.
        MalformedError: It is not such a file; what stands in it is not repeated.
    """
    try:
        text = file.read_bytes()[:_FILE_BYTES_MAX]
    except OSError as error:
        raise UnavailableError(f"{file} cannot be read") from error
    try:
        document = json.loads(text)
        return {
            str(Channel(name)): ChannelAddress(str(one["url"]), str(one.get("token", "")))
            for name, one in document.items()
        }
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        names = ", ".join(Channel)
        fault = f'{file} is not JSON {{CHANNEL: {{"url": ..., "token": ...}}}} with {names}'
        raise MalformedError(fault) from error


def push_due(
    data: Path,
    addresses: Mapping[str, ChannelAddress],
    report: Callable[[str], None],
    *,
    again: bool = False,
) -> Counter[str]:
    """Push what is due to these channels; return how many pushes ended how.

    Args:
        data: Data folder of a ledger that runs.
        addresses: Where each channel is.
        report: Told, in a sentence, why a push got no receipt.
        again: Also what a channel has refused.

    Raises:
        UnavailableError: The ledger or one of its stores is away.
        VerificationError: A stored entry is not what was promised.
    """
    channels = {name: HttpChannel(one) for name, one in addresses.items()}
    with open_ledger(data) as ledger, open_platform(data) as hand:
        logs = {one: NewestLog(log) for one, log in ledger.proven.items() if one != CONTROL}
        matters = MatterReader(logs, ControlFollower(ledger.proven[CONTROL]))
        pusher = _Pusher(
            matters, hand, ObjectStore(data / "objects", writes=False), channels, report
        )
        with _view(data) as reader:
            streams = _streams(reader, channels, again=again)
        for stream_id in streams:
            pusher.push(stream_id, again=again)
        return pusher.done


class _Pusher:
    """Pushes what is due of one matter after another."""

    def __init__(
        self,
        matters: MatterReader,
        hand: PlatformHand,
        objects: ObjectStore,
        channels: Mapping[str, HttpChannel],
        report: Callable[[str], None],
    ) -> None:
        self.done: Counter[str] = Counter()
        self._matters = matters
        self._hand = hand
        self._objects = objects
        self._channels = channels
        self._report = report

    def push(self, stream_id: str, *, again: bool) -> None:
        """Push what is due of a matter; what fails is due still."""
        for act in self._read(stream_id).assessments(self._hand.now()):
            try:
                self._hand.submit(act)
            except RejectedError as error:  # Somebody judged at the same time, or cannot here.
                self._report(f"{stream_id}: {error}")
        pushes = self._read(stream_id)
        for found in pushes.due(again=again):
            try:
                status = self._push(pushes, found)
            except (RejectedError, UnavailableError) as error:
                self._report(f"{found.push.disclosure_id}: {error}")
                self.done[FAILED] += 1
            else:
                self.done[status] += 1

    def _push(self, pushes: MatterPushes, found: DuePush) -> str:
        push = found.push
        is_record = push.action != WITHDRAW
        record = self._objects.get(push.record_hash) if is_record else b""
        if not found.is_recorded:
            self._hand.submit(pushes.pushed(push, self._hand.now()))
        status = self._channels[push.target].send(push, record)
        self._hand.submit(pushes.acknowledged(push, status, self._hand.now()))
        return status.lower()

    def _read(self, stream_id: str) -> MatterPushes:
        matter: Matter = self._matters.read(stream_id)
        return MatterPushes(matter, ActWriter(matter, system_random), self._channels)


@contextmanager
def _view(data: Path) -> Iterator[PostgresSharingReader]:
    with connect(owner_url(data, "audit")) as connection:
        yield PostgresSharingReader(connection)


def _streams(reader: PostgresSharingReader, targets: Collection[str], *, again: bool) -> list[str]:
    """Return the matters that something is due of, the oldest first."""
    states = (UNASSESSED, DUE, PUSHED, *((REFUSED,) if again else ()))
    found: dict[str, None] = {}
    after: Cursor | None = None
    while True:
        page = reader.pushes(states, ALWAYS, None, PAGE_ROWS_MAX, after)
        found |= dict.fromkeys(row.stream_id for row in page.rows if row.target in targets)
        after = page.next_cursor
        if after is None:
            return list(reversed(found))

"""Retrievals: the acts by which somebody gets to see records, and is seen seeing them.

Read before: ``acts``. Read next: ``commands``.

An access is an act before the first byte is shown: the caller opens the record only with the
ledger's answer in hand. Whether a window is open for this person, scope and time is the gate's
decision.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from consumers.emitter.submission import UnsealedAct
from consumers.platform.acts import ActWriter, Order, Secret
from consumers.platform.matter import Matter
from ledger.chain.digests import sha256_digest
from ledger.domain.retrieval import Retrieval
from ledger.errors import RejectedError

REQUESTER: Final = "REQUESTER"  # Not a handler of the case, whatever else the person is.
APPROVER: Final = "APPROVER"
CUSTODIAN: Final = "CUSTODIAN"
MEDIA_PREFIX: Final = "media:"
# A gate refuses what names no window; the attempt is on record all the same.
NO_WINDOW: Final = bytes(16)


class Request(NamedTuple):
    """What somebody asks to see, and why."""

    retrieval_id: str
    org: str  # Credit code of the requester's organisation.
    purpose: str
    reason: str  # Free text; goes into a commitment.
    mode: str = "VIEW"
    media_ids: Sequence[str] = ()
    doc_ids: Sequence[str] = ()
    fields: Sequence[str] = ()


class RetrievalActs:
    """Writes the acts of retrievals in one matter."""

    def __init__(self, matter: Matter, writer: ActWriter) -> None:
        self._matter = matter
        self._writer = writer

    def request(self, order: Order, request: Request) -> list[UnsealedAct]:
        """Ask for records of the matter."""
        payload = {
            "requester": order.officer_id,
            "org": request.org,
            "purpose": request.purpose,
            "matter": order.stream_id,
            "scope": {
                "mediaIds": list(request.media_ids),
                "docIds": list(request.doc_ids),
                "fields": list(request.fields),
            },
            "mode": request.mode,
        }
        secrets = {"basis": Secret(request.reason, order.stream_id)}
        return self._one(
            order, "RetrievalRequested", request.retrieval_id, payload, REQUESTER, secrets
        )

    def approve(
        self,
        order: Order,
        retrieval_id: str,
        start: int,
        end: int,
        second_approver: str | None = None,
    ) -> list[UnsealedAct]:
        """Open a window for what was asked, from ``start`` to ``end``, microseconds UTC.

        Raises:
            RejectedError: ``NO_REQUEST``.
        """
        retrieval = self._requested(retrieval_id)
        assert retrieval.scope is not None
        scope = retrieval.scope
        payload = {
            "approver": order.officer_id,
            "secondApprover": second_approver,
            "scope": {
                "mediaIds": sorted(scope.media_ids),
                "docIds": sorted(scope.doc_ids),
                "fields": sorted(scope.fields),
            },
            "mode": retrieval.mode,
            "from": start,
            "to": end,
            "watermark": watermark_id(retrieval_id),
        }
        return self._one(order, "RetrievalApproved", retrieval_id, payload, APPROVER)

    def reject(self, order: Order, retrieval_id: str, reason: str) -> list[UnsealedAct]:
        """Refuse what was asked; the reason goes into a commitment."""
        secrets = {"reason": Secret(reason, order.stream_id)}
        payload = {"approver": order.officer_id}
        return self._one(order, "RetrievalRejected", retrieval_id, payload, APPROVER, secrets)

    def access(
        self, order: Order, retrieval_id: str, access_id: str, target_id: str, ip: str
    ) -> list[UnsealedAct]:
        """Begin to look at one record; show nothing before the ledger took the act."""
        payload = {
            "accessId": access_id,
            "who": order.officer_id,
            **_target(target_id),
            "windowId": self._window_id(order, retrieval_id),
            "at": order.at,
        }
        secrets = {"ip": Secret(ip, order.officer_id)}
        return self._one(order, "RecordAccessed", retrieval_id, payload, REQUESTER, secrets)

    def end_access(
        self, order: Order, retrieval_id: str, access_id: str, bytes_sent: int
    ) -> list[UnsealedAct]:
        """Say that an access is over and how much was shown."""
        payload = {"accessId": access_id, "bytes": bytes_sent, "until": order.at}
        return self._one(order, "RecordAccessEnded", retrieval_id, payload, REQUESTER)

    def copy(self, order: Order, retrieval_id: str, target_id: str) -> list[UnsealedAct]:
        """Hand out a copy; its digest stands for record and watermark, no file is made.

        Args:
            order: By whoever gets it.
            retrieval_id: Of the retrieval.
            target_id: The record.
        """
        watermark = watermark_id(retrieval_id)
        payload = {
            "who": order.officer_id,
            **_target(target_id),
            "windowId": self._window_id(order, retrieval_id),
            "copyHash": sha256_digest(f"{target_id} {watermark}".encode()),
            "watermarkId": watermark,
            "at": order.at,
        }
        return self._one(order, "RecordCopied", retrieval_id, payload, REQUESTER)

    def close(self, order: Order, retrieval_id: str, outcome: str) -> list[UnsealedAct]:
        """End a retrieval: COMPLETED, UNUSED or REVOKED."""
        payload = {"outcome": outcome, "reportDoc": None, "at": order.at}
        return self._one(order, "RetrievalClosed", retrieval_id, payload, CUSTODIAN)

    def emergency(self, order: Order, request: Request) -> list[UnsealedAct]:
        """Open a window of hours without approval, which has to be ratified."""
        payload = {
            "who": order.officer_id,
            "scope": {
                "mediaIds": list(request.media_ids),
                "docIds": list(request.doc_ids),
                "fields": list(request.fields),
            },
            "at": order.at,
        }
        secrets = {"ground": Secret(request.reason, order.stream_id)}
        return self._one(
            order, "EmergencyAccessUsed", request.retrieval_id, payload, REQUESTER, secrets
        )

    def deny(
        self, order: Order, retrieval_id: str, target_id: str, reason: str
    ) -> list[UnsealedAct]:
        """Record that a logged-in person was kept from a known record.

        Args:
            order: By whoever was kept from it.
            retrieval_id: Of the retrieval it would have been part of, or of none: a fresh id.
            target_id: The record.
            reason: NO_APPROVAL, OUT_OF_SCOPE, OUT_OF_WINDOW, NO_RIGHT or UNKNOWN_RECORD.
        """
        payload = {"who": order.officer_id, "target": target_id, "reason": reason, "at": order.at}
        return self._one(order, "AccessDenied", retrieval_id, payload, REQUESTER)

    def _requested(self, retrieval_id: str) -> Retrieval:
        retrieval = self._matter.retrieval(retrieval_id)
        if retrieval.scope is None:
            raise RejectedError("NO_REQUEST", "nothing was asked for under this id")
        return retrieval

    def _window_id(self, order: Order, retrieval_id: str) -> bytes:
        """Return the newest window that is open to the person now, else the newest, else none."""
        windows = self._matter.retrieval(retrieval_id).windows
        for window_id in reversed(windows):
            window = windows[window_id]
            if window.person == order.officer_id and window.start <= order.at < window.end:
                return window_id
        return next(reversed(windows), NO_WINDOW)

    def _one(
        self,
        order: Order,
        event_type: str,
        retrieval_id: str,
        payload: Mapping[str, Any],
        role: str,
        secrets: Mapping[str, Secret] | None = None,
    ) -> list[UnsealedAct]:
        return [self._writer.write(order, event_type, retrieval_id, payload, role, secrets=secrets)]


def watermark_id(retrieval_id: str) -> str:
    """Return what is written over everything that a retrieval shows."""
    return f"wm-{hashlib.sha256(retrieval_id.encode()).hexdigest()[:16]}"


def _target(target_id: str) -> dict[str, str | None]:
    """Return the fields that name a record: a medium or a document."""
    is_media = target_id.startswith(MEDIA_PREFIX)
    return {
        "mediaId": target_id if is_media else None,
        "docId": None if is_media else target_id,
    }

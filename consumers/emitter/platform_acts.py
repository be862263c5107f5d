"""Control acts that the platform signs: who may emit, anchored heads, the end of simulated time.

Read before: ``submission``. Read next: ``emit_file``.

The platform's key is the ledger's own registration: whoever holds it can register emitters.
Event ids are computed from what an act says, so the same act made twice is a duplicate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from consumers.emitter.submission import UnsealedAct
from ledger.chain.act import Act, encode_act
from ledger.chain.ids import ledger_event_id
from ledger.chain.schema_text import fingerprint, text_hash
from ledger.chain.sealing import SUITE_ID
from ledger.chain.stream_heads import ANCHOR_STREAM_START, ANCHOR_TYPE, AnchoredHeads
from ledger.domain.control import ControlState
from ledger.errors import RejectedError


class CheckedLog(NamedTuple):
    """A log that was read as a whole and held against its promise."""

    origin: str
    tree_size: int  # Promised entries.
    root: bytes


class LawText(NamedTuple):
    """A rule set or a calendar to be published."""

    event_type: str  # ``RuleSetPublished`` or ``CalendarVersionPublished``.
    version: str
    effective_from: int  # Day.
    text: str  # JSON.


class PlatformActs:
    """Makes the platform's control acts for one ledger."""

    def __init__(self, state: ControlState) -> None:
        """Take names and schemas from the control log.

        Args:
            state: With entry 0 and a catalogue.

        Raises:
            RejectedError: The control log has no entry 0 or no catalogue yet.
        """
        if state.ledger is None or state.catalogue is None:
            raise RejectedError("LEDGER_EMPTY", "the control log has no catalogue yet")
        self._state = state
        self._ledger = state.ledger
        self._rows = state.catalogue.rows

    def emitter_registered(
        self,
        emitter_id: str,
        vkey: str,
        kind: str,
        agency_ids: Sequence[str],
        event_types: Sequence[str],
        at: int,
    ) -> UnsealedAct:
        """Return ``EmitterRegistered``; the key counts from ``at`` on, microseconds UTC."""
        payload = {
            "emitterId": emitter_id,
            "vkey": vkey,
            "kind": kind,
            "agencyIds": list(agency_ids),
            "eventTypes": list(event_types),
            "validFrom": at,
        }
        return self._act("EmitterRegistered", f"emitter:{emitter_id}", payload, at, vkey)

    def emitter_key_rotated(
        self, emitter_id: str, vkey: str, old_vkey: str, at: int
    ) -> UnsealedAct:
        """Return ``EmitterKeyRotated``: from ``at`` on the new key counts, the old one not."""
        payload = {
            "emitterId": emitter_id,
            "vkey": vkey,
            "oldVkey": old_vkey,
            "validFrom": at,
        }
        return self._act("EmitterKeyRotated", f"emitter:{emitter_id}", payload, at, vkey)

    def emitter_key_revoked(self, emitter_id: str, vkey: str, reason: str, at: int) -> UnsealedAct:
        """Return ``EmitterKeyRevoked``: from ``at`` on nothing signed with the key is taken.

        Args:
            emitter_id: The emitter.
            vkey: Its key.
            reason: ROTATION, COMPROMISED or DECOMMISSIONED.
            at: Microseconds UTC.
        """
        payload = {"emitterId": emitter_id, "vkey": vkey, "reason": reason, "revokedAt": at}
        return self._act("EmitterKeyRevoked", f"emitter:{emitter_id}", payload, at, vkey)

    def transport_key_published(
        self, key_id: int, public_key: bytes, start: int, end: int
    ) -> UnsealedAct:
        """Return ``VaultTransportKeyPublished``: what emitters seal to from ``start`` on.

        Args:
            key_id: Never used before.
            public_key: X25519, 32 bytes.
            start: Microseconds UTC.
            end: Nobody seals to it from then on; microseconds UTC.
        """
        payload = {
            "keyId": key_id,
            "suite": SUITE_ID,
            "publicKey": public_key,
            "from": start,
            "to": end,
        }
        stream, what = "platform:transport", str(key_id)
        return self._act("VaultTransportKeyPublished", stream, payload, start, what)

    def stream_heads_anchored(self, log: str, heads: AnchoredHeads, at: int) -> UnsealedAct:
        """Return ``StreamHeadsAnchored`` of a log at a size: always the same act, so never two.

        Args:
            log: The log's short name.
            heads: What is anchored.
            at: When the newest entry below the size was received; microseconds UTC.
        """
        payload = {
            "origin": heads.origin,
            "treeSize": heads.tree_size,
            "root": heads.root,
            "count": heads.streams,
        }
        stream = f"{ANCHOR_STREAM_START}{log}"
        act = self._act(ANCHOR_TYPE, stream, payload, at, str(heads.tree_size))
        # A case log's simulated time may be ahead of the control log's.
        return act._replace(sim_time=at) if self._state.is_simulated else act

    def chain_verified(self, log: CheckedLog, result: str, at: int) -> UnsealedAct:
        """Return ``ChainVerified``: what a check of all entries of a log found.

        Args:
            log: What was checked.
            result: SOUND, INCOMPLETE or BROKEN.
            at: When; microseconds UTC.
        """
        payload = {
            "origin": log.origin,
            "treeSize": log.tree_size,
            "root": log.root,
            "result": result,
        }
        return self._anchored("ChainVerified", log.origin, payload, at, result)

    def breach_detected(self, origin: str, leaf_index: int, kind: str, at: int) -> UnsealedAct:
        """Return ``IntegrityBreachDetected`` of the first entry that is not as promised.

        Args:
            origin: Of its log.
            leaf_index: Of the entry.
            kind: What is wrong with it, in capitals.
            at: When that was found; microseconds UTC.
        """
        first_bad = {"origin": origin, "leafIndex": leaf_index}
        payload = {"firstBad": first_bad, "kind": kind}
        return self._anchored("IntegrityBreachDetected", origin, payload, at, str(leaf_index))

    def _anchored(
        self, event_type: str, origin: str, payload: Mapping[str, Any], at: int, what: str
    ) -> UnsealedAct:
        stream = f"{ANCHOR_STREAM_START}{origin.rpartition('/')[2]}"
        act = self._act(event_type, stream, payload, at, what)
        # A case log's simulated time may be ahead of the control log's.
        return act._replace(sim_time=at) if self._state.is_simulated else act

    def data_share_agreed(
        self,
        parties: Sequence[str],
        doc: Mapping[str, Any],
        valid_from: int,
        valid_to: int | None,
        at: int,
    ) -> UnsealedAct:
        """Return ``DataShareAgreementRegistered``: who shares data by which document, and when.

        Args:
            parties: Credit codes.
            doc: The agreement, a ``DocRef``.
            valid_from: Day.
            valid_to: Last day; None: until it ends.
            at: Microseconds UTC.
        """
        payload = {
            "parties": list(parties),
            "doc": dict(doc),
            "validFrom": valid_from,
            "validTo": valid_to,
        }
        stream = f"org:{self._ledger.operator}"
        return self._act("DataShareAgreementRegistered", stream, payload, at, doc["fileHash"])

    def exchange_recorded(
        self, batch: Mapping[str, Any], agreement: int | None, at: int
    ) -> UnsealedAct:
        """Return ``DataExchangeBatchRecorded``: what was handed over, and the digest of a receipt.

        Args:
            batch: ``counterparty``, ``direction``, ``count``, ``hash``, ``receipt``.
            agreement: Leaf index of the agreement in the control log, if there is one.
            at: Microseconds UTC.
        """
        origin = f"{self._ledger.name}/control"
        named = None if agreement is None else {"origin": origin, "leafIndex": agreement}
        stream = f"exchange:{batch['counterparty']}"
        payload = {"agreement": named, **batch}
        act = self._act("DataExchangeBatchRecorded", stream, payload, at, batch["hash"])
        # A case log's simulated time may be ahead of the control log's.
        return act._replace(sim_time=at) if self._state.is_simulated else act

    def analytics_report_produced(
        self, inputs: Sequence[tuple[str, str]], version: str, digest: str, at: int
    ) -> UnsealedAct:
        """Return ``AnalyticsReportProduced`` of a report (统计分析).

        Args:
            inputs: Factor and value of each thing it rests on.
            version: Of the method.
            digest: Of the report's bytes, ``sha256:`` and hex.
            at: When it was made; microseconds UTC.
        """
        payload = {
            "inputs": [{"factor": factor, "value": value} for factor, value in inputs],
            "version": version,
            "output": digest,
        }
        return self._act("AnalyticsReportProduced", "stat:correlation", payload, at, digest)

    def text_published(self, stream: str, text: LawText, at: int) -> UnsealedAct:
        """Return the act by which a text of the law is published; ``at`` in microseconds UTC."""
        digest = text_hash(text.text)
        payload = {
            "version": text.version,
            "text": text.text,
            "textHash": digest,
            "effectiveFrom": text.effective_from,
        }
        return self._act(text.event_type, stream, payload, at, digest)

    def simulation_ended(self, at: int) -> UnsealedAct:
        """Return ``SimulationEnded``: the system's clock counts from its entry on."""
        return self._act("SimulationEnded", "platform:simulation", {"at": at}, at, "")

    def _act(
        self, event_type: str, stream: str, payload: Mapping[str, Any], at: int, what: str
    ) -> UnsealedAct:
        schema = self._state.schemas[event_type, 1]
        act = Act(
            event_id=ledger_event_id(self._ledger.name, event_type, stream, at, what),
            event_type=event_type,
            schema_version=1,
            payload_schema=fingerprint(schema.text),
            stream_key=stream,
            aggregate_type=self._rows[event_type].aggregate,
            aggregate_id=stream,
            expected_version=None,
            agency_id=self._ledger.operator,
            delegate_id=None,
            emitter_id=self._ledger.platform_key.name,
            emitter_seq=None,
            actors=(),
            occurred_at=at,
            recorded_at=at,
            late_entry=None,
            correlation_id=None,
            causation_id=None,
            case_id=None,
            item_code=None,
            payload=self._state.codec(event_type, 1).encode(payload),
        )
        return UnsealedAct(stream, encode_act(act))

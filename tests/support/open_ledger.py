"""A running ledger that tests write to: acts of a case, or of the registers, in a few lines.

    case = ledger.case()
    case.add("StatementReceived", at=ago(3))
    decision = case.add("PenaltyDecisionMade", at=ago(1), doc={"docNo": "1"})
    case.send()

Payloads are JSON as in ``rule_examples``: dates and times are ISO texts, what is not given is the
least that the schema takes. Every case is new, so no test disturbs another.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ledger.chain.act import Act, Actor
from ledger.chain.commitments import Opening
from ledger.chain.ids import uuid7
from ledger.rules.rule_examples import micros, whole_payload
from schemas.loader import event_schemas
from tests.support.api import Reply, ask
from tests.support.inside import Inside
from tests.support.ledger_copy import digest
from tests.support.running import RunningLedger, wait_for
from tests.support.workshop import (
    AGENCY,
    OTHER_AGENCY,
    Office,
    Parcel,
    Workshop,
    codec_of,
    commitment_of,
    letters,
    now,
    opening_of,
)

WAIT_S: Final = 60
ALERTS: Final = "SupervisionAlertRaised.v1"
CHINA: Final = dt.timezone(dt.timedelta(hours=8))
LOGS: Final = 2
# Texts that stand where nothing was given, for the first pattern that takes one.
_FILLERS: Final = (digest("x"), AGENCY, "430100", "X", "1")


def ago(days: int, hour: int = 10, minute: int = 0) -> str:
    """Return a time of day so many days ago, ISO, +08:00."""
    today = dt.datetime.now(CHINA).replace(hour=hour, minute=minute, second=0, microsecond=0)
    return (today - dt.timedelta(days=days)).isoformat()


def day(days: int) -> str:
    """Return the date so many days ago."""
    return ago(days)[:10]


class OpenLedger:
    """A ledger with the default rule set, two agencies' systems and a supervisor's."""

    def __init__(self, ledger: RunningLedger) -> None:
        self.ledger = ledger
        self.shop = Workshop(ledger)
        self.inside = Inside(ledger)
        self.office = self.new_office("market", AGENCY)
        self.other = self.new_office("ecology", OTHER_AGENCY)
        self.supervisor = self.new_office("justice", AGENCY, "SUPERVISOR")
        for office, name in (
            (self.office, "长沙市市场监督管理局"),
            (self.other, "长沙市生态环境局"),
        ):
            agency = self.stream(f"agency:{office.agency}", office)
            agency.add("AgencyRegistered", uscc=office.agency, name=name, regionCode="430100")
            agency.send()

    def close(self) -> None:
        """Close all connections."""
        self.shop.close()
        self.inside.close()

    def new_office(self, word: str, agency: str, kind: str = "AGENCY") -> Office:
        """Register a system that may send every type for an agency."""
        office = self.shop.office(word, agency)
        self.shop.register(office, kind=kind)
        return office

    def case(self, office: Office | None = None) -> Story:
        """Return a new case of an agency's system."""
        return Story(self, office or self.office, f"case:{letters(20)}")

    def stream(self, stream: str, office: Office | None = None) -> Story:
        """Return a stream of the control log, such as an officer's."""
        return Story(self, office or self.office, stream)

    def command(self, role: str, kind: str, body: Mapping[str, Any]) -> Reply:
        """Give a command of the platform as a logged-in person."""
        return ask(self.ledger, f"/v1/commands/{kind}", "POST", dict(body), role=role)

    def get(self, path: str, role: str | None = "supervisor") -> Any:
        """Return the JSON document at a path."""
        reply = ask(self.ledger, path, role=role)
        assert reply.status == 200, (path, reply.status, reply.body)
        return reply.document


class Story:
    """One stream, and acts for it; ``send`` hands them in together, in their order."""

    def __init__(self, ledger: OpenLedger, office: Office, stream: str) -> None:
        self.ledger = ledger
        self.office = office
        self.id = stream
        self._parcels: list[Parcel] = []
        self._written_to, self._size = "", 0  # Log, and its size after the newest act.

    def add(
        self,
        event_type: str,
        *,
        at: str | None = None,
        aggregate: tuple[str, str] | None = None,
        actors: Sequence[tuple[str, str | None, str]] = (("officer:1", None, "HANDLER"),),
        office: Office | None = None,
        event_id: bytes | None = None,
        secrets: Mapping[str, Any] | None = None,
        **payload: Any,
    ) -> Act:
        """Make an act; return it.

        Args:
            event_type: Its type; the newest thing known of it is version 1.
            at: When it happened, ISO; None: now.
            aggregate: Type and id of the aggregate; None: the stream is it.
            actors: Officer, credential, role.
            office: Who sends it; None: the story's.
            event_id: Its id, where an act before it names it.
            secrets: Personal values by path, committed to and sealed beside the act; the other
                commitments of the act then open to a word. None: none is opened.
            payload: What differs from the least that the schema takes; ``at_`` is its ``at``.
        """
        sender, shop = office or self.office, self.ledger.shop
        when = now() if at is None else micros(at)
        identity = event_id or new_id()
        given = {name.rstrip("_"): value for name, value in payload.items()}
        body = fitting(event_type, whole_payload(event_type, given))
        openings = _openings(event_type, body, secrets)
        for opening in openings:
            _put(body, opening.path, commitment_of(identity, opening))
        kind, aggregate_id = aggregate or (_kind_of(self.id), self.id)
        act = shop.act(
            event_type,
            codec_of(event_type).encode(body),
            self.id,
            sender,
            event_id=identity,
            aggregate_type=kind,
            aggregate_id=aggregate_id,
            actors=tuple(Actor(*actor) for actor in actors),
            occurred_at=when,
        )
        self._parcels.append(self._parcel(act, sender, openings))
        return act

    def _parcel(self, act: Act, sender: Office, openings: Sequence[Opening]) -> Parcel:
        shop = self.ledger.shop
        return shop.sealed(act, sender, openings) if openings else shop.parcel(act, sender)

    def send(self) -> None:
        """Hand in by HTTP what was made, as one body; each act has to be committed."""
        parcels, self._parcels = self._parcels, []
        reply = self.ledger.shop.post_parcels(*parcels)
        outcomes = reply.document.get("outcomes", [reply.document])
        assert [one.get("outcome") for one in outcomes] == len(parcels) * ["committed"], reply
        self._size = max(int(one["index"]) for one in outcomes) + 1
        self._written_to = outcomes[0]["origin"].rpartition("/")[2]

    def send_refused(self) -> dict[str, Any]:
        """Hand in the one act that was made; return what the gate says that refuses it."""
        reply = self.ledger.shop.post_parcels(self._parcels.pop())
        assert (reply.status, reply.document["code"]) == (409, "GATE_REFUSED"), reply
        return dict(reply.document)

    def send_through_kafka(self) -> None:
        """Put what was made into the topic of acts, and wait until the ledger has it."""
        parcels, self._parcels = self._parcels, []
        size = len(self.entries())
        self.ledger.shop.produce(parcels)
        wait_for(lambda: len(self.entries()) >= size + len(parcels), WAIT_S, f"acts of {self.id}")

    # What became of it.

    def entries(self, event_type: str | None = None) -> list[dict[str, Any]]:
        """Return the entries of a case as the API gives them, of a type or all."""
        path = f"/v1/cases/{self.id}/entries?limit=2000"
        reply = ask(self.ledger.ledger, path, role="auditor")
        items = reply.document["items"] if reply.status == 200 else []
        return [one for one in items if event_type in (None, one["event_type"])]

    def entry(self, event_type: str) -> dict[str, Any]:
        """Wait for the only entry of a type in the API, and return it."""
        (found,) = wait_for(lambda: self.entries(event_type), WAIT_S, f"{event_type} of {self.id}")
        return dict(found)

    def alert(self, rule: str) -> dict[str, Any]:
        """Wait for the only alert of a rule that the supervisor sees of this case."""
        path = f"/v1/alerts?case={self.id}&rule={rule}"
        found = wait_for(lambda: self.ledger.get(path)["items"], WAIT_S, f"{rule} of {self.id}")
        (one,) = found
        return dict(one)

    def shown_in(self, path: str) -> Any:
        """Wait until the API has a document at a path; return it."""
        wait_for(lambda: ask(self.ledger.ledger, path).status == 200, WAIT_S, path)
        return self.ledger.get(path, None)

    def rules_broken(self) -> set[str]:
        """Return the rules of all alerts in the stream, once its newest act was judged.

        What the engine derives is committed before it counts an entry as judged.
        """
        wait_for(self._is_judged, WAIT_S, "the engine of the rules")
        log = str(self.ledger.shop.partition_of(self.id))  # Also of what is in the control log.
        found = self.ledger.inside.entries(log, ALERTS)
        return {payload["ruleId"] for entry, _, payload in found if entry.stream_id == self.id}

    def _is_judged(self) -> bool:
        query = "SELECT 1 FROM supervision.tracking WHERE log = %s AND size >= %s"
        given = (self._written_to, self._size)
        return self.ledger.inside.connection.execute(query, given).fetchone() is not None


def new_id() -> bytes:
    """Return a new event id, for acts that name one another."""
    return uuid7(now() // 1_000, letters(10).encode())


def fitting(event_type: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Put a text that the pattern takes where the least one is not."""
    filled = _fitting(json.loads(event_schemas()[event_type, 1]), payload, {}, None)
    assert isinstance(filled, dict)
    return filled


def _fitting(schema: Any, value: Any, named: dict[str, Any], pattern: str | None) -> Any:
    if isinstance(schema, list):
        options = [option for option in schema if option != "null"]
        return None if value is None else _fitting(options[0], value, named, pattern)
    if isinstance(schema, str) and schema in named:
        return _fitting(named[schema], value, named, pattern)
    if isinstance(schema, str):
        is_least = value == "x" and pattern is not None and not re.search(pattern, value)
        return next(it for it in _FILLERS if re.search(str(pattern), it)) if is_least else value
    if "name" in schema:
        named[schema["name"]] = schema
    if schema["type"] == "record":
        return {
            field["name"]: _fitting(
                field["type"], value[field["name"]], named, field.get("pattern")
            )
            for field in schema["fields"]
        }
    if schema["type"] == "array":
        return [_fitting(schema["items"], item, named, pattern) for item in value]
    return (
        value
        if schema["type"] in ("enum", "fixed")
        else _fitting(schema["type"], value, named, pattern)
    )


def _kind_of(stream: str) -> str:
    kinds = {"case": "Case", "officer": "Officer", "agency": "Agency"}
    prefix = stream.partition(":")[0]
    return kinds.get(prefix, prefix.capitalize())


def _openings(
    event_type: str, body: dict[str, Any], secrets: Mapping[str, Any] | None
) -> list[Opening]:
    """Return an opening for each commitment of an act, in the order of their paths."""
    if secrets is None:
        return []
    paths = [path for path, _ in codec_of(event_type).commitments(body)]
    return [opening_of(path, secrets.get(path, "略")) for path in paths]


def _put(payload: dict[str, Any], path: str, value: bytes) -> None:
    *parents, last = path.strip("/").split("/")
    held: Any = payload
    for name in parents:
        held = held[int(name) if isinstance(held, list) else name]
    held[last] = value


__all__ = ["OpenLedger", "Story", "ago", "day", "new_id"]

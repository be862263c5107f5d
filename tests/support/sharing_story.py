"""Published records that go to outside channels, and what the channels say, in a ``LedgerCopy``."""

from __future__ import annotations

from typing import Any

from consumers.platform.acts import ActWriter
from consumers.platform.push import MatterPushes
from ledger.domain.push import DuePush
from tests.support.correcting import correction
from tests.support.disclosure_story import Case, register_agencies
from tests.support.ledger_copy import PLATFORM, LedgerCopy, sample
from tests.support.platform import LOG, Platform, publish_rules

CREDIT, REGISTRY = "CREDIT", "COMPANY_REGISTRY"
BOTH = (CREDIT, REGISTRY)
BY_PLATFORM: dict[str, Any] = {"emitter_id": PLATFORM.name, "emitter_seq": None}


class DisclosedCase(Case):
    """A case whose disclosures are aggregates of their own, as the platform makes them."""

    def act(self, event_type: str, aggregate: str | None = None, **fields: Any) -> bytes:
        """Record an act of the case."""
        if event_type.startswith("Disclosure"):
            fields["envelope"] = {"aggregate_type": "Disclosure", **fields.get("envelope", {})}
        return super().act(event_type, aggregate, **fields)


class SharingStory:
    """A ledger with a platform that pushes; whoever tells it says what channels answer."""

    def __init__(self) -> None:
        self.ledger = LedgerCopy(1)
        register_agencies(self.ledger)
        publish_rules(self.ledger)
        self.platform = Platform(self.ledger)

    def published(self, number: int, **decision: Any) -> Case:
        """Return a case whose record was published."""
        case = DisclosedCase(self.ledger, number, LOG, **decision)
        case.filed()
        case.decided()
        case.published()
        return case

    def pushes(self, case: Case, targets: tuple[str, ...] = BOTH) -> MatterPushes:
        """Return what is due of a case."""
        matter = self.platform.commands.read(case.stream)
        return MatterPushes(matter, ActWriter(matter, bytes), targets)

    def assess(self, case: Case) -> None:
        """Judge whether the decision belongs on the channels."""
        self.platform.take(self.pushes(case).assessments(self.ledger.now))

    def due(self, case: Case, *, again: bool = False) -> list[DuePush]:
        """Return what is due of a case."""
        return list(self.pushes(case).due(again=again))

    def push(self, case: Case, answers: dict[str, str | None], *, again: bool = False) -> None:
        """Push what is due to these channels; None: the channel does not answer."""
        self.assess(case)
        for found in self.due(case, again=again):
            if found.push.target not in answers:
                continue
            pushes = self.pushes(case)
            if not found.is_recorded:
                self.platform.take([pushes.pushed(found.push, self.ledger.now)])
            status = answers[found.push.target]
            if status is not None:
                self.platform.take([pushes.acknowledged(found.push, status, self.ledger.now)])

    def annul(self, case: Case, event_id: bytes, **envelope: Any) -> None:
        """Have a supervisor confirm that an act was recorded by mistake."""
        payload = sample("EventAnnulled", targetEventId=event_id)
        self.ledger.add("EventAnnulled", payload, stream=case.stream, log=LOG, **envelope)

    def correct(self, case: Case, target: bytes, event_type: str, **said: Any) -> bytes:
        """Have the platform correct an act of its own; return the correction's id."""
        act = correction(target, event_type, **said)
        return self.ledger.add("EventCorrected", act, stream=case.stream, log=LOG, **BY_PLATFORM)

    def newest(self, case: Case, event_type: str) -> bytes:
        """Return the id of the newest act of a type in a case."""
        acts = self.platform.commands.read(case.stream).acts
        return [item for item in acts if item.event_type == event_type][-1].act.event_id


__all__ = ["BOTH", "BY_PLATFORM", "CREDIT", "REGISTRY", "SharingStory"]

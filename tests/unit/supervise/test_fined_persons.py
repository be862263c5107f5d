"""A natural person fined twice is found by the vault's index, on the day, the same by everybody."""

from __future__ import annotations

import pytest

from consumers.supervise.day_closing import close_all
from consumers.supervise.dry_run import dry_run
from consumers.supervise.judging import Judging
from ledger.chain.act import Act, decode_act
from ledger.errors import UnavailableError
from ledger.rules.day_close.rule import Person
from tests.support.day_closing import (
    MemoryDayTracking,
    MemoryPersons,
    day_engine,
    memory_closer,
)
from tests.support.fined_persons import (
    DECISION,
    RULE,
    WARNING,
    a_ledger,
    decide,
    decision,
    end_day,
    publish_alert,
)
from tests.support.ledger_copy import (
    FINGERPRINTS,
    PLATFORM,
    LedgerCopy,
    MemorySource,
    codec_of,
    sample,
)
from tests.support.supervision import (
    ALERT,
    MemorySender,
    MemoryTracking,
    alerts_in,
    enforce,
    memory_matters,
)


def ann(*numbers: int) -> MemoryPersons:
    """Return an index in which the parties of these matters are one person."""
    persons = MemoryPersons()
    persons.know("IDCARD", "ann", *(Person("0", f"case:{it}", f"p-{it}") for it in numbers))
    return persons


def found(ledger: LedgerCopy, persons: MemoryPersons) -> list[tuple[str, bytes, int]]:
    """Return stream, trigger and schema version of what follows."""
    source = MemorySource(ledger.logs)
    closer = memory_closer(source, same_persons=persons.same_persons)
    acts = [decode_act(it.act.value) for it, _ in close_all(closer, source.sizes(), bool)]
    return [(it.stream_key, it.causation_id, it.schema_version) for it in acts]


def alerts_sent(sender: MemorySender) -> list[Act]:
    acts = [decode_act(value) for value in sender.values.values()]
    return [act for act in acts if act.event_type == ALERT]


def test_while_the_vault_is_away_the_day_stays_open():
    """What streams show is sent; once the vault is back the same day is closed with its alert."""
    ledger, persons = a_ledger(), ann(1, 2)
    enforced = enforce(ledger, "case:9")
    decide(ledger, 1)
    second = decide(ledger, 2)
    end_day(ledger)
    persons.is_away = True
    sender, kept = MemorySender(ledger), MemoryDayTracking()
    both = [
        day_engine(MemorySource(ledger.logs), sender, MemoryTracking(), kept, persons.same_persons)
        for _ in range(2)
    ]
    for engine in both:
        with pytest.raises(UnavailableError):
            engine.supervise_batch()
    (first,) = alerts_sent(sender)
    assert (kept.kept.day, first.causation_id) == (None, enforced)

    persons.is_away = False
    for engine in both:
        engine.supervise_batch()
    _, alert = alerts_sent(sender)
    assert (alert.stream_key, alert.causation_id) == ("case:2", second)
    assert kept.kept.day is not None


def test_a_dry_run_asks_the_vault_too():
    ledger, persons = a_ledger(), ann(1, 2)
    decide(ledger, 1)
    decide(ledger, 2)
    end_day(ledger)
    kept, tracking = MemoryDayTracking(), MemoryTracking()
    source = MemorySource(ledger.logs)
    day_engine(source, MemorySender(ledger), tracking, kept, persons.same_persons).supervise_batch()
    assert len(alerts_in(ledger.logs)) == 1

    def compared(index: MemoryPersons):
        closer = memory_closer(source, same_persons=index.same_persons)
        judging = Judging(memory_matters(source), PLATFORM.name)
        of_days = close_all(closer, source.sizes(), lambda day: day <= kept.kept.day)
        return dry_run(source, judging, {RULE}, source.sizes(), of_days=of_days).alerts

    whole, bare = compared(persons), compared(MemoryPersons())
    assert (whole.derived, whole.missing, whole.different, whole.surplus) == (1, [], [], [])
    assert len(bare.surplus) == 1  # Rows of the index that were taken away show.


def test_a_correction_into_a_fine_is_the_trigger_and_a_warning_is_none():
    """The vault is asked on the days of a decision only, and a decision is told once."""
    ledger, persons = a_ledger(), ann(1, 2)
    decide(ledger, 1)
    warned = decide(ledger, 2, WARNING)
    end_day(ledger)
    assert found(ledger, persons) == []

    payload = sample(
        "EventCorrected",
        targetEventId=warned,
        payloadSchema=FINGERPRINTS[DECISION, 1],
        payload=codec_of(DECISION).encode(decision(2)),
    )
    wrong = ledger.add(
        "EventCorrected", payload, stream="case:2", log="0", emitter_seq=None, opened=1
    )
    end_day(ledger)
    ledger.add("EventCorrected", payload, stream="case:2", log="0", emitter_seq=None, opened=1)
    end_day(ledger)
    end_day(ledger)
    persons.asked.clear()
    assert found(ledger, persons) == [("case:2", wrong, 2)]
    assert len(persons.asked) == 4


def test_an_annulled_fine_and_one_of_a_stranger_count_for_nothing():
    ledger = a_ledger()
    first = decide(ledger, 1)
    decide(ledger, 2)
    note = sample("EventAnnulled", targetEventId=first)
    ledger.add("EventAnnulled", note, stream="case:1", log="0", emitter_seq=None)
    payload = decision(9)
    strange = {"agency_id": "11430100FCT000030F", "emitter_id": "agy.strange"}
    ledger.add(DECISION, payload, stream="case:2", log="0", emitter_seq=None, opened=2, **strange)
    end_day(ledger)

    assert found(ledger, ann(1, 2, 9)) == []


def test_persons_are_compared_from_when_alerts_can_say_so():
    """A ledger older than version 2 gets no alert for what came before it, whoever asks when."""
    ledger, persons = a_ledger(by_index=False), ann(1, 2, 3, 4)
    decide(ledger, 1)
    decide(ledger, 2)
    end_day(ledger)
    publish_alert(ledger, 2)
    decide(ledger, 3)
    end_day(ledger)
    assert found(ledger, persons) == []

    fourth = decide(ledger, 4)
    end_day(ledger)
    assert found(ledger, persons) == [("case:4", fourth, 2)]

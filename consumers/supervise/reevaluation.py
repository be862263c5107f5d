"""Judge a whole history by one rule set, and compare that with the alerts that it has.

Read before: ``dry_run``, ``control_history``. Read next: ``portal/programs/alerts.py``.

Each alert arose under the rule set that was in force at its trigger, and stays. What another
version would have said of the same acts is only told: nothing is sent, nothing is kept. An alert's
id does not depend on the rule set, so the same finding has the same id under both.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final, NamedTuple

from consumers.supervise.control_history import ControlHistory
from consumers.supervise.derived import ALERT_RAISED, raised_alert
from consumers.supervise.dry_run import PAGE_ENTRIES, read_all
from consumers.supervise.judging import Judging
from ledger.chain.act import EVENT_ID, decode_act
from ledger.domain.control import ControlState
from ledger.domain.control_records import RuleSet
from ledger.domain.projection import CONTROL_LOG, EntrySource, act_type
from ledger.rules.day_close.late_credentials import LOSSES
from ledger.rules.violations.engine import Alert

_ALWAYS: Final = -(1 << 31)  # A day before all others.


class OneRuleSetHistory(ControlHistory):
    """The control log at any size as it would be if one rule set had always been in force.

    Args:
        history: The control log as it was.
        rules: The rule set, of whatever day.
    """

    def __init__(self, history: ControlHistory, rules: RuleSet) -> None:
        self.__dict__.update(history.__dict__)
        self._always = (rules._replace(effective_from=_ALWAYS),)

    def at(self, size: int) -> ControlState:
        """Return the state that the first ``size`` entries make. Raises as the history does."""
        state = super().at(size).copy()
        state.rule_sets = self._always
        return state


class Told(NamedTuple):
    """One alert."""

    alert_id: str
    rule_id: str
    stream_id: str
    severity: str
    rule_set_version: str


class Reevaluation(NamedTuple):
    """What one rule set says of a history, beside what it has; each ascending by alert id.

    Attributes:
        entries: How many entries were judged.
        same: How many alerts both have.
        added: Those that only this rule set raises.
        dropped: Those that are there and that it does not raise.
        changed: Those that both have, with the severity that they would have.
        others: How many alerts are of rules that were not judged here.
    """

    entries: int
    same: int
    added: list[Told]
    dropped: list[Told]
    changed: list[tuple[Told, str]]
    others: int


def reevaluate(
    source: EntrySource,
    judging: Judging,
    rule_ids: Collection[str],
    observe: Callable[[int], None] = lambda _: None,
) -> Reevaluation:
    """Judge a ledger from its first entry on, and compare.

    Args:
        source: Where promised entries are read.
        judging: With nothing in memory yet, by an ``OneRuleSetHistory``.
        rule_ids: The rules that it judges.
        observe: Is told how many entries were judged so far.

    Raises:
        LedgerError: As ``Judging.derive`` and ``EntrySource.read``.
    """
    found: dict[str, Told] = {}
    there: dict[str, Told] = {}
    learnt_late: set[bytes] = set()  # What follows from these was found at the end of a day.
    count = others = 0
    for log, entry in read_all(source):
        for one in judging.derive(log, entry):
            if isinstance(one.found, Alert):
                found[one.id] = _told(one.found)
        event_type = act_type(entry.act)[0]
        if log == CONTROL_LOG and event_type in LOSSES:
            learnt_late.add(entry.act[EVENT_ID])
        if event_type == ALERT_RAISED:
            act = decode_act(entry.act)
            raised = raised_alert(act)
            known = raised.rule_id in rule_ids and act.causation_id not in learnt_late
            others += not known
            if known:
                there[raised.alert_id] = Told(
                    raised.alert_id,
                    raised.rule_id,
                    entry.stream_id,
                    raised.severity,
                    raised.rule_set_version,
                )
        count += 1
        if count % PAGE_ENTRIES == 0:
            observe(count)
    return _compared(count, found, there, others)


def _told(alert: Alert) -> Told:
    stream_id = alert.trigger.entry.stream_id
    severity, version = alert.severity, alert.rule_set_version
    return Told(alert.alert_id, alert.rule_id, stream_id, severity, version)


def _compared(
    entries: int, found: dict[str, Told], there: dict[str, Told], others: int
) -> Reevaluation:
    both = sorted(found.keys() & there.keys())
    return Reevaluation(
        entries=entries,
        same=len(both),
        added=[found[it] for it in sorted(found.keys() - there.keys())],
        dropped=[there[it] for it in sorted(there.keys() - found.keys())],
        changed=[
            (there[it], found[it].severity)
            for it in both
            if found[it].severity != there[it].severity
        ],
        others=others,
    )

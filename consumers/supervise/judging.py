"""Judge promised entries one after the other, and say which acts follow from them.

Read before: ``derived``, ``matters``, ``agenda``. Read next: ``engine``.

Pure but for what it reads: the same entries give the same acts, in whatever batches they come and
whatever was in memory before. Each entry moves its log's time on, whatever stream it belongs to, so
deadlines pass with it in other streams too.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple, Protocol

from consumers.emitter.submission import UnsealedAct
from consumers.supervise.agenda import Agenda
from consumers.supervise.derived import alert_act, duty_act, expiry_act, lapse_act, missed_act
from consumers.supervise.matters import Shown
from ledger.chain.act import EVENT_ID
from ledger.chain.entry import Entry
from ledger.chain.ids import uuid_text
from ledger.chain.own_acts import is_own_stream
from ledger.domain.control import ControlState
from ledger.rules.day_close.closing import DayAlert
from ledger.rules.deadline_instance import Deadline
from ledger.rules.deadline_terms import changed_from
from ledger.rules.disclosure_duties import Duty
from ledger.rules.review_lapses import Lapse
from ledger.rules.violations.engine import Alert


class History(Protocol):
    """The control log as it stood at any size."""

    def at(self, size: int, /) -> ControlState:
        """Return the state that the first ``size`` entries make."""
        ...


class Matters(Protocol):
    """Something that takes entries into their matters; entries of a log come in its order."""

    @property
    def control(self) -> History:
        """The control log."""
        ...

    def take_in(self, log: str, entry: Entry, /) -> Shown:
        """Return what an entry shows of its own matter."""
        ...

    def pass_time(self, log: str, stream_id: str, entry: Entry, /) -> Shown:
        """Return what an entry shows of another matter of its log, of which it is no part."""
        ...

    def forget(self, log: str, /) -> None:
        """Drop what is in memory of a log."""
        ...


class Expiry(NamedTuple):
    """The end of a disclosure on its last day."""

    deadline: Deadline


class Derived(NamedTuple):
    """What was found and the act that says so."""

    found: Alert | DayAlert | Deadline | Lapse | Expiry | Duty
    act: UnsealedAct

    @property
    def is_alert(self) -> bool:
        """Whether it is an alert; else it tells what an act did, or a day."""
        return not isinstance(self.found, Deadline | Lapse | Expiry | Duty)

    @property
    def id(self) -> str:
        """The alert's or the deadline's id, 64 hex digits; of others their act's, with hyphens."""
        found = self.found
        if isinstance(found, Lapse | Expiry | Duty):
            return uuid_text(self.act.value[EVENT_ID])
        return found.instance_id if isinstance(found, Deadline) else found.alert_id


class Judging:
    """Turns entries into derived acts.

    Args:
        matters: Takes entries into their matters.
        emitter_id: Name of the platform's key.
    """

    def __init__(self, matters: Matters, emitter_id: str) -> None:
        self._matters = matters
        self._emitter_id = emitter_id
        self._agendas: dict[str, Agenda] = {}
        self._last: dict[str, Entry] = {}

    def go_on(self, log: str, before: Entry | None, agenda: Agenda) -> None:
        """Go on with a log from elsewhere than after the entry that was judged last.

        Args:
            log: The log.
            before: The entry before those to come; None if they begin with entry 0.
            agenda: Says when to look at which stream, of all those that the entries to come can
                concern.
        """
        last = self._last.get(log)
        if (-1 if before is None else before.leaf_index) != (
            -1 if last is None else last.leaf_index
        ):
            self._matters.forget(log)
        self._agendas[log] = agenda
        if before is None:
            self._last.pop(log, None)
        else:
            self._last[log] = before

    def changed_from(self, entries: Iterable[Entry]) -> int | None:
        """Return from when on calendars differ that consecutive entries are judged by, or None."""
        states = [self._matters.control.at(entry.control_size) for entry in entries]
        found = [
            changed_from(before.calendar, after.calendar) for before, after in pairwise(states)
        ]
        return min((at for at in found if at is not None), default=None)

    def derive(self, log: str, entry: Entry) -> list[Derived]:
        """Return what follows from the next entry of a log. Raises as ``KnownMatters.take_in``."""
        agenda = self._agendas.get(log)
        if agenda is None:
            agenda = self._agendas[log] = Agenda()
        self._recount(log, entry, agenda)
        derived = []
        for stream_id in agenda.due(entry.received_at):
            if stream_id != entry.stream_id:
                shown = self._matters.pass_time(log, stream_id, entry)
                derived += self._acts(agenda, stream_id, shown)
        self._last[log] = entry
        if not is_own_stream(entry.stream_id):  # Nobody may write there, and no rule concerns it.
            shown = self._matters.take_in(log, entry)
            derived += self._acts(agenda, entry.stream_id, shown)
        return derived

    def _recount(self, log: str, entry: Entry, agenda: Agenda) -> None:
        """Have streams looked at whose deadlines another calendar may move."""
        last = self._last.get(log)
        if last is not None and last.control_size != entry.control_size:
            at = self.changed_from((last, entry))
            if at is not None:
                agenda.lower(at)

    def _acts(self, agenda: Agenda, stream_id: str, shown: Shown) -> list[Derived]:
        agenda.put(stream_id, shown.next_at)
        acts = [self._of_deadline(it) for it in shown.missed]
        acts += [Derived(it, alert_act(it, self._emitter_id)) for it in shown.alerts]
        acts += [Derived(it, lapse_act(it, self._emitter_id)) for it in shown.lapses]
        return acts + [Derived(it, duty_act(it, self._emitter_id)) for it in shown.duties]

    def _of_deadline(self, deadline: Deadline) -> Derived:
        if deadline.is_ended:
            return Derived(Expiry(deadline), expiry_act(deadline, self._emitter_id))
        return Derived(deadline, missed_act(deadline, self._emitter_id))

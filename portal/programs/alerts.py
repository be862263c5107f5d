"""Alerts and rules as a person on the command line sees them.

Read before: ``portal/cli/alert.py``, ``portal/cli/rule.py``. Read next:
``consumers/supervise/dry_run.py``.

Lists come from the supervision view; what an alert rests on, and what its rule says, is read from
the ledger itself and held against the promise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from consumers.entry_source import DatabaseEntrySource
from consumers.platform.matter import ledger_of
from consumers.supervise.control_history import ControlHistory
from consumers.supervise.day_closing import close_all
from consumers.supervise.day_tracking import PostgresDayTracking
from consumers.supervise.dry_run import DryRun, dry_run
from consumers.supervise.judging import Judging
from consumers.supervise.reevaluation import OneRuleSetHistory, Reevaluation, reevaluate
from consumers.supervise.tracking import PostgresTracking
from ledger.chain.ids import uuid_bytes, uuid_text
from ledger.domain.control import ControlState
from ledger.domain.control_records import SEVERITIES, RuleSet, RuleWords
from ledger.domain.stream import StreamAct, read_stream
from ledger.errors import MalformedError
from ledger.rules.day_close.book import DAY_RULES_BY_ID
from ledger.rules.violations.book import BOOK
from ledger.store.log_tables import CONTROL
from ledger.store.person_index import PersonIndex
from portal.accountability import accountability, accountability_document
from portal.alerts import alert_document, causes_of
from portal.cli.times import iso_time
from portal.programs.owner import owner_url
from portal.programs.project import connect
from portal.programs.proofs import promised_trees
from portal.programs.streams import entries_in, log_of_stream, open_ledger, require_stream
from portal.programs.supervise import day_closer, open_matters
from projections.reading import PAGE_ROWS_MAX, Cursor
from projections.supervision.postgres import PostgresSupervisionReader
from projections.supervision.view import MARKS, STATES, AlertQuery, AlertRow
from schemas.catalogue import load_catalogue

ROLE = "audit"


def list_alerts(data: Path, query: AlertQuery, limit: int) -> tuple[list[dict[str, Any]], bool]:
    """Return at most ``limit`` alerts, the newest first, and whether there are more.

    Raises:
        MalformedError: There is no such severity, state, mark or rule.
        RejectedError: There is no such stream.
        UnavailableError: The database is away.
    """
    for word, known in _closed_words(query):
        if word is not None and word not in known:
            raise MalformedError(f"{word!r} is none of {', '.join(known)}")
    rows: list[AlertRow] = []
    after: Cursor | None = None
    with connect(owner_url(data, ROLE)) as connection:
        reader = PostgresSupervisionReader(connection)
        while len(rows) < limit:
            page = reader.alerts(query, min(PAGE_ROWS_MAX, limit - len(rows)), after)
            rows += page.rows
            after = page.next_cursor
            if after is None:
                break
    if not rows:
        _require_known(data, query)
    return [alert_document(row) for row in rows], after is not None


def _require_known(data: Path, query: AlertQuery) -> None:
    """Check that nothing was found of something that there is: a slip is not good news."""
    rule_id = query.rule_id
    if rule_id is not None and rule_id not in BOOK.rules.keys() | DAY_RULES_BY_ID.keys():
        raise MalformedError(f"there is no violation rule {rule_id}", code="NOT_FOUND")
    if query.stream_id is not None:
        require_stream(data, query.stream_id)


def _closed_words(query: AlertQuery) -> list[tuple[str | None, tuple[str, ...]]]:
    return [(query.severity, SEVERITIES), (query.state, STATES), (query.mark, MARKS)]


def read_alert(data: Path, alert_id: str) -> AlertRow:
    """Return one alert.

    Raises:
        MalformedError: There is none with this id.
        UnavailableError: The database is away.
    """
    with connect(owner_url(data, ROLE)) as connection:
        row = PostgresSupervisionReader(connection).alert(alert_id)
    if row is None:
        raise MalformedError(f"there is no alert {alert_id}", code="NOT_FOUND")
    return row


def show_alert(data: Path, alert_id: str) -> dict[str, Any]:
    """Return an alert, who answers for what it is about, and what was decided. Raises as below."""
    with connect(owner_url(data, ROLE)) as connection:
        reader = PostgresSupervisionReader(connection)
        row, decisions = reader.alert(alert_id), reader.accountability(alert_id)
    if row is None:
        raise MalformedError(f"there is no alert {alert_id}", code="NOT_FOUND")
    with open_ledger(data) as ledger:
        logs = (log_of_stream(data, row.stream_id), CONTROL)
        entries = {log: entries_in(ledger, log, row.stream_id) for log in logs}
        found = accountability(entries, ledger.state, row, decisions)
    return {**alert_document(row), **accountability_document(found)}


def explain_alert(data: Path, alert_id: str) -> dict[str, Any]:
    """Return an alert with what its rule says and the acts that show it, proven.

    Raises:
        MalformedError: There is no such alert.
        UnavailableError: Database or tile store is away.
        VerificationError: An entry is not what was promised.
    """
    row = read_alert(data, alert_id)
    with open_ledger(data) as ledger:
        words = _words(ledger.state, row)
        # An alert lies in the case log, also where what it is about lies in the control log.
        acts = {
            one.act.event_id: one
            for log in (log_of_stream(data, row.stream_id), CONTROL)
            for one in read_stream(entries_in(ledger, log, row.stream_id), ledger.state)
        }
        agency = ledger.state.agencies.get(row.agency_id)
    terms = {one.type: one.cn for one in load_catalogue().rows.values()}
    return {
        **alert_document(row),
        "rule": None if words is None else words._asdict(),
        "agency_name": None if agency is None else agency.name,
        "discovered_late": row.discovered_by is not None,
        "acts": [_cause(cause, acts, terms) for cause in causes_of(row)],
    }


def _words(state: ControlState, row: AlertRow) -> RuleWords | None:
    """Return what the rule set that an alert names says of its rule."""
    named = [rules for rules in state.rule_sets if rules.version == row.rule_set_version]
    return named[-1].violations.get(row.rule_id) if named else None


def _cause(cause: str, acts: dict[bytes, StreamAct], terms: dict[str, str]) -> dict[str, Any]:
    item = acts.get(uuid_bytes(cause))
    if item is None:  # Of another stream: it is named and not read.
        return {"event_id": cause}
    return {
        "event_id": uuid_text(item.act.event_id),
        "event_type": item.event_type,
        "term": terms.get(item.event_type, item.event_type),
        "version": item.entry.stream_version,
        "leaf_index": str(item.entry.leaf_index),
        "occurred_at": iso_time(item.act.occurred_at),
        "received_at": iso_time(item.entry.received_at),
        "emitter_id": item.act.emitter_id,
    }


def run_dry(data: Path, observe: Callable[[int], None]) -> DryRun:
    """Judge the whole ledger again from nothing, and compare the alerts.

    Raises:
        UnavailableError: Database or tile store is away.
        VerificationError: An entry is not what was promised.
    """
    url = owner_url(data, ROLE)
    trees = promised_trees(data)
    with (
        connect(url) as connection,
        connect(url) as asking,
        open_matters(data, url, trees) as matters,
    ):
        # Before the sizes: what is done now is in the part of the ledger that is read.
        done = PostgresTracking(connection).sizes()
        closed = PostgresDayTracking(connection).closed().day
        source = DatabaseEntrySource(connection, {**trees})
        platform = ledger_of(matters.control.newest()).platform_key
        judging = Judging(matters, platform.name)
        closer = day_closer(source, matters, platform.name, PersonIndex(asking))
        days = close_all(closer, source.sizes(), lambda day: closed is not None and day <= closed)
        rule_ids = BOOK.rules.keys() | DAY_RULES_BY_ID.keys()
        return dry_run(source, judging, rule_ids, done, observe, days)


def reevaluate_by(data: Path, version: str, observe: Callable[[int], None]) -> Reevaluation:
    """Judge the whole ledger by one published rule set, and compare. Raises as ``run_dry``.

    Raises:
        MalformedError: No rule set of this version is published.
    """
    url, trees = owner_url(data, ROLE), promised_trees(data)

    def always(history: ControlHistory) -> ControlHistory:
        named = [one for one in history.newest().rule_sets if one.version == version]
        if not named:
            raise MalformedError(f"no rule set {version} is published", code="NOT_FOUND")
        return OneRuleSetHistory(history, named[-1])

    with connect(url) as connection, open_matters(data, url, trees, always) as matters:
        source = DatabaseEntrySource(connection, {**trees})
        platform = ledger_of(matters.control.newest()).platform_key
        judging = Judging(matters, platform.name)
        return reevaluate(source, judging, BOOK.rules.keys(), observe)


def list_rules(data: Path) -> dict[str, Any]:
    """Return the rules of the rule set in force, by id. Raises as ``explain_alert``."""
    with open_ledger(data) as ledger:
        rules = ledger.state.rule_set
    found = [] if rules is None else sorted(rules.violations.items())
    return {
        "rule_set_version": None if rules is None else rules.version,
        "rules": [_rule(rule_id, words) for rule_id, words in found],
    }


def read_rule(data: Path, rule_id: str) -> dict[str, Any]:
    """Return what the rule set in force says of one rule, and earlier ones said.

    Raises:
        MalformedError: No published rule set has it.
        UnavailableError: Database or tile store is away.
    """
    with open_ledger(data) as ledger:
        current, published = ledger.state.rule_set, ledger.state.rule_sets
    history = [_version(rules, rule_id) for rules in published if rule_id in rules.violations]
    if not history:
        raise MalformedError(f"no published rule set has a rule {rule_id}", code="NOT_FOUND")
    words = None if current is None else current.violations.get(rule_id)
    newest = words or _newest(published, rule_id)
    return {**_rule(rule_id, newest), "in_force": words is not None, "versions": history}


def _newest(published: Sequence[RuleSet], rule_id: str) -> RuleWords:
    having = (rules for rules in reversed(published) if rule_id in rules.violations)
    words: RuleWords = next(having).violations[rule_id]
    return words


def _rule(rule_id: str, words: RuleWords) -> dict[str, Any]:
    rule = BOOK.rules.get(rule_id)
    day_rule = DAY_RULES_BY_ID.get(rule_id)
    looked_at = [] if rule is None else sorted(rule.event_types)
    if day_rule is not None:
        looked_at = sorted({*looked_at, *(day_rule.event_types or ())})
    return {"rule_id": rule_id, **words._asdict(), "event_types": looked_at}


def _version(rules: RuleSet, rule_id: str) -> dict[str, Any]:
    return {"rule_set_version": rules.version, "severity": rules.violations[rule_id].severity}

"""Rules of what a decision says: age of the party, contents, reasons, benchmark, forms.

Read before: ``hearing``. Read next: ``summary_procedure``. Statutes: 行政处罚法 arts. 30, 34, 44,
59. Whether a value was given is all that is looked at where values are commitments.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ledger.domain.control_records import day_of
from ledger.domain.law_lists import in_force
from ledger.rules.violations.chronicle import ALL_TYPES, between, concerned, found, when
from ledger.rules.violations.law import listed, ordered
from ledger.rules.violations.major import item_code
from ledger.rules.violations.penalties import FINES, amount, kinds
from ledger.rules.violations.procedure import DECISION
from ledger.rules.violations.rule import BOOK, Finding, Sight

ON_SITE: Final = "OnSitePenaltyDecided"
_MONEY: Final = frozenset({"FINE", "CONFISCATE_GAINS"})


@BOOK.rule("V-PROC-16", DECISION, ON_SITE)
def minor_punished(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 30: nobody under 14 is punished; from 14 to 17 less than others."""
    age_band = sight.item.payload["party"]["ageBand"]
    if age_band == "UNDER_14":
        yield found(sight, sight.item, severity="CRITICAL")
    elif age_band == "FROM_14_TO_17" and not _is_mitigated(sight):
        yield found(sight, sight.item, severity="HIGH")


def _is_mitigated(sight: Sight) -> bool:
    payload = sight.item.payload
    prefixes = ordered(sight.rules, "favourable_fact_prefixes")
    articles = listed(sight.rules, "mitigation_basis")
    return any(fact.startswith(prefixes) for fact in payload["factIds"]) or any(
        f"{it['law']}:{it['article']}" in articles for it in payload["basis"]
    )


@BOOK.rule("V-PROC-18", DECISION)
def contents_incomplete(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 59: six contents and the seal; facts and evidence the schema holds."""
    payload = sight.item.payload
    party, remedy = payload["party"], payload["remedy"]
    is_complete = (
        payload["doc"]["sealed"]
        and (party["name"] or party["nameCommitment"])
        and payload["penalties"]
        and payload["basis"]
        and (payload["payment"] or not kinds(payload["penalties"]) & _MONEY)
        and remedy["reconsiderationBody"].strip()
        and remedy["court"].strip()
        and min(remedy["reconsiderationDays"], remedy["litigationMonths"]) > 0
    )
    if not is_complete:
        yield found(sight, sight.item)


@BOOK.rule("V-PROC-19", DECISION, ON_SITE, "StatementReceived")
def reasons_incomplete(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 44, 说明理由制度: the decision answers what the party brought forward."""
    for decision in concerned(sight, DECISION, ON_SITE):
        statements = between(sight, "StatementReceived", 0, when(decision))
        if statements and decision.payload["reasons"]["responseToStatement"] is None:
            yield found(sight, decision, statements[0])


@BOOK.rule("V-PROC-22", DECISION, ON_SITE)
def outside_benchmark(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 34: a fine outside every grade of the benchmark rests on a named ground.

    The text of the reasons is a commitment, so the ground is a fact that is named as mitigating or
    aggravating.
    """
    item = sight.item
    fine, day = amount(item.payload["penalties"], FINES), day_of(when(item))
    held = sight.control.benchmarks.get((item.act.agency_id, item_code(sight, item) or ""), ())
    benchmark = in_force(held, day)
    grounds = ordered(sight.rules, "departure_fact_prefixes")
    if not fine or benchmark is None or any(low <= fine <= top for low, top in benchmark.grades):
        return
    if not any(fact.startswith(grounds) for fact in item.payload["factIds"]):
        yield found(sight, item)


@BOOK.rule("V-PROC-25", *ALL_TYPES)
def form_not_in_force(sight: Sight) -> Iterator[Finding]:
    """任务分解表 6.2: a document has a form that is in force on its date."""
    if not all(_has_form(sight, it) for it in _documents(sight.item.payload)):
        yield found(sight, sight.item)


def _documents(payload: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the documents of an act that name their form."""
    for value in payload.values():
        if isinstance(value, Mapping) and value.get("templateId") is not None:
            yield value


def _has_form(sight: Sight, document: Mapping[str, Any]) -> bool:
    day = document["docDate"]
    return any(
        it.is_in_force(day) for it in sight.control.templates.get(document["templateId"], ())
    )

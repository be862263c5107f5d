"""A decision beside the advice it was given: advised range, chosen amount and reason together.

Read before: ``advice``. Read next: ``portal/console/discretion.py``.

The advice that counts is the last one that was recorded in the matter before the decision. Where
none was recorded, the page says so and shows the benchmark in force on the day of the decision.
"""

from __future__ import annotations

from typing import Any, Final

from portal.discretion.advice import (
    Advised,
    Question,
    advice_document,
    advise,
    date_text,
    fen_text,
)
from portal.discretion.similar import Asked
from portal.pages import rfc3339, yuan
from projections.discretion.view import (
    AdviceRow,
    Decided,
    DecisionQuery,
    DiscretionReader,
    Moment,
    grades_of,
)

DECISIONS_OF_CASE_MAX: Final = 20
ADVICES_OF_CASE_MAX: Final = 20


def decision_document(reader: DiscretionReader, decided: Decided, moment: Moment) -> dict[str, Any]:
    """Return a decision with what was advised, what was chosen, why, and the decisions like it."""
    row, advice = decided.row, decided.advice
    asked = Asked(
        row.agency_id,
        row.occurred_day,
        None if advice is None else advice.circumstance,
        row.party_type,
        frozenset(row.grounds.split()),
        row.procedure,
        row.stream_id,
    )
    # What is compared with had happened before the decision; what is known of it is the reader's.
    before = moment._replace(at=min(moment.at, row.occurred_at))
    advised = advise(reader, Question(row.item_code or "", asked), before)
    return {
        **decision_summary(decided),
        "advice": None if advice is None else advice_given(advice),
        "is_outside": is_outside(advised, row.fine_fen),
        "compared": advice_document(advised),
        "stated": stated(decided, advised),
    }


def case_documents(reader: DiscretionReader, case_id: str, moment: Moment) -> dict[str, Any]:
    """Return the decisions of a case beside their advice, and all advice given in it."""
    query = DecisionQuery(stream_id=case_id)
    decisions = reader.decisions(query, moment, DECISIONS_OF_CASE_MAX)
    advices = reader.advices(case_id, moment, ADVICES_OF_CASE_MAX)
    return {
        "case_id": case_id,
        "decisions": [decision_document(reader, one, moment) for one in decisions],
        "advices": [advice_given(one) for one in advices],
    }


def decision_summary(decided: Decided) -> dict[str, Any]:
    """Return a decision's line as JSON."""
    row = decided.row
    return {
        "event_id": row.event_id,
        "case_id": row.stream_id,
        "doc_no": row.doc_no,
        "agency_id": row.agency_id,
        "item_code": row.item_code,
        "date": date_text(row.occurred_day),
        "party_type": row.party_type,
        "organisation": row.party_name,
        "uscc": row.uscc,
        "fine_fen": fen_text(row.fine_fen),
        "fine_text": yuan(row.fine_fen),
        "procedure": row.procedure,
        "grounds": row.grounds.split(),
        "officers": row.officers.split(),
        "is_revoked": decided.is_revoked,
    }


def advice_given(row: AdviceRow) -> dict[str, Any]:
    """Return advice as it was recorded, with the officer's choice and reason."""
    has_range = row.least_fen is not None and row.most_fen is not None
    return {
        "event_id": row.event_id,
        "case_id": row.stream_id,
        "officer_id": row.officer_id,
        "item_code": row.item_code,
        "circumstance": row.circumstance,
        "benchmark_event_id": row.benchmark_event_id,
        "least_fen": fen_text(row.least_fen),
        "most_fen": fen_text(row.most_fen),
        "range_text": f"{yuan(row.least_fen or 0)} 至 {yuan(row.most_fen or 0)}"
        if has_range
        else None,
        "chosen_fen": fen_text(row.chosen_fen),
        "chosen_text": None if row.chosen_fen is None else yuan(row.chosen_fen),
        "choice": row.choice,
        "reason": row.reason,
        "method": row.version,
        "occurred_at": rfc3339(row.occurred_at),
        "received_at": rfc3339(row.received_at),
    }


def is_outside(advised: Advised, fine_fen: int) -> bool | None:
    """Tell whether a fine lies outside every grade (V-PROC-22); None without fine or benchmark."""
    if advised.benchmark is None or not fine_fen:
        return None
    grades = grades_of(advised.benchmark)
    return not any(one.least_fen <= fine_fen <= one.most_fen for one in grades)


def stated(decided: Decided, advised: Advised) -> list[str]:
    """Return in sentences how advised range, chosen amount and reason stand to each other."""
    row, advice = decided.row, decided.advice
    lines = []
    if advice is None:
        lines.append("决定作出前没有记录裁量辅助。")
    elif advice.least_fen is not None and advice.most_fen is not None:
        side = "在建议幅度内" if advice.least_fen <= row.fine_fen <= advice.most_fen else None
        side = side or ("低于建议幅度" if row.fine_fen < advice.least_fen else "高于建议幅度")
        text = f"建议 {yuan(advice.least_fen)} 至 {yuan(advice.most_fen)}"
        lines.append(f"{text}，决定罚款 {yuan(row.fine_fen)}，{side}。")
        if advice.chosen_fen is not None and advice.chosen_fen != row.fine_fen:
            lines.append(f"承办人当时选定 {yuan(advice.chosen_fen)}，与决定不同。")
    if is_outside(advised, row.fine_fen):
        lines.append("决定罚款不在公布的裁量基准任何一档之内。")
        if not row.grounds and (advice is None or not advice.reason):
            lines.append("没有列明从轻、减轻、从重事由，也没有说明理由。")
    return lines

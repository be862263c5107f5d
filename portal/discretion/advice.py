"""Advice on a penalty: the range of the benchmark in force, and the decisions like this one.

Read before: ``similar``. Read next: ``decided``, then ``portal/api/discretion.py``.

The range is the published benchmark's (行政处罚法 art. 34) and nothing else: past decisions stand
beside it, they do not move it. Every number comes with a sentence that says where it is from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from portal.discretion.similar import (
    Asked,
    Benchmarks,
    Similar,
    grades_for,
    middle,
    similar_decisions,
)
from portal.pages import calendar_date, yuan
from portal.words import word
from projections.discretion.method import method, version
from projections.discretion.view import (
    BenchmarkRow,
    DecisionQuery,
    DiscretionReader,
    Grade,
    Moment,
    grades_of,
)

BENCHMARKS_MAX: Final = 2_000  # Of one item, the newest first.
_DAY_MIN, _DAY_MAX = -700_000, 2_900_000  # Within the years that a calendar has.


class Question(NamedTuple):
    """What advice is asked for."""

    item_code: str
    asked: Asked


class Advised(NamedTuple):
    """What is advised.

    Attributes:
        benchmark: The benchmark in force, None if the agency has none.
        grades: Its grades of the circumstance; of all where none was named.
        similar: The most similar decisions.
        question: What was asked.
    """

    benchmark: BenchmarkRow | None
    grades: Sequence[Grade]
    similar: Sequence[Similar]
    question: Question

    @property
    def least_fen(self) -> int | None:
        """The least advised fine."""
        return min((one.least_fen for one in self.grades), default=None)

    @property
    def most_fen(self) -> int | None:
        """The greatest advised fine."""
        return max((one.most_fen for one in self.grades), default=None)


def advise(reader: DiscretionReader, question: Question, moment: Moment) -> Advised:
    """Return the advice on a question, by what was known at a moment."""
    item_code, asked = question
    benchmarks = Benchmarks(reader.benchmarks(moment, BENCHMARKS_MAX, item_code))
    # Asked by itself: a province has more agencies than benchmarks are read at once.
    own = Benchmarks(reader.benchmarks(moment, BENCHMARKS_MAX, item_code, asked.agency_id))
    benchmark = own.in_force(asked.agency_id, item_code, asked.day)
    query = DecisionQuery(item_code=item_code, to_day=asked.day)
    decisions = reader.decisions(query, moment, method()["similar"]["candidates_max"])
    grades = [] if benchmark is None else grades_for(benchmark, asked.circumstance)
    return Advised(benchmark, grades, similar_decisions(decisions, benchmarks, asked), question)


def advice_document(advised: Advised) -> dict[str, Any]:
    """Return advice as JSON; amounts in fen are strings."""
    item_code, asked = advised.question
    fines = [one.decided.row.fine_fen for one in advised.similar]
    return {
        "item_code": item_code,
        "agency_id": asked.agency_id,
        "date": date_text(asked.day),
        "circumstance": asked.circumstance,
        "method": version(),
        "benchmark": None if advised.benchmark is None else benchmark_document(advised.benchmark),
        "advised": _range_document(advised),
        "similar": [similar_document(one) for one in advised.similar],
        "similar_median_fen": fen_text(middle(fines)),
        "explained": explained(advised),
    }


def explained(advised: Advised) -> list[str]:
    """Return in sentences where range and decisions come from."""
    least, most = advised.least_fen, advised.most_fen
    day, circumstance = date_text(advised.question.asked.day), advised.question.asked.circumstance
    if advised.benchmark is None:
        lines = [f"本机关没有 {day} 生效的该事项裁量基准，不能建议幅度。"]
    elif least is None or most is None:
        lines = [f"{day} 生效的裁量基准没有“{circumstance}”情节，不能建议幅度。"]
    else:
        since = date_text(advised.benchmark.effective_day)
        which = f"“{circumstance}”情节" if circumstance else "全部情节"
        lines = [
            f"按 {since} 起生效的裁量基准，{which}的罚款幅度为 {yuan(least)} 至 {yuan(most)}。"
        ]
    return lines + _similar_lines(advised)


def _similar_lines(advised: Advised) -> list[str]:
    fines = sorted(one.decided.row.fine_fen for one in advised.similar)
    if not fines:
        return ["此前没有同一事项的罚款决定可供比较。"]
    text = f"最相近的 {len(fines)} 件决定罚款 {yuan(fines[0])} 至 {yuan(fines[-1])}"
    lines = [f"{text}，中位数 {yuan(middle(fines) or 0)}。"]
    least = method()["similar"]["least"]
    if len(fines) < least:
        lines.append(f"不足 {least} 件，只能参考。")
    return lines


def _range_document(advised: Advised) -> dict[str, Any] | None:
    if advised.least_fen is None or advised.most_fen is None:
        return None
    return {
        "least_fen": fen_text(advised.least_fen),
        "most_fen": fen_text(advised.most_fen),
        "text": f"{yuan(advised.least_fen)} 至 {yuan(advised.most_fen)}",
    }


def benchmark_document(row: BenchmarkRow) -> dict[str, Any]:
    """Return a benchmark as JSON."""
    return {
        "event_id": row.event_id,
        "agency_id": row.agency_id,
        "item_code": row.item_code,
        "effective_from": date_text(row.effective_day),
        "grades": [
            {
                "circumstance": one.circumstance,
                "least_fen": fen_text(one.least_fen),
                "most_fen": fen_text(one.most_fen),
                "text": f"{yuan(one.least_fen)} 至 {yuan(one.most_fen)}",
            }
            for one in grades_of(row)
        ],
    }


def similar_document(one: Similar) -> dict[str, Any]:
    """Return a similar decision as JSON, with why it is similar."""
    row = one.decided.row
    return {
        "event_id": row.event_id,
        "case_id": row.stream_id,
        "doc_no": row.doc_no,
        "agency_id": row.agency_id,
        "date": date_text(row.occurred_day),
        "party_type": row.party_type,
        "fine_fen": fen_text(row.fine_fen),
        "fine_text": yuan(row.fine_fen),
        "circumstance": one.circumstance,
        "circumstance_known_by": one.known_by,
        "grounds": row.grounds.split(),
        "points": one.points,
        "reasons": list(one.reasons),
        "explained": "、".join(word(name, "similar_reason") for name in one.reasons) or "同一事项",
        "case_path": f"/console/cases/{row.stream_id}",
    }


def date_text(day: int) -> str:
    """Return a day as ``2026-11-25``; one that no calendar has, as the nearest that one has."""
    return calendar_date(min(max(day, _DAY_MIN), _DAY_MAX))


def fen_text(amount: int | None) -> str | None:
    """Return an amount in fen as JSON has it."""
    return None if amount is None else str(amount)

"""Everything that stands out at a moment, in words, page by page.

Read before: ``outliers``, ``patterns``. Read next: ``portal/api/correlation.py``.

Natural persons are compared by the vault's keyed index alone: neither their number nor the index
value leaves the vault, and what is shown is which decisions are about the same person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from portal.discretion.advice import date_text
from portal.discretion.findings import KINDS, Behind, Finding, Material, material
from portal.discretion.outliers import outliers
from portal.discretion.patterns import (
    ended,
    lowest,
    natural_decisions,
    repeated_organisations,
    repeated_persons,
    unreasoned,
)
from portal.pages import yuan
from portal.words import word
from projections.discretion.method import version
from projections.discretion.view import Decided, DiscretionReader, Moment

# Which of the decisions about natural persons are about the same one, in the order given.
SamePersons = Callable[[Sequence[Decided]], list[list[Decided]]]


class Wanted(NamedTuple):
    """Which findings are wanted; None asks for all."""

    kind: str | None = None
    agency_id: str | None = None
    item_code: str | None = None


class Correlated(NamedTuple):
    """What was found, the newest first, and in what."""

    findings: Sequence[Finding]
    material: Material


def correlate(
    reader: DiscretionReader, moment: Moment, wanted: Wanted, same_persons: SamePersons
) -> Correlated:
    """Return what stands out at a moment.

    Args:
        reader: The view.
        moment: As of when.
        wanted: An agency narrows what is shown, not what is compared; an item narrows both.
        same_persons: Asks the vault.
    """
    found = material(reader, moment, wanted.item_code)
    findings = [
        *outliers(found.decisions),
        *repeated_organisations(found),
        *repeated_persons(same_persons(natural_decisions(found))),
        *lowest(found),
        *unreasoned(found),
        *(() if wanted.item_code else ended(found)),  # A closing names no item.
    ]
    shown = [one for one in findings if _is_wanted(one, wanted)]
    shown.sort(key=lambda one: (one.day, one.id), reverse=True)
    return Correlated(shown, found)


def _is_wanted(one: Finding, wanted: Wanted) -> bool:
    return wanted.kind in (None, one.kind) and (
        wanted.agency_id is None or wanted.agency_id in one.agency_ids
    )


def summary_document(found: Correlated) -> dict[str, Any]:
    """Return what was looked at, and how much of each kind was found."""
    counts = {kind: sum(one.kind == kind for one in found.findings) for kind in KINDS}
    return {
        "method": version(),
        "from": date_text(found.material.from_day),
        "to": date_text(found.material.to_day),
        "decisions": len(found.material.decisions),
        "closings": len(found.material.closings),
        "is_cut": found.material.is_cut,
        "counts": counts,
    }


def finding_document(one: Finding) -> dict[str, Any]:
    """Return a finding as JSON: words, numbers, and the acts behind it."""
    return {
        "kind": one.kind,
        "subject": one.subject,
        "name": one.name,
        "agency_ids": list(one.agency_ids),
        "date": date_text(one.day),
        "via_vault_index": one.via_vault,
        "numbers": {name: str(number) for name, number in one.numbers.items()},
        "text": text_of(one),
        "behind": [_behind_document(it) for it in one.behind],
    }


def text_of(one: Finding) -> str:
    """Return a finding in a sentence with its numbers."""
    return _TEXTS[one.kind](one.numbers)


def _behind_document(one: Behind) -> dict[str, Any]:
    return {
        "event_id": one.event_id,
        "case_id": one.case_id,
        "agency_id": one.agency_id,
        "doc_no": one.doc_no,
        "date": date_text(one.day),
        "fine_fen": None if one.fine_fen is None else str(one.fine_fen),
        "case_path": f"/console/cases/{one.case_id}",
    }


def _outlier(numbers: Mapping[str, int]) -> str:
    fine, median = numbers["fine_fen"], numbers["median_fen"]
    side = "高" if fine > median else "低"
    times, usual = (_times(numbers[name]) for name in ("ratio_thousandths", "spread_thousandths"))
    return (
        f"罚款 {yuan(fine)}，明显{side}于同一事项、同一程序的另外 {numbers['others']} 件决定："
        f"与中位数 {yuan(median)} 相差 {times} 倍，而通常相差不到 {usual} 倍。"
    )


def _times(thousandths: int) -> str:
    return f"{thousandths // 1_000}.{thousandths % 1_000 // 10:02d}"


def _repeat(numbers: Mapping[str, int]) -> str:
    return (
        f"被 {numbers['agencies']} 个机关处罚 {numbers['decisions']} 次，"
        f"罚款合计 {yuan(numbers['fine_fen'])}。"
    )


def _person(numbers: Mapping[str, int]) -> str:
    return f"同一自然人{_repeat(numbers)}仅由保险库的密钥索引比对，不显示身份。"


def _share(what: str) -> Callable[[Mapping[str, int]], str]:
    def text(numbers: Mapping[str, int]) -> str:
        return (
            f"{numbers['of']} 件中 {numbers['count']} 件{what}，占 {numbers['percent']}%；"
            f"其余 {numbers['others']} 件中占 {numbers['others_percent']}%。"
        )

    return text


def _unreasoned(numbers: Mapping[str, int]) -> str:
    return (
        f"有裁量基准的 {numbers['of']} 件中 {numbers['count']} 件罚款超出基准，"
        f"没有列明事由也没有说明理由，占 {numbers['percent']}%。"
    )


_TEXTS: Final[Mapping[str, Callable[[Mapping[str, int]], str]]] = {
    "OUTLIER": _outlier,
    "REPEAT_ORGANISATION": _repeat,
    "REPEAT_PERSON": _person,
    "OFFICER_LOWEST": _share("按最低一档处罚"),
    "AGENCY_LOWEST": _share("按最低一档处罚"),
    "OFFICER_ENDED": _share("终结或者不予处罚"),
    "AGENCY_ENDED": _share("终结或者不予处罚"),
    "AGENCY_UNREASONED": _unreasoned,
}


def kind_word(kind: str) -> str:
    """Return what a kind of finding is called."""
    return word(kind, "correlation")

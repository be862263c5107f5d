"""Ex-ante completeness of an agency at a moment: a tick, or a gap and since when, for each content.

Read before: ``content_rules``. Read next: ``declarations``. Pure functions of the acts that count.

任务分解表 2.3 and 2.4: 主体、人员、职责、权限、依据、程序、救济渠道、随机抽查清单、服务指南、
事项清单、流程图 are disclosed before enforcement.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, NamedTuple

from projections.organisation.content_rules import ContentRule, ContentSource, content_rules
from projections.organisation.view import Fact


class Standing(NamedTuple):
    """An act that makes a content at the moment."""

    fact: Fact
    label: str | None
    is_empty: bool  # It lacks the list that the content is about.


class ContentState(NamedTuple):
    """Whether one content is there.

    Attributes:
        rule: The content.
        standing: The acts that make it at the moment.
        since: From when the oldest of them holds; None in a gap.
        gap_since: Since when nothing makes it, microseconds UTC; None where it is there, and where
            the agency was not registered.
    """

    rule: ContentRule
    standing: tuple[Standing, ...]
    since: int | None
    gap_since: int | None

    @property
    def is_there(self) -> bool:
        """Whether the content is disclosed."""
        return self.since is not None


def completeness(
    of_agency: Sequence[Fact], of_officers: Sequence[Fact], registered_at: int | None, at: int
) -> list[ContentState]:
    """Return the 11 contents of an agency.

    Args:
        of_agency: Acts about the agency that count at the moment, in the order of the view.
        of_officers: Acts about its officers.
        registered_at: When the agency was registered; None: it was not yet.
        at: The moment, microseconds UTC.
    """
    states = []
    for rule in content_rules():
        found = [
            _standing(source, of_officers if source.is_of_officers else of_agency, at)
            for source in rule.made_by
        ]
        states.append(_state(rule, found, registered_at))
    return states


class _Found(NamedTuple):
    standing: list[Standing]
    ended: list[int]  # When what stands no more ended.


def _state(rule: ContentRule, found: Sequence[_Found], registered_at: int | None) -> ContentState:
    good = [
        one
        for source in found
        if source.standing and not any(one.is_empty for one in source.standing)
        for one in source.standing
    ]
    if good:
        since = min(one.fact.row.valid_from for one in good)
        return ContentState(rule, tuple(good), since, None)
    shown = tuple(one for source in found for one in source.standing)
    emptied = [one.fact.row.valid_from for one in shown if one.is_empty]
    ended = [end for source in found for end in source.ended]
    return ContentState(rule, shown, None, max([*emptied, *ended], default=registered_at))


def _standing(source: ContentSource, facts: Sequence[Fact], at: int) -> _Found:
    """Return the newest act of each key that holds at the moment, and when the others ended."""
    newest: dict[Any, Fact] = {}
    ends: dict[Any, list[int]] = {}  # Ascending, as the acts.
    for fact in facts:
        if fact.row.event_type == source.event and _is_meant(source, fact):
            newest[_key(source, fact)] = fact
        if fact.row.event_type in source.ended_by:
            ends.setdefault(_key(source, fact), []).append(fact.row.valid_from)
    found = _Found([], [])
    for key, fact in newest.items():
        end = _end(fact, ends.get(key, ()))
        if end is not None and end <= at:
            found.ended.append(end)
        else:
            label = None if source.label is None else fact.value(source.label)
            is_empty = source.some is not None and not fact.value(source.some)
            found.standing.append(Standing(fact, label, is_empty))
    return found


def _is_meant(source: ContentSource, fact: Fact) -> bool:
    for path, wanted in source.when.items():
        value = fact.value(path)
        values = value if isinstance(value, list) else [value]
        if not set(wanted) & set(values):
            return False
    return True


def _key(source: ContentSource, fact: Fact) -> Any:
    if source.key is None:
        return None
    return fact.row.by_agency_id if source.key == "by" else fact.value(source.key)


def _end(fact: Fact, ends: Sequence[int]) -> int | None:
    """Return the first moment at which an act holds no more, None if none is known."""
    place = bisect_left(ends, fact.row.valid_from)
    known = [*ends[place : place + 1], fact.row.valid_to]
    return min((end for end in known if end is not None), default=None)

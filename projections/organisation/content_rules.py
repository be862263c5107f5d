"""Which acts make each of the 11 contents of ex-ante disclosure: the file, read once.

Read before: schemas/organisation/ex-ante-content.json. Read next: ``completeness``.
Trusts: the installed package; a test holds every event and field against the view's.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from schemas.loader import file_json

FILE: Final = "organisation/ex-ante-content.json"


class ContentSource(NamedTuple):
    """Acts of one type that make a content; names are paths in what the view keeps."""

    event: str
    is_of_officers: bool  # Acts about the agency's officers, else about the agency.
    key: str | None  # Acts with the same value replace each other; None: all do.
    when: Mapping[str, tuple[str, ...]]  # Only acts that have one of these values.
    some: str | None  # Every act that stands has this list filled.
    label: str | None  # What an act is called on pages.
    ended_by: tuple[str, ...]


class ContentRule(NamedTuple):
    """One content."""

    content: str
    cn: str
    views: tuple[str, ...]  # Public views that show it.
    basis: str
    made_by: tuple[ContentSource, ...]


@cache
def content_rules() -> tuple[ContentRule, ...]:
    """Return the contents in the order of the task table."""
    return tuple(
        ContentRule(
            row["content"],
            row["cn"],
            tuple(row["views"]),
            row["basis"],
            tuple(_source(source) for source in row["made_by"]),
        )
        for row in file_json(FILE)["contents"]
    )


def content_events(*, of_officers: bool) -> list[str]:
    """Return the event types that make or end a content, about agencies or about officers."""
    sources = [source for rule in content_rules() for source in rule.made_by]
    found = {
        event
        for source in sources
        if source.is_of_officers is of_officers
        for event in (source.event, *source.ended_by)
    }
    return sorted(found)


def _source(row: Mapping[str, Any]) -> ContentSource:
    when = {path: tuple(values) for path, values in row.get("when", {}).items()}
    return ContentSource(
        row["event"],
        row.get("of") == "officers",
        row.get("key"),
        when,
        row.get("some"),
        row.get("label"),
        tuple(row.get("ended_by", ())),
    )

"""What a row of the indicators' file reads from an act.

Read before: ``definitions``. Read next: ``projection``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ledger.chain.ids import uuid_text
from ledger.domain.control_records import day_of
from ledger.domain.projection import EntryView
from projections.indicators.definitions import ANY_TYPE, Match

_CHOSEN: Final = re.compile(r"^(\w+)\[(\w+)=(\w+)\]$")  # ``checklist[answer=PROBLEM]``
_JOINED: Final = "+"  # ``+origin+treeSize``: the values of these fields.
_KEY_BYTES_MAX: Final = 512  # PostgreSQL refuses index entries of more than 2,704 bytes.
_DAY_MIN: Final = -25_567  # 1900-01-01.
_DAY_MAX: Final = 2_932_896  # 9999-12-31.
_MICROS_MIN: Final = 1_000_000_000  # Days since 1970 stay far below, times in microseconds above.


def fits(match: Match, view: EntryView) -> bool:
    """Tell whether an act is one that a row speaks of."""
    if ANY_TYPE not in match.types:
        if view.event_type not in match.types:
            return False
    elif view.event_type in match.skipped:
        return False
    if match.roles and not any(actor.role in match.roles for actor in view.act.actors):
        return False
    return holds(match.when, view)


def holds(when: Mapping[str, Any], view: EntryView) -> bool:
    """Tell whether the payload has, at each path, one of the values."""
    return all(
        any(value in allowed for value in values(view, path)) for path, allowed in when.items()
    )


def values(view: EntryView, path: str) -> list[Any]:
    """Return what stands at a path, absent values left out, members of lists one by one."""
    return list(_walk(view.payload, path.split(".")))


def key_of(match: Match, view: EntryView) -> str:
    """Return by what a fact is found again; the act's own id where the path leads nowhere."""
    special = {"$aggregate": view.act.aggregate_id, "$stream": view.entry.stream_id}
    if match.key in special:
        return special[match.key]
    found = [] if match.key == "$event" else values(view, match.key)
    if match.key.startswith(_JOINED):
        return _short(" ".join(text_of(view.payload[name]) for name in match.key[1:].split("+")))
    return _short(text_of(found[0])) if found else uuid_text(view.event_id)


def keys_of(match: Match, view: EntryView) -> list[tuple[str, Any]]:
    """Return the keys of the facts that an act makes, each with the value that it is for."""
    if match.each is None:
        return [(key_of(match, view), None)]
    event = uuid_text(view.event_id)
    found = dict.fromkeys(values(view, match.each))
    return [(f"{event} {place}", value) for place, value in enumerate(found)]


def word(view: EntryView, path: str | None) -> str | None:
    """Return the words at a path, ascending and each once; None where there are none."""
    found = [] if path is None else sorted({text_of(value) for value in values(view, path)})
    return " ".join(found) or None


def number(view: EntryView, path: str | None) -> int:
    """Return the number at a path; 1 where the row names none."""
    return 1 if path is None else int(values(view, path)[0])


def day_at(view: EntryView, path: str | None) -> int:
    """Return the day in Shanghai of a date or time at a path; of the act without a path."""
    at = view.act.occurred_at if path is None else int(values(view, path)[0])
    day = day_of(at) if abs(at) >= _MICROS_MIN else at
    return min(max(day, _DAY_MIN), _DAY_MAX)  # An act may claim any moment; a calendar ends.


def text_of(value: Any) -> str:
    """Return a value as it stands in keys."""
    return uuid_text(value) if isinstance(value, bytes) else str(value)


def _short(key: str) -> str:
    """Return a key that an index takes: an act may say a document number of any length."""
    said = key.replace("\0", "\ufffd")  # As PostgreSQL keeps it.
    data = said.encode(errors="surrogatepass")
    return said if len(data) <= _KEY_BYTES_MAX else f"sha256:{hashlib.sha256(data).hexdigest()}"


def _walk(value: Any, steps: list[str]) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for member in value:
            yield from _walk(member, steps)
    elif not steps:
        if value is not None:
            yield value
    elif isinstance(value, Mapping):
        chosen = _CHOSEN.match(steps[0])
        if chosen is None:
            yield from _walk(value.get(steps[0]), steps[1:])
            return
        name, field, wanted = chosen.groups()
        members = [one for one in value.get(name) or () if one.get(field) == wanted]
        yield from _walk(members, steps[1:])

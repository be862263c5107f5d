"""The state machines of the law as data: states, and which act leads from which to which.

One file a machine in ``machines/``, ``NAME-VERSION.yaml``; a ledger that judges by a table names it
in its rule set, so a change of what a released file says is a new file.

Read before: ``machines/legal-review-1.yaml``. Read next: ``ledger/domain/machines.py``.
Trusts: the installed package; ``lianzheng schema check`` says what is wrong with a table.

A file says ``machine`` (its name), ``cn``, ``source``, ``states`` and ``arrows``, and

- ``key``: ``matter``, one a stream; ``aggregate``, one for each aggregate of the stream;
- ``streams``: first parts of the stream keys it is about; all, where it says none;
- ``initial``: the state before any act; ``opens``: the types of acts that begin one, where the acts
  of other machines must not; ``unless``: the machine whose aggregates are not of this one;
- ``groups``: names for several states; ``flag``: the rule that judges an act without an arrow, of
  a state too; ``expires``: the states that end at the time an arrow's ``until`` names, and in what.

An arrow has ``event``, ``from`` and ``to`` (left out: the state stays), and may have ``when``
(paths in the payload and the values they have), ``until`` (``day`` or ``moment``: the field that
ends it), ``rules`` (which judge the act where it is lawful), ``whole`` (an act of the matter that
leads each aggregate on), ``stays`` (an act that comes where it has no arrow moves nothing),
``fresh`` (it says nothing of a state to which what was received after it happened has led) and
``of`` (a type: of acts that name a cause, one that names the newest of that type leads, and no
other moves anything; for acts that name none there are arrows without it).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from schemas.loader import FaultyFileError, files_below, schema_text

FOLDER: Final = "machines"
KEYS: Final = ("matter", "aggregate")
_REQUIRED: Final = frozenset({"machine", "cn", "source", "key", "initial", "flag"})
_COLUMNS: Final = _REQUIRED | {
    *("streams", "opens", "unless", "groups", "states", "arrows", "expires"),
}
_STATE_COLUMNS: Final = frozenset({"cn", "final", "flag"})
_ARROW_COLUMNS: Final = frozenset(
    {"event", "from", "to", "when", "until", "rules", "whole", "stays", "fresh", "of"}
)
_NAME: Final = re.compile(r"[a-z]+(-[a-z]+)*-[1-9][0-9]*")


class State(NamedTuple):
    """One state of a machine."""

    name: str
    cn: str
    is_final: bool
    """Whether nothing lawful is expected to follow; only said, never judged."""
    flag: str
    """Id of the rule that judges an act without an arrow from here."""


class Arrow(NamedTuple):
    """What an act does in some states."""

    event_type: str
    when: Mapping[str, tuple[Any, ...]]
    """Path in the payload, and the values it may have there."""
    sources: frozenset[str]
    target: str | None
    """None: the state stays."""
    until: tuple[str, str] | None
    """``day`` or ``moment``, and the field of the payload that ends the state."""
    rules: tuple[str, ...]
    stays: bool
    """Whether the act moves nothing where it has no arrow."""
    fresh: bool
    """Whether it leads from no state to which an act led that was received after it happened."""
    of: str | None
    """Type of the act that one has to name as its cause; None: whatever it names."""


class Machine(NamedTuple):
    """One table."""

    name: str
    cn: str
    source: str
    key: str
    streams: tuple[str, ...]
    """First parts of stream keys; empty for all."""
    initial: str
    opens: frozenset[str]
    """Types of acts that begin one; empty for all of its arrows."""
    unless: str | None
    states: Mapping[str, State]
    arrows: Mapping[str, tuple[Arrow, ...]]
    """By event type, in the order of the file: the first that fits counts."""
    whole: Mapping[str, tuple[Arrow, ...]]
    """The same, of acts of the matter that lead each aggregate on."""
    expiring: frozenset[str]
    expired: str | None


@cache
def load_machines() -> Mapping[str, Machine]:
    """Read every table, by name, ascending.

    Raises:
        FaultyFileError: A table has a fault; the first is named.
    """
    found = {}
    for file in _files():
        document = _document(file)
        for fault in _faults(file, document):
            raise FaultyFileError(f"{file}: {fault}; see: lianzheng schema check")
        found[document["machine"]] = _machine(document)
    return found


def machine_faults(types: Mapping[str, Any], rules: Iterable[str]) -> list[str]:
    """Return what is wrong with the installed tables, each a sentence that begins with its file.

    Args:
        types: The rows of the catalogue by event type.
        rules: Ids of the violation rules that there are.
    """
    found, known = [], frozenset(rules)
    for file in _files():
        try:
            document = _document(file)
        except FaultyFileError as error:
            found.append(str(error))
            continue
        faults = list(_faults(file, document))
        if not faults:
            faults = list(_unknown_names(document, types, known))
        found += [f"{file}: {fault}" for fault in faults]
    return found


def _files() -> list[str]:
    return files_below(FOLDER, ".yaml")


def _document(file: str) -> Any:
    # The verifier is installed without it, and has no need of states.
    import yaml

    try:
        return yaml.safe_load(schema_text(file))
    except (yaml.YAMLError, ValueError) as error:
        raise FaultyFileError(f"{file}: not YAML in UTF-8") from error


def _faults(file: str, document: Any) -> Iterator[str]:
    """Yield what is wrong with one table by itself."""
    if not isinstance(document, dict):
        yield "not a table of columns"
        return
    if missing := (_REQUIRED | {"states", "arrows"}) - set(document):
        yield f"lacks {', '.join(sorted(missing))}"
        return
    if unknown := set(document) - _COLUMNS:
        yield f"has no column {', '.join(sorted(unknown))}"
    name = str(document["machine"])
    if file != f"{FOLDER}/{name}.yaml" or _NAME.fullmatch(name) is None:
        yield "machine is the name of its file, such as legal-review-1"
    if document["key"] not in KEYS:
        yield f"key is one of {', '.join(KEYS)}"
    yield from _state_faults(document)


def _state_faults(document: Mapping[str, Any]) -> Iterator[str]:
    states, groups = document["states"], document.get("groups", {})
    for name, columns in states.items():
        if not set(columns) <= _STATE_COLUMNS or not columns.get("cn"):
            yield f"state {name}: it has cn, and may have final and flag"
    if document["initial"] not in states:
        yield f"there is no state {document['initial']}"
    for group, members in groups.items():
        yield from (f"group {group}: no state {it}" for it in members if it not in states)
    names = {*states, *groups}
    reached = {document["initial"]}
    for number, arrow in enumerate(document["arrows"], start=1):
        place = f"arrow {number}"
        if not {"event", "from"} <= set(arrow) or not set(arrow) <= _ARROW_COLUMNS:
            yield f"{place}: it has event and from; columns are {', '.join(sorted(_ARROW_COLUMNS))}"
            continue
        reached.add(arrow.get("to"))
        wanted = [*arrow["from"], *([arrow["to"]] if "to" in arrow else [])]
        yield from (f"{place}: no state {it}" for it in wanted if it not in names)
        if arrow.get("whole") and ("when" in arrow or "to" not in arrow):
            yield f"{place}: an act of the whole matter leads somewhere, whatever it says"
        if arrow.get("to") in groups:
            yield f"{place}: to is one state"
        if set(arrow.get("until", {"day": ""})) - {"day", "moment"}:
            yield f"{place}: until is a day or a moment"
    if "expires" in document:
        reached.add(document["expires"].get("to"))
        wanted = [*document["expires"].get("from", ()), document["expires"].get("to")]
        yield from (f"expires: no state {it}" for it in wanted if it not in names)
    yield from (f"no arrow leads to {it}" for it in states if it not in reached)


def _unknown_names(
    document: Mapping[str, Any], types: Mapping[str, Any], rules: frozenset[str]
) -> Iterator[str]:
    """Yield event types and rules that a table names and nobody else knows."""
    events = [arrow["event"] for arrow in document["arrows"]] + list(document.get("opens", ()))
    events += [arrow["of"] for arrow in document["arrows"] if "of" in arrow]
    yield from (f"there is no event type {it}" for it in dict.fromkeys(events) if it not in types)
    named = [document["flag"]]
    named += [it["flag"] for it in document["states"].values() if "flag" in it]
    named += [rule for arrow in document["arrows"] for rule in arrow.get("rules", ())]
    yield from (f"there is no rule {it}" for it in dict.fromkeys(named) if it not in rules)
    other = document.get("unless")
    if other is not None and f"{FOLDER}/{other}.yaml" not in _files():
        yield f"there is no machine {other}"


def _machine(document: Mapping[str, Any]) -> Machine:
    groups = document.get("groups", {})
    states = {
        name: State(
            name,
            columns["cn"],
            columns.get("final", False),
            columns.get("flag", document["flag"]),
        )
        for name, columns in document["states"].items()
    }
    expires = document.get("expires", {})
    return Machine(
        name=document["machine"],
        cn=document["cn"],
        source=document["source"],
        key=document["key"],
        streams=tuple(document.get("streams", ())),
        initial=document["initial"],
        opens=frozenset(document.get("opens", ())),
        unless=document.get("unless"),
        states=states,
        arrows=_arrows(document["arrows"], groups, is_whole=False),
        whole=_arrows(document["arrows"], groups, is_whole=True),
        expiring=frozenset(_spread(expires.get("from", ()), groups)),
        expired=expires.get("to"),
    )


def _arrows(
    rows: Iterable[Mapping[str, Any]], groups: Mapping[str, list[str]], *, is_whole: bool
) -> dict[str, tuple[Arrow, ...]]:
    found: dict[str, tuple[Arrow, ...]] = {}
    for row in rows:
        if row.get("whole", False) is not is_whole:
            continue
        until = next(iter(row["until"].items())) if "until" in row else None
        arrow = Arrow(
            row["event"],
            {path: tuple(values) for path, values in row.get("when", {}).items()},
            frozenset(_spread(row["from"], groups)),
            row.get("to"),
            until,
            tuple(row.get("rules", ())),
            row.get("stays", False),
            row.get("fresh", False),
            row.get("of"),
        )
        found[arrow.event_type] = (*found.get(arrow.event_type, ()), arrow)
    return found


def _spread(names: Iterable[str], groups: Mapping[str, list[str]]) -> Iterator[str]:
    for name in names:
        yield from groups.get(name, (name,))

"""The rules of a catalogue row: which columns it has and which words may stand in them.

Read before: the head of ``schemas/catalogue.yaml``. Read next: ``schemas/class_rules.py``.
Trusts: nothing; it judges rows before they are published. A row in a control log is judged by
``schemas/catalogue.py`` alone, which takes whatever was taken once.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

LOGS: Final = ("control", "case", "target")
REQUIRED: Final = ("cn", "aggregate", "stream", "log", "emitters", "tier")
# Ids of rules and deadlines: what the law ties to acts of a type.
LAW: Final = ("preconditions", "starts", "fulfils", "pauses", "resumes", "extends")
OPTIONAL: Final = ("public", "made_by_ledger", "gate", *LAW)
EMITTERS: Final = (
    *("AGY", "REV", "AVS", "PAY", "HRS", "ARC"),
    *("LIC", "INS", "DIS", "SUP", "PLT"),
)
TIERS: Final = (1, 2)
# First parts of stream keys by log (docs/spec/topics.md).
STREAMS: Final[Mapping[str, tuple[str, ...]]] = {
    "control": (
        *("agency", "officer", "item", "list", "template", "emitter", "schema"),
        *("view", "anchor", "org", "stat", "platform"),
    ),
    "case": (
        *("matter", "target", "disclosure", "media", "device", "plan", "supervision"),
        *("complaint", "info", "exchange", "act"),
    ),
    "target": ("target",),
}
OWN_STREAMS: Final = ("matter", "target", "ledger", "log")  # Of what the ledger itself makes.
_TYPE = re.compile(r"[A-Z][A-Za-z0-9]*")
_ROW = re.compile(r"^  ([A-Za-z0-9_]+) *:", re.MULTILINE)
_DEADLINE = r"D-[A-Z]{2,4}-[0-9]{2}[a-z]?"
_RULE_OR_DEADLINE = rf"V-[A-Z]{{2,4}}-[0-9]{{2}}|{_DEADLINE}"
_WANTED: Final[Mapping[str, tuple[type, str]]] = {
    "cn": (str, "a text"),
    "aggregate": (str, "a text"),
    "stream": (str, "a text"),
    "log": (str, "a text"),
    "emitters": (list, "a list, such as [AGY, SUP]"),
    "tier": (int, "a number"),
    "public": (bool, "true or false"),
    "made_by_ledger": (bool, "true or false"),
    "gate": (str, "a text"),
    **dict.fromkeys(LAW, (list, "a list, such as [D-PEN-01]")),
}


def rows_twice(text: str) -> list[str]:
    """Return the types with two rows in the text of ``catalogue.yaml``; YAML takes the last."""
    names = _ROW.findall(text)
    return sorted({name for name in names if names.count(name) > 1})


def name_faults(columns: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the columns' names: one is missing, or there is none of a name."""
    missing = [name for name in REQUIRED if name not in columns]
    unknown = sorted(str(name) for name in set(columns) - {*REQUIRED, *OPTIONAL})
    return [f"no column {name}" for name in missing] + [f"unknown column {it}" for it in unknown]


def column_faults(columns: Any) -> list[str]:
    """Return what keeps a row from being read: names, and values of another kind."""
    if not isinstance(columns, dict):
        return ["a row is {cn: ..., aggregate: ..., ...}"]
    found = name_faults(columns)
    for name, (kind, words) in _WANTED.items():
        # YAML's true is a number to Python.
        if name in columns and (
            not isinstance(columns[name], kind) or (kind is int and isinstance(columns[name], bool))
        ):
            found.append(f"{name} is not {words}")
    if isinstance(columns.get("log"), str) and columns["log"] not in LOGS:
        found.append(f"log {columns['log']} is none of {_words(LOGS)}")
    return found


def row_faults(columns: Mapping[str, Any], gates: Collection[str]) -> list[str]:
    """Return the words in a row that nobody knows; ``column_faults`` has found nothing in it.

    Args:
        columns: The row.
        gates: Gates of the rule set.
    """
    found = [] if columns["cn"].strip() else ["cn is empty"]
    if not _TYPE.fullmatch(columns["aggregate"]):
        found.append(f"aggregate {columns['aggregate']} is no word such as Case")
    streams = OWN_STREAMS if columns.get("made_by_ledger") else STREAMS[columns["log"]]
    if columns["stream"] not in streams:
        log = f"in log {columns['log']}"
        found.append(f"stream {columns['stream']} is none of {_words(streams)} {log}")
    found += _emitter_faults(columns["emitters"])
    if columns["tier"] not in TIERS:
        found.append(f"tier {columns['tier']} is neither 1 nor 2")
    if "gate" in columns and columns["gate"] not in gates:
        found.append(f"gate {columns['gate']} is none of the rule set: {_words(sorted(gates))}")
    return found + _law_faults(columns)


def _law_faults(columns: Mapping[str, Any]) -> list[str]:
    """Return the ids of rules and deadlines that are none, and those named twice."""
    found = []
    for name in LAW:
        ids = [str(one) for one in columns.get(name, ())]
        kind, example = _RULE_OR_DEADLINE, "V-PROC-02 or D-PEN-01"
        if name != "preconditions":
            kind, example = _DEADLINE, "D-PEN-01"
        found += [
            f"{name}: {one} is no id such as {example}"
            for one in ids
            if not re.fullmatch(kind, one)
        ]
        if len(set(ids)) != len(ids):
            found.append(f"{name} names one twice")
    return found


def _emitter_faults(emitters: list[Any]) -> list[str]:
    found = [] if emitters else ["emitters is empty: nobody could send it"]
    known = _words(EMITTERS)
    found += [f"emitter {one} is none of {known}" for one in emitters if one not in EMITTERS]
    if len({str(one) for one in emitters}) != len(emitters):
        found.append("emitters names one twice")
    return found


def _words(words: Collection[str]) -> str:
    return ", ".join(words)

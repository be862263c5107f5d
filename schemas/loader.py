"""Read the files of this package, exactly as they are.

A published schema is its text: the ledger hashes these bytes, so nothing here normalises them.

Read before: ``schemas/PenaltyDecisionMade.v1.avsc``. Read next: ``schemas/catalogue.py``.
Trusts: the installed package.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from importlib.resources import files
from typing import Any, Final

ENVELOPE_FILES: Final = (
    "Act.avsc",
    "Entry.avsc",
    "Opening.avsc",
    "Outcomes.avsc",
    "SubmissionItem.avsc",
)
_EVENT_FILE = re.compile(r"^([A-Z][A-Za-z0-9]*)\.v([1-9][0-9]*)\.avsc$")


class FaultyFileError(ValueError):
    """A file of this package is not what it must be; the message is a sentence with its name.

    Programs end with exit 2. Nothing here knows the error tree of ``ledger``, which lies above.
    """


def schema_files() -> list[str]:
    """Return the names of all ``.avsc`` files, ascending by code point."""
    return sorted(item.name for item in files(__package__).iterdir() if item.name.endswith(".avsc"))


@cache
def schema_text(file: str) -> str:
    """Return the exact text of a file of this package, such as ``Act.avsc``.

    Args:
        file: Path below the package, with ``/`` between its parts.

    Raises:
        FileNotFoundError: The package has no such file.
    """
    return files(__package__).joinpath(file).read_bytes().decode("utf-8")


def data_version(code: str, *names: str) -> str:
    """Return a version of code together with that of the files it reads: ``2-0f1e2d3c4b5a``.

    Args:
        code: Version of the code.
        names: Files of this package; another byte in one is another version.

    Raises:
        FileNotFoundError: The package has no such file.
    """
    digest = hashlib.sha256()
    for name in names:
        digest.update(hashlib.sha256(schema_text(name).encode()).digest())
    return f"{code}-{digest.hexdigest()[:12]}"


def files_below(folder: str, suffix: str) -> list[str]:
    """Return the paths of the files of a folder of this package that end so, ascending."""
    names = (item.name for item in files(__package__).joinpath(folder).iterdir())
    return sorted(f"{folder}/{name}" for name in names if name.endswith(suffix))


def file_json(file: str) -> Any:
    """Return what a JSON file of this package says, a schema among them.

    Raises:
        FaultyFileError: It is not JSON in UTF-8.
    """
    try:
        return json.loads(schema_text(file))
    except UnicodeDecodeError as error:
        raise FaultyFileError(f"{file}: not UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise FaultyFileError(f"{file}: not JSON, {place}: {error.msg}") from error
    except RecursionError as error:
        raise FaultyFileError(f"{file}: nested too deep") from error


def event_schema_files() -> dict[tuple[str, int], str]:
    """Return the file of each (event type, schema version), in name order."""
    matches = ((_EVENT_FILE.match(name), name) for name in schema_files())
    return {(match[1], int(match[2])): name for match, name in matches if match}


def event_schemas() -> dict[tuple[str, int], str]:
    """Return the exact schema text of each (event type, schema version), in name order."""
    return {pair: schema_text(name) for pair, name in event_schema_files().items()}


@cache
def symbol_words() -> dict[str, dict[str, str]]:
    """Return the Chinese word of each symbol, by name of the enum; for pages, no part of a schema.

    A word may be mended at any time: the schemas, whose texts the ledger hashes, are not touched.
    """
    words: dict[str, dict[str, str]] = file_json("symbols.json")
    return words


# Oldest first.
RULE_SETS: Final = ("rules/rule-set-1.json", "rules/rule-set-2.json", "rules/rule-set-3.json")


def rule_set_text(file: str = RULE_SETS[-1]) -> str:
    """Return the JSON text of a rule set; without ``file`` the one that a new ledger publishes.

    It has the default review catalogue in it, compact: a gate that looks at the control log finds
    both in one act. A later file says only what it adds to its ``base`` or replaces of it; what was
    published once stays what it was, byte for byte.
    """
    rule_set = {**_rule_set(file), "review_catalogue": file_json("review-catalogue-default.json")}
    # Behind the catalogue since the first rule set that had them.
    for name in ("violations", "lists"):
        if name in rule_set:
            rule_set[name] = rule_set.pop(name)
    return json.dumps(rule_set, ensure_ascii=False, separators=(",", ":"))


def rule_set_parts(file: str = RULE_SETS[-1]) -> list[dict[str, Any]]:
    """Return what a rule set is made of, oldest first: ``rules``, ``numbers``, ``lists`` of each.

    The numbers and lists of a part are what its rules read; the first has those of gates.
    """
    rule_set = file_json(file)
    if "base" not in rule_set:
        return [{"rules": {}, "numbers": rule_set["numbers"], "lists": {}}]
    return rule_set_parts(rule_set["base"]) + [file_json(name) for name in rule_set["violations"]]


def _rule_set(file: str) -> dict[str, Any]:
    own: dict[str, Any] = file_json(file)
    if "base" not in own:
        return own
    base = _rule_set(own.pop("base"))
    joined = {name: base[name] | own.get(name, {}) for name in ("gates", "rules")}
    deadlines = _with_rows(base.get("deadlines"), file_json(own["deadlines"]))
    rule_set = {**base, **own, **joined, "deadlines": deadlines}
    rule_set["violations"] = dict(base.get("violations", {}))
    rule_set["lists"] = dict(base.get("lists", {}))
    for name in own["violations"]:
        part = file_json(name)
        rule_set["violations"] |= part["rules"]
        rule_set["numbers"] = {**rule_set["numbers"], **part["numbers"]}
        rule_set["lists"] |= part["lists"]
    return rule_set


def _with_rows(base: dict[str, Any] | None, own: dict[str, Any]) -> dict[str, Any]:
    """Return deadlines whose rows are those of ``base``, with those of ``own`` in their place."""
    if base is None:
        return own
    rows = {row["id"]: row for row in base["rows"]} | {row["id"]: row for row in own["rows"]}
    return {**base, **own, "rows": list(rows.values())}


@cache
def rule_examples() -> dict[str, list[dict[str, Any]]]:
    """Return the examples of each violation rule, by its id, ascending."""
    folder = files(__package__).joinpath("rules", "examples")
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".json"))
    documents = [file_json(f"rules/examples/{name}") for name in names]
    return {document["rule_id"]: document["examples"] for document in documents}


def replaced_rule_sets() -> frozenset[str]:
    """Return the versions that ledgers published at their start before today's."""
    return frozenset(str(file_json(file)["version"]) for file in RULE_SETS[:-1])


def calendar_texts() -> list[str]:
    """Return the JSON texts of the calendars that a new ledger publishes, ascending by year."""
    folder = files(__package__).joinpath("calendar")
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".json"))
    return [schema_text(f"calendar/{name}") for name in names]


def review_catalogue_text() -> str:
    """Return the JSON text of the review catalogue that counts where an agency has none."""
    return schema_text("review-catalogue-default.json")

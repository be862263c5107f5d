"""The catalogue of event types: what each is called, who may send it, in which log it lies.

``catalogue.yaml`` is the source; the control log carries it as the exact JSON text of
``CatalogueVersionPublished``, and a running ledger goes by that text alone.

Read before: ``schemas/loader.py``. Read next: ``schemas/catalogue_rules.py``.
Trusts: the installed file when a ledger is born, the control log from then on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, TypeAlias, cast

from schemas.catalogue_rules import LAW, LOGS, column_faults, name_faults
from schemas.loader import FaultyFileError, schema_text

LogKind: TypeAlias = Literal["control", "case", "target"]
FILE = "catalogue.yaml"


class Law(NamedTuple):
    """What the law ties to acts of a type, as ids; how it counts, the rule set says.

    A rule is ``V-PROC-02``, a deadline ``D-PEN-01``; both are the ids of alerts and missed
    deadlines. The names are those of ``LAW``, in its order.
    """

    preconditions: tuple[str, ...] = ()
    """Rules judged, and deadlines that must have passed, before the act."""
    starts: tuple[str, ...] = ()
    """Deadlines counted from it; one counted back from it too."""
    fulfils: tuple[str, ...] = ()
    pauses: tuple[str, ...] = ()
    resumes: tuple[str, ...] = ()
    extends: tuple[str, ...] = ()

    def named(self) -> dict[str, tuple[str, ...]]:
        """Return the ids by name, without the names that have none."""
        return {name: ids for name, ids in self._asdict().items() if ids}


class CatalogueRow(NamedTuple):
    """One event type."""

    type: str
    """Event type, such as ``PenaltyDecisionMade``."""
    cn: str
    """Its Chinese term, shown on pages."""
    aggregate: str
    """``aggregateType`` of its acts; acts made by the ledger itself say ``Ledger``."""
    stream: str
    """Prefix of the stream key; ``matter``: the matter's own key; ``target``: its target's."""
    log: LogKind
    """Log it lies in; ``target``: the log of the stream concerned."""
    emitters: tuple[str, ...]
    """Kinds of systems that send it; ``PLT``: the platform's own key may sign it."""
    tier: int
    """1 first release, 2 later."""
    public: bool
    """Whether a single entry is served without a login."""
    made_by_ledger: bool
    """Whether only the appender writes it; the same from an emitter is refused (R3)."""
    gate: str | None
    """Gate of the rule set that it passes before it is taken."""
    law: Law
    """Rules and deadlines that concern it; says nothing to the program."""


class Catalogue(NamedTuple):
    """All event types of one published version."""

    version: str
    effective_from: str
    """First day it counts, ``YYYY-MM-DD``, Asia/Shanghai."""
    rows: Mapping[str, CatalogueRow]
    """Rows by event type, in the order of the file."""


def load_catalogue() -> Catalogue:
    """Read ``catalogue.yaml``.

    Raises:
        FaultyFileError: A row has an unknown, missing or ill-typed column, or it is no such file.
    """
    document = catalogue_document()
    for name, columns in document["types"].items():
        for fault in column_faults(columns):
            raise FaultyFileError(f"{FILE}: {name}: {fault}; see: lianzheng schema check")
    return _catalogue(document)


def catalogue_document() -> dict[str, Any]:
    """Return what ``catalogue.yaml`` says: version, first day, and rows nobody has judged yet.

    Raises:
        FaultyFileError: It is not YAML, or has not these three.
    """
    # The verifier is installed without it, and reads the log instead.
    import yaml

    try:
        document = yaml.safe_load(schema_text(FILE))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = "" if mark is None else f", line {mark.line + 1}, column {mark.column + 1}"
        raise FaultyFileError(f"{FILE}: not YAML{place}: {error.problem}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise FaultyFileError(f"{FILE}: not YAML in UTF-8") from error
    parts = {"version", "effective_from", "types"}
    if not isinstance(document, dict) or set(document) != parts:
        raise FaultyFileError(f"{FILE}: its parts are version, effective_from and types")
    if not isinstance(document["types"], dict):
        raise FaultyFileError(f"{FILE}: types is not a table of rows")
    return document


def catalogue_json(catalogue: Catalogue) -> str:
    """Return the exact text that ``CatalogueVersionPublished`` carries.

    Compact, since an act has 60,000 bytes: columns at their default are left out, no spaces.
    Rules and deadlines stand beside the types, not in their rows: a program of before they came
    reads the rows as it always did, so that one can still go back to it.
    """
    rows = catalogue.rows.values()
    document = {
        "version": catalogue.version,
        "effective_from": catalogue.effective_from,
        "types": {row.type: _columns(row) for row in rows},
        "law": {row.type: row.law.named() for row in rows if row.law.named()},
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def parse_catalogue_json(text: str) -> Catalogue:
    """Read the text of a ``CatalogueVersionPublished``.

    Raises:
        ValueError: It is not JSON, or a row is not as in ``catalogue.yaml``.
    """
    return _catalogue(json.loads(text))


def _catalogue(document: Mapping[str, Any]) -> Catalogue:
    law = document.get("law", {})
    rows = {
        name: _row(name, columns, law.get(name, {})) for name, columns in document["types"].items()
    }
    return Catalogue(str(document["version"]), str(document["effective_from"]), rows)


def _row(name: str, columns: Mapping[str, Any], law: Mapping[str, Any]) -> CatalogueRow:
    # What a control log holds is taken as it always was: the names and the log, no more.
    for fault in name_faults(columns):
        raise ValueError(f"catalogue row {name}: {fault}")
    if columns["log"] not in LOGS:
        raise ValueError(f"catalogue row {name}: log {columns['log']!r}")
    return CatalogueRow(
        type=name,
        cn=str(columns["cn"]),
        aggregate=str(columns["aggregate"]),
        stream=str(columns["stream"]),
        log=cast("LogKind", columns["log"]),
        emitters=tuple(str(kind) for kind in columns["emitters"]),
        tier=int(columns["tier"]),
        public=bool(columns.get("public", False)),
        made_by_ledger=bool(columns.get("made_by_ledger", False)),
        gate=columns.get("gate"),
        law=_law({**columns, **law}),
    )


def _law(named: Mapping[str, Any]) -> Law:
    return Law(*(tuple(str(one) for one in named.get(name, ())) for name in LAW))


def _columns(row: CatalogueRow) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "cn": row.cn,
        "aggregate": row.aggregate,
        "stream": row.stream,
        "log": row.log,
        "emitters": list(row.emitters),
        "tier": row.tier,
    }
    optional = {"public": row.public, "made_by_ledger": row.made_by_ledger, "gate": row.gate}
    return columns | {name: value for name, value in optional.items() if value}

"""The public record of a penalty: which fields, how each is masked, and the exact bytes.

Read before: ``masking`` and schemas/disclosure/pv-08.json. Read next:
``consumers/platform/commands.py``, which reveals the personal values and stores the bytes.

The record is RFC 8785 JSON without any JSON number; its SHA-256 is the ``contentHash`` that
Drafted, Reviewed and Published carry. A random nonce keeps an expired record from being guessed
from its hash. The field policy is data: which source a field has and what each kind of party
shows of it. A field that is withheld is absent, never empty and never ``***``.
Trusts the caller for the revealed values; without one that the policy needs there is no record.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import Final, NamedTuple

from ledger.chain.digests import sha256_digest
from ledger.chain.jcs import canonical_json
from ledger.domain.masking import licence_name, mask_name, trunc_facts
from ledger.domain.penalty_fields import PenaltySource, Text, source_of
from ledger.errors import MalformedError

NONCE_SIZE_BYTES: Final = 16
SHOW: Final = "show"
ABSENT: Final = "absent"  # This kind of party has no such value.
WITHHOLD: Final = "withhold"
PARTY_COLUMNS: Final = ("organisation", "sole_proprietor", "natural")


class FieldRule(NamedTuple):
    """One line of a field policy."""

    code: str  # Field code of 双公示, the member name in the record.
    cn: str
    source: str  # A name in ``penalty_fields.SOURCES``.
    methods: Mapping[str, str]  # Party column -> show, absent, withhold or a masking function.


class FieldPolicy(NamedTuple):
    """The fields of one public view (docs/spec/disclosure-record.md)."""

    view: str
    version: str
    basis: str  # The statutes that the masking rests on.
    fields: tuple[FieldRule, ...]


class Redaction(NamedTuple):
    """What was done to one field, as ``DisclosureDrafted.redactions`` says it."""

    path: str  # RFC 6901 pointer in the record.
    method: str  # ``MASK_NAME``, ``WITHHOLD``, ``TRUNCATE_FACTS``.
    basis: str


class PublicRecord(NamedTuple):
    """A built record; whoever has ``content`` has what the public sees, no more."""

    content: bytes  # RFC 8785 JSON.
    content_hash: str  # ``sha256:`` and 64 hex digits over ``content``.
    redactions: tuple[Redaction, ...]


def parse_policy(text: str) -> FieldPolicy:
    """Return the field policy in a JSON text.

    Raises:
        MalformedError: A member is missing, or a method is unknown.
    """
    data = json.loads(text)
    try:
        fields = tuple(
            FieldRule(
                field["code"],
                field["cn"],
                field["source"],
                {column: field[column] for column in PARTY_COLUMNS},
            )
            for field in data["fields"]
        )
        policy = FieldPolicy(data["view"], data["version"], data["basis"], fields)
    except KeyError as error:
        raise MalformedError(f"field policy without {error.args[0]}") from error
    methods = {method for field in policy.fields for method in field.methods.values()}
    if unknown := methods - {ABSENT, WITHHOLD, "trunc_facts", *_MASKS}:
        raise MalformedError(f"field policy with unknown methods {sorted(unknown)}")
    return policy


def build_record(
    policy: FieldPolicy,
    decision: PenaltySource,
    *,
    version: int,
    nonce: bytes,
    names: Collection[str] = (),
    show_punished_name: bool = False,
) -> PublicRecord:
    """Build the public record of a decision.

    Args:
        policy: Of the view.
        decision: The decision with what was revealed for it.
        version: At least 1; counts the published versions of the disclosure.
        nonce: ``NONCE_SIZE_BYTES`` random bytes.
        names: Whole names of natural persons of the case, masked in the facts.
        show_punished_name: A local rule may show natural persons' names; default off.

    Raises:
        RejectedError: ``RECORD_INCOMPLETE``: a value that the policy shows was never opened.
    """
    assert version >= 1
    assert len(nonce) == NONCE_SIZE_BYTES
    fields: dict[str, Text] = {}
    redactions: list[Redaction] = []
    for rule in policy.fields:
        method = rule.methods[decision.party_column]
        if show_punished_name and rule.source == "party_name":
            method = SHOW
        if method == ABSENT:
            continue
        value = None if method == WITHHOLD else source_of(rule.source, decision)
        if value is not None:
            fields[rule.code] = _masked(value, method, names)
        if method != SHOW and (value is not None or method == WITHHOLD):
            path = f"/fields/{rule.code}"
            redactions.append(Redaction(path, _METHOD_CODES[method], policy.basis))
    agency = {"uscc": decision.agency_id, "name": decision.agency_name}
    content = canonical_json(
        {
            "view": policy.view,
            "version": str(version),
            "nonce": nonce.hex(),
            "fields": fields,
            "agency": agency,
        }
    )
    return PublicRecord(content, sha256_digest(content), tuple(redactions))


def _masked(value: Text, method: str, names: Collection[str]) -> Text:
    """Return a field's text as shown."""
    if isinstance(value, list):
        return [_mask_text(item, method, names) for item in value]
    return _mask_text(value, method, names)


def _mask_text(text: str, method: str, names: Collection[str]) -> str:
    if method == "trunc_facts":
        return trunc_facts(text, names)
    return _MASKS[method](text)


# Codes of ``DisclosureDrafted.redactions``; of a licence it is the number that is withheld.
_METHOD_CODES: Final = {
    "mask_name": "MASK_NAME",
    "trunc_facts": "TRUNCATE_FACTS",
    "licence_name": "WITHHOLD",
    WITHHOLD: "WITHHOLD",
}
_MASKS: Final[Mapping[str, Callable[[str], str]]] = {
    SHOW: str,
    "mask_name": mask_name,
    "licence_name": licence_name,
}

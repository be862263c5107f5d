"""What each control act changes: one small function an event type.

Read before: ``control_records``. Read next: ``control``.

A change first parses all of its payload and then assigns, so a payload that cannot be applied
changes nothing: the control appender tries the change before it makes the entry, and refuses the
act (``R1_MALFORMED``) if it raises. Payloads come from the strict codec; their texts and keys are
judged here. Dictionaries are replaced, never altered in place, because drafts share them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ledger.chain.act import Act
from ledger.chain.avro import compile_codec
from ledger.chain.notes import VerifierKey
from ledger.chain.schema_text import fingerprint, text_hash
from ledger.domain.control_lists import AGENCY_LIST_CHANGES
from ledger.domain.control_records import (
    Agency,
    Credential,
    Emitter,
    Item,
    Ledger,
    Officer,
    ReviewCatalogue,
    Schema,
    SigningKey,
    TransportKey,
    catalogue_rule,
    day_of,
)
from ledger.domain.law_lists import LAW_LIST_CHANGES
from ledger.domain.published_texts import parse_calendar, parse_rule_set
from ledger.errors import LedgerError, MalformedError
from schemas.catalogue import parse_catalogue_json

if TYPE_CHECKING:
    from ledger.domain.control import ControlState

Payload: TypeAlias = Mapping[str, Any]
Change: TypeAlias = Callable[["ControlState", Act, Payload], None]


def _ledger_created(state: ControlState, _act: Act, payload: Payload) -> None:
    state.ledger = Ledger(
        payload["ledger"],
        payload["operator"],
        payload["caseLogs"],
        payload["hashProfile"],
        payload["clock"],
        payload["entries"],
        payload["synthetic"],
        tuple(payload["vkeys"]),
        _verifier_key(payload["platformVkey"], "/platformVkey"),
    )
    for file in payload["schemas"]:
        event_type, dot, version = file["file"].removesuffix(".avsc").rpartition(".v")
        if dot:
            state.add_schema(
                Schema(event_type, int(version), file["text"], fingerprint(file["text"]))
            )


def _schema_published(state: ControlState, _act: Act, payload: Payload) -> None:
    text = payload["text"]
    compile_codec(text)  # Raises what is no schema of ours.
    if payload["textHash"] != text_hash(text):
        raise MalformedError("not the hash of the text", pointer="/textHash")
    if payload["fingerprint"] != fingerprint(text):
        raise MalformedError("not the fingerprint of the text", pointer="/fingerprint")
    known = state.schema_by_fingerprint.get(payload["fingerprint"])
    # One fingerprint has one text for ever: it does not cover our attributes and is no
    # cryptographic hash, so a second text under it would change what old acts mean.
    if known is not None and known.text != text:
        raise MalformedError("another text under a known fingerprint", pointer="/text")
    pair = (payload["subject"], payload["version"])
    if pair in state.schemas and state.schemas[pair].text != text:
        raise MalformedError("another text for a known version", pointer="/text")
    state.add_schema(Schema(*pair, text, payload["fingerprint"]))


def _transport_key(state: ControlState, _act: Act, payload: Payload) -> None:
    key = TransportKey(
        payload["keyId"],
        payload["suite"],
        payload["publicKey"],
        payload["from"],
        payload["to"],
    )
    if state.transport_keys.get(key.key_id, key) != key:
        raise MalformedError("a transport key id is never used again", pointer="/keyId")
    state.transport_keys = {**state.transport_keys, key.key_id: key}


def _rule_set(state: ControlState, _act: Act, payload: Payload) -> None:
    _check_text_hash(payload)
    rules = parse_rule_set(payload)
    # Alerts, deadlines and verdicts name the version and nothing else.
    if any(it.version == rules.version and it != rules for it in state.rule_sets):
        raise MalformedError("another rule set has this version", pointer="/version")
    state.rule_sets = (*state.rule_sets, rules)


def _calendar(state: ControlState, _act: Act, payload: Payload) -> None:
    _check_text_hash(payload)
    year = parse_calendar(payload)
    state.calendar = {**state.calendar, year.year: year}


def _catalogue(state: ControlState, _act: Act, payload: Payload) -> None:
    _check_text_hash(payload)
    try:
        catalogue = parse_catalogue_json(payload["text"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MalformedError("not a catalogue", pointer="/text") from error
    if catalogue.version != payload["version"]:
        raise MalformedError("text names another version", pointer="/version")
    state.catalogue = catalogue


def _emitter_registered(state: ControlState, _act: Act, payload: Payload) -> None:
    name = payload["emitterId"]
    key = _named_key(payload, name)
    old = state.emitters.get(name)
    _check_name_is_free(state, name)
    keys = _with_key(() if old is None else old.keys, key, payload["validFrom"])
    state.emitters = {
        **state.emitters,
        name: Emitter(
            name,
            payload["kind"],
            frozenset(payload["agencyIds"]),
            frozenset(payload["eventTypes"]),
            keys,
        ),
    }


def _emitter_key_rotated(state: ControlState, _act: Act, payload: Payload) -> None:
    emitter = _emitter(state, payload)
    key = _named_key(payload, emitter.emitter_id)
    at = payload["validFrom"]
    keys = _ended(emitter.keys, payload["oldVkey"], at, "/oldVkey")
    _replace_emitter(state, emitter._replace(keys=_with_key(keys, key, at)))


def _emitter_key_revoked(state: ControlState, _act: Act, payload: Payload) -> None:
    emitter = _emitter(state, payload)
    keys = _ended(emitter.keys, payload["vkey"], payload["revokedAt"], "/vkey")
    _replace_emitter(state, emitter._replace(keys=keys))


def _officer_key_registered(state: ControlState, _act: Act, payload: Payload) -> None:
    officer_id = payload["officerId"]
    key = _named_key(payload, officer_id)
    if officer_id in state.emitters:
        raise MalformedError("the name of an emitter", pointer="/officerId")
    keys = _with_key(state.person_keys.get(officer_id, ()), key, payload["validFrom"])
    state.person_keys = {**state.person_keys, officer_id: keys}


def _log_key_added(state: ControlState, _act: Act, payload: Payload) -> None:
    _named_key(payload, payload["origin"])
    state.log_keys = (*state.log_keys, (payload["origin"], payload["vkey"]))


def _simulation_ended(state: ControlState, _act: Act, _payload: Payload) -> None:
    state.simulation_ended = True


def _agency_registered(state: ControlState, _act: Act, payload: Payload) -> None:
    agency = Agency(
        payload["uscc"],
        payload["name"],
        payload["regionCode"],
        payload["level"],
        payload["kind"],
        payload["superiorId"],
    )
    state.agencies = {**state.agencies, agency.agency_id: agency}


def _officer_registered(state: ControlState, act: Act, payload: Payload) -> None:
    old = state.officers.get(act.aggregate_id)
    officer = Officer(
        act.aggregate_id,
        payload["name"],
        payload["agencyId"],
        payload["category"],
        () if old is None else old.credentials,
    )
    state.officers = {**state.officers, officer.officer_id: officer}


def _credential_issued(state: ControlState, act: Act, payload: Payload) -> None:
    credential = Credential(
        payload["credentialNo"],
        frozenset(payload["scope"]),
        payload["regionCode"],
        payload["validFrom"],
        payload["validTo"],
        (),
        None,
    )
    _change_credentials(state, act, lambda held: (*held, credential))


def _credential_suspended(state: ControlState, act: Act, payload: Payload) -> None:
    span = (payload["from"], payload["to"])
    _change_credential(
        state,
        act,
        payload["credentialNo"],
        lambda it: it._replace(suspensions=(*it.suspensions, span)),
    )


def _credential_reinstated(state: ControlState, act: Act, payload: Payload) -> None:
    at = payload["from"]

    def ended(credential: Credential) -> Credential:
        spans = tuple(
            (start, at if end is None or end > at else end) for start, end in credential.suspensions
        )
        return credential._replace(suspensions=spans)

    _change_credential(state, act, payload["credentialNo"], ended)


def _credential_revoked(state: ControlState, act: Act, payload: Payload) -> None:
    at = payload["effectiveAt"]
    _change_credential(state, act, payload["credentialNo"], lambda it: it._replace(ended_at=at))


def _credential_replaced(state: ControlState, act: Act, payload: Payload) -> None:
    """The new number takes over what the old one was, and what speaks against it."""
    at = act.occurred_at

    def replaced(held: tuple[Credential, ...]) -> tuple[Credential, ...]:
        ended = [
            it._replace(ended_at=at) if it.credential_no == payload["oldNo"] else it for it in held
        ]
        new = [
            it._replace(credential_no=payload["newNo"], valid_from=day_of(at))
            for it in held
            if it.credential_no == payload["oldNo"]
        ]
        return (*ended, *new)

    _change_credentials(state, act, replaced)


def _item_registered(state: ControlState, act: Act, payload: Payload) -> None:
    item = Item(
        payload["itemCode"],
        act.agency_id,
        payload["name"],
        payload["actKind"],
        payload["majorHint"],
        None,
    )
    state.items = {**state.items, item.item_code: item}


def _item_retired(state: ControlState, _act: Act, payload: Payload) -> None:
    item = state.items.get(payload["itemCode"])
    if item is not None:
        retired = item._replace(retired_from=payload["effectiveFrom"])
        state.items = {**state.items, item.item_code: retired}


def _review_catalogue(state: ControlState, act: Act, payload: Payload) -> None:
    catalogue = ReviewCatalogue(
        payload["catalogueId"],
        payload["version"],
        tuple(catalogue_rule(rule) for rule in payload["rules"]),
        payload["effectiveFrom"],
    )
    held = state.review_catalogues.get(act.agency_id, ())
    state.review_catalogues = {**state.review_catalogues, act.agency_id: (*held, catalogue)}


CHANGES: Final[Mapping[str, Change]] = {
    "LedgerCreated": _ledger_created,
    "SchemaPublished": _schema_published,
    "VaultTransportKeyPublished": _transport_key,
    "RuleSetPublished": _rule_set,
    "CalendarVersionPublished": _calendar,
    "CatalogueVersionPublished": _catalogue,
    "EmitterRegistered": _emitter_registered,
    "EmitterKeyRotated": _emitter_key_rotated,
    "EmitterKeyRevoked": _emitter_key_revoked,
    "OfficerKeyRegistered": _officer_key_registered,
    "LogKeyAdded": _log_key_added,
    "SimulationEnded": _simulation_ended,
    "AgencyRegistered": _agency_registered,
    "OfficerRegistered": _officer_registered,
    "CredentialIssued": _credential_issued,
    "CredentialSuspended": _credential_suspended,
    "CredentialReinstated": _credential_reinstated,
    "CredentialRevoked": _credential_revoked,
    "CredentialReplaced": _credential_replaced,
    "EnforcementItemRegistered": _item_registered,
    "EnforcementItemRetired": _item_retired,
    "ReviewCatalogueAdopted": _review_catalogue,
    "ReviewCatalogueAmended": _review_catalogue,
    **LAW_LIST_CHANGES,
    **AGENCY_LIST_CHANGES,
}


def _verifier_key(vkey: str, pointer: str) -> VerifierKey:
    try:
        return VerifierKey.from_vkey(vkey)
    except LedgerError as error:
        raise MalformedError("not a vkey", pointer=pointer) from error


def _named_key(payload: Payload, name: str) -> VerifierKey:
    key = _verifier_key(payload["vkey"], "/vkey")
    if key.name != name:
        raise MalformedError("the key has another name", pointer="/vkey")
    return key


def _check_name_is_free(state: ControlState, name: str) -> None:
    """Refuse a name that already signs as something else: names of keys are disjoint."""
    ledger = state.ledger
    if ledger is not None and name == ledger.platform_key.name:
        raise MalformedError("the platform's name", pointer="/emitterId")
    if name in state.person_keys:
        raise MalformedError("a person's name", pointer="/emitterId")


def _with_key(
    keys: tuple[SigningKey, ...], key: VerifierKey, valid_from: int
) -> tuple[SigningKey, ...]:
    for held in keys:
        if held.key == key:
            return keys  # Registered again, with other agencies or types.
        if held.key.key_id == key.key_id:
            raise MalformedError("another key with this name and id is known", pointer="/vkey")
    return (*keys, SigningKey(key, valid_from, None))


def _ended(
    keys: tuple[SigningKey, ...], vkey: str, at: int, pointer: str
) -> tuple[SigningKey, ...]:
    """Return ``keys`` with one of them ended; an end once set only moves forward in time."""
    key_id = _verifier_key(vkey, pointer).key_id
    if all(held.key.key_id != key_id for held in keys):
        raise MalformedError("not a key of this name", pointer=pointer)
    return tuple(
        held._replace(ended_at=at if held.ended_at is None else min(at, held.ended_at))
        if held.key.key_id == key_id
        else held
        for held in keys
    )


def _emitter(state: ControlState, payload: Payload) -> Emitter:
    emitter = state.emitters.get(payload["emitterId"])
    if emitter is None:
        raise MalformedError("no such emitter", pointer="/emitterId")
    return emitter


def _replace_emitter(state: ControlState, emitter: Emitter) -> None:
    state.emitters = {**state.emitters, emitter.emitter_id: emitter}


def _change_credentials(
    state: ControlState,
    act: Act,
    change: Callable[[tuple[Credential, ...]], tuple[Credential, ...]],
) -> None:
    """Change what an officer holds; an officer nobody registered is one with credentials only."""
    officer = state.officers.get(act.aggregate_id) or Officer(
        act.aggregate_id, "", act.agency_id, "ENFORCEMENT", ()
    )
    changed = officer._replace(credentials=change(officer.credentials))
    state.officers = {**state.officers, changed.officer_id: changed}


def _change_credential(
    state: ControlState, act: Act, credential_no: str, change: Callable[[Credential], Credential]
) -> None:
    _change_credentials(
        state,
        act,
        lambda held: tuple(change(it) if it.credential_no == credential_no else it for it in held),
    )


def _check_text_hash(payload: Payload) -> None:
    if payload["textHash"] != text_hash(payload["text"]):
        raise MalformedError("not the hash of the text", pointer="/textHash")

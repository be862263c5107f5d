"""Rules of who may act (执法资格): credentials, two officers, recusal, reviewers' qualification.

Read before: ``law``. Read next: ``procedure``. Statutes: 行政处罚法 arts. 42, 43, 55, 58, 76,
行政强制法 art. 18.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ledger.chain.act import Act, Actor
from ledger.domain.control import ControlState
from ledger.domain.control_records import Credential
from ledger.domain.stream import StreamAct
from ledger.rules.violations.chronicle import ALL_TYPES, first, found, officer_subject, when
from ledger.rules.violations.law import listed
from ledger.rules.violations.people import (
    HANDLING,
    People,
    acting_handlers,
    named_handlers,
    reviewer,
)
from ledger.rules.violations.rule import BOOK, Finding, Sight

_AUXILIARY: Final = "AUXILIARY"


def may_act(control: ControlState, actor: Actor, at: int, agency_id: str, kind: str | None) -> bool:
    """Tell whether an officer had a valid credential for an act (行政处罚法 art. 42).

    Judged by what ``control`` knows; with a later state of the control log it tells of a
    suspension that was learnt after the act.

    Args:
        control: The register.
        actor: The officer; a credential that is cited must be the valid one, if it is known.
        at: When the act happened, microseconds UTC.
        agency_id: The agency acted for, in whose region the credential must count.
        kind: The kind of enforcement that its scope must cover; None: not known.
    """
    officer = control.officers.get(actor.officer_id)
    held = () if officer is None else officer.credentials
    cited = tuple(it for it in held if it.credential_no == actor.credential_no)
    agency = control.agencies.get(agency_id)
    region = None if agency is None else agency.region_code
    return any(
        it.is_valid(at) and _covers(it, region) and (kind is None or kind in it.scope)
        for it in cited or held
    )


def _covers(credential: Credential, region: str | None) -> bool:
    """Tell whether a credential counts in a region: GB/T 2260 codes of a whole end in zeros."""
    whole = credential.region_code
    while whole.endswith("00"):
        whole = whole.removesuffix("00")
    return region is None or region.startswith(whole)


def act_kind(control: ControlState, act: Act) -> str | None:
    """Return the kind of enforcement that an act is part of, None if that is not known."""
    if act.aggregate_type == "Measure":
        return "COERCION"
    known = control.items.get(act.item_code or "")
    return None if known is None else known.act_kind


@BOOK.rule("V-CRED-01", *ALL_TYPES)
def no_valid_credential(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 arts. 42, 76: who enforces holds a credential valid at that moment."""
    item = sight.item
    for actor in item.act.actors:
        if actor.role in HANDLING and not may_act(
            sight.control, actor, when(item), item.act.agency_id, act_kind(sight.control, item.act)
        ):
            yield Finding(officer_subject(actor.officer_id, item))


@BOOK.rule("V-CRED-02", *ALL_TYPES)
def fewer_than_two_officers(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 42, 行政强制法 art. 18(2): two officers; auxiliary staff do not count."""
    item = sight.item
    if item.event_type not in listed(sight.rules, "two_officer_acts"):
        return
    if item.act.item_code in listed(sight.rules, "single_officer_items"):
        return
    officers = [it for it in acting_handlers(item) if not _is_auxiliary(sight, it)]
    if len(officers) < 2:
        yield found(sight, item)


@BOOK.rule("V-CRED-03", *ALL_TYPES, cured_by=("CredentialsShown",))
def credentials_not_shown(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 55, 行政强制法 art. 18(3): credentials are shown before acting on site."""
    if sight.item.event_type in listed(sight.rules, "on_site_acts"):
        shown = first(sight, "CredentialsShown")
        if shown is None or when(shown) > when(sight.item):
            causes = () if shown is None else (shown.act.event_id,)
            yield Finding(sight.matter.stream_id, causes)


@BOOK.rule("V-CRED-04", *ALL_TYPES)
def acted_after_recusal(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 43: an officer whose recusal was granted acts no more in the matter."""
    item, people = sight.item, sight.matter.part(People)
    for actor in item.act.actors:
        grant = people.recused(actor.officer_id)
        if grant and when(grant) < when(item) and _must_recuse(sight, item, actor.officer_id):
            subject = officer_subject(actor.officer_id, item)
            yield Finding(subject, (grant.act.event_id,))
    if item.event_type == "RecusalDecided" and item.payload["granted"]:
        officer_id = item.payload["against"]
        later = people.latest(officer_id)
        if later and when(item) < when(later) and _must_recuse(sight, later, officer_id):
            yield Finding(officer_subject(officer_id, later), (later.act.event_id,))


def _must_recuse(sight: Sight, item: StreamAct, officer_id: str) -> bool:
    roles = {it.role for it in item.act.actors if it.officer_id == officer_id}
    return bool(roles & listed(sight.rules, "recusal_roles"))


@BOOK.rule("V-CRED-05", "LegalReviewAccepted", "LegalReviewConcluded")
def unqualified_reviewer(sight: Sight) -> Iterator[Finding]:
    """行政处罚法 art. 58: who begins to review penalties has the legal qualification."""
    officer_id = reviewer(sight.item)
    if officer_id is not None:
        since = sight.control.reviewers.get(officer_id)
        if since is None or since > when(sight.item):
            yield Finding(officer_id)


@BOOK.rule("V-CRED-06", *ALL_TYPES)
def auxiliary_staff_enforce(sight: Sight) -> Iterator[Finding]:
    """国办发〔2024〕54号: auxiliary staff assist, they do not enforce."""
    for officer_id in named_handlers(sight.item):
        if _is_auxiliary(sight, officer_id):
            yield Finding(officer_subject(officer_id, sight.item))


def _is_auxiliary(sight: Sight, officer_id: str) -> bool:
    officer = sight.control.officers.get(officer_id)
    return officer is not None and officer.category == _AUXILIARY

"""The page of one decision, with its proof: what a citizen, a journalist or a court looks at.

Read before: ``projections/disclosure/projection.py``. Read next: ``ledger/chain/verify.py``.

All that the page says comes from the public record, byte for byte the one that the ledger's entry
carries the hash of, or from that entry, which must be this disclosure's publication; the view only
finds them. A script of ours checks page, record, entry, tree path and checkpoint in the visitor's
browser (``portal/static/verify.js``). Whoever controls this server controls page and
script alike; so the page also says how to repeat the check with a program from elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import Response

from ledger.domain.public_record import FieldPolicy, parse_policy
from portal.api.disclosures import DisclosureId, public_row, record_bytes
from portal.pages import page
from portal.public.published_act import published_act
from portal.resources import Resources
from projections.disclosure.view import TombstoneRow
from schemas.loader import schema_text

router = APIRouter(include_in_schema=False)

NUMBER_FIELD: Final = "CF_WSH"  # The decision's number, the page's heading.
AGENCY_FIELD: Final = "CF_CFJG"  # Who decided.
POLICY_FILES: Final = {"PV-08": "disclosure/pv-08.json"}


class ShownField(NamedTuple):
    """One line of the page; the values are the record's own, in its order."""

    code: str
    label: str
    values: list[str]


@router.get("/disclosures/{disclosure_id}")
def show_decision(request: Request, disclosure_id: DisclosureId) -> Response:
    """Show a published record with its proof, or the notice of its withdrawal.

    Raises:
        ProblemError: NOT_FOUND: it never was, or its time is over; the two look the same.
        UnavailableError: The object store has not got the record.
        VerificationError: The view shows another record or act than the ledger published.
    """
    resources: Resources = request.app.state.resources
    row = public_row(resources, disclosure_id)
    sizes = resources.view_sizes("disclosure")
    if isinstance(row, TombstoneRow):
        return page(
            request, "tombstone.html", status_code=410, view_sizes=sizes, logs=[row.log], row=row
        )
    published = published_act(resources, row)
    record = json.loads(record_bytes(resources, published.content_hash))
    facts = resources.facts
    return page(
        request,
        "decision.html",
        view_sizes=sizes,
        logs=[row.log],
        disclosure_id=row.disclosure_id,
        log=row.log,
        published=published,
        number=field_text(record, NUMBER_FIELD),
        number_field=NUMBER_FIELD,
        agency=field_text(record, AGENCY_FIELD),
        agency_field=AGENCY_FIELD,
        fields=shown_fields(record),
        origin=facts.origin(row.log),
        # The newest key last: checkpoints of today are signed by it.
        vkey=facts.vkeys[row.log][-1],
        base=str(request.base_url).rstrip("/"),
    )


def shown_fields(record: dict[str, object]) -> list[ShownField]:
    """Return the record's fields with their Chinese names, in the policy's order.

    A field that the policy does not name is shown last under its code, so the page never hides
    what the record holds.
    """
    fields = record["fields"]
    assert isinstance(fields, dict)
    labels = _labels(str(record["view"]))
    order = [code for code in labels if code in fields]
    order += sorted(code for code in fields if code not in labels)
    return [ShownField(code, labels.get(code, code), _values(fields[code])) for code in order]


def field_text(record: Mapping[str, Any], code: str) -> str | None:
    """Return the text of one of the record's fields, None where it has no such field."""
    values = _values(record["fields"].get(code, []))
    return "".join(values) or None


def _values(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


@lru_cache(maxsize=16)
def _labels(view: str) -> dict[str, str]:
    file = POLICY_FILES.get(view)
    if file is None:
        return {}
    policy: FieldPolicy = parse_policy(schema_text(file))
    return {rule.code: rule.cn for rule in policy.fields}

"""``lianzheng gate``: the decision gate, asked before a decision is made."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from ledger.chain.identifiers import uscc_ok
from portal.cli import output
from portal.cli.context import DEFAULT_DATA, DataOption, JsonOption

app = typer.Typer(
    name="gate",
    help="Permits of decisions: request, show; what is a major decision: catalogue.",
    no_args_is_help=True,
)
DRAFT_HASH = re.compile(r"(blake3|sm3|sha256):[0-9a-f]{64}")
UrlOption = Annotated[
    str | None, typer.Option(metavar="URL", help="Address of the portal; else that of run.json.")
]
TokenOption = Annotated[
    Path | None,
    typer.Option(
        "--token",
        metavar="FILE",
        help="API token of an account; else the clerk's in DIR.",
        dir_okay=False,
    ),
]


def check_draft_hash(text: str) -> str:
    """Return a digest, or say what one is. Raises BadParameter, exit 2."""
    if DRAFT_HASH.fullmatch(text) is None:
        raise typer.BadParameter(f"{text!r} is not sha256:, blake3: or sm3: and 64 hex digits")
    return text


def check_agency(text: str) -> str:
    """Return a credit code, or say what one is. Raises BadParameter, exit 2."""
    if not uscc_ok(text):
        raise typer.BadParameter(f"{text!r} is not a unified social credit code")
    return text


def check_day(text: str | None) -> str | None:
    """Return a day, or say what one is. Raises BadParameter, exit 2."""
    try:
        return None if text is None else dt.date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a day, YYYY-MM-DD") from error


def check_id(text: str) -> str:
    """Return an event id, or say what one is. Raises BadParameter, exit 2."""
    try:
        return str(UUID(text))
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a UUID") from error


@app.command()
def request(
    case: Annotated[str, typer.Argument(metavar="CASE", help="Id of a case, case:<uuid>.")],
    draft_hash: Annotated[
        str,
        typer.Option(
            metavar="HASH", help="Digest of the draft, sha256:<hex>.", callback=check_draft_hash
        ),
    ],
    declared: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Ground on which it is major, STAT-1; repeatable."),
    ] = None,
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Ask whether a draft decision may be made, with the penalty that the case proposed last.

    The permit is the receipt: --json prints it. Exit status: 0 there is a permit; 4 it is refused,
    with the rules, or the account may not ask; 2 the request or the case is none; 3 the portal is
    away; 10 the ledger does not prove what it claims.
    """
    from portal.programs.permit import request_permit

    body = {"case_id": case, "draft_hash": draft_hash, "declared": declared or []}
    _report(request_permit(data, url, token, body), as_json=as_json)


@app.command()
def show(
    gate: Annotated[
        str, typer.Argument(metavar="ID", help="Id of a request or of a permit.", callback=check_id)
    ],
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Show what the ledger said of a request for a permit.

    Exit status: 0 it is shown, permit or refusal; 2, 3, 4 and 10 as of request.
    """
    from portal.programs.permit import read_permit

    _report(read_permit(data, url, token, gate), as_json=as_json)


@app.command()
def catalogue(
    agency: Annotated[
        str,
        typer.Argument(metavar="AGENCY", help="Credit code of an agency.", callback=check_agency),
    ],
    on: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="In force on this day; else today.", callback=check_day),
    ] = None,
    url: UrlOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Show the catalogue of major decisions in force, and what of the higher ones is missing."""
    from portal.programs.permit import read_catalogue

    document = read_catalogue(data, url, agency, on)
    if as_json:
        output.emit_json(document)
        return
    for name, heads in (("catalogue", [document["catalogue"]]), ("higher", document["higher"])):
        for head in filter(None, heads):
            whose = head["agency_id"] or "default"
            output.show(f"{name:9} {whose} {head['version']} since {head['effective_from']}")
    for rule in document["rules"]:
        mark = "missing" if rule["is_missing"] else "in force"
        output.show(f"{mark:9} {rule['rule_id']} {rule['version']}  {rule['text']}")


def _report(document: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        output.emit_json(document)
        return
    for name in ("outcome", "gate_id", "case_id", "draft_hash", "is_major", "valid_until"):
        output.show(f"{name:11} {document[name]}")
    for rule in document["matched"]:
        output.show(
            f"{'major by':11} {rule['rule_id']} {rule['catalogue_version']}  {rule['text']}"
        )
    for rule in document["failed_rules"]:
        output.show(f"{rule['rule_id']:11} {rule['text']}  {rule['basis']}")

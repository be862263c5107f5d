"""Asking for a decision's permit from the command line: over HTTP, as the agency's clerk does.

Read before: ``portal/cli/gate.py``. Read next: ``portal/api/decision_gate.py``.

The command has no way of its own to the ledger: whoever asks has an account, and the portal decides
what that account may do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any, Final

from consumers.emitter.http_line import intake_address
from ledger.errors import (
    LedgerError,
    MalformedError,
    RejectedError,
    UnavailableError,
    VerificationError,
)
from portal.cli.context import read_run

PATH: Final = "/v1/decision-gate"
CATALOGUES: Final = "/v1/registers/review-catalogues"
_TIMEOUT_S: Final = 30.0
_ANSWER_BYTES_MAX: Final = 1024 * 1024
_DONE: Final = frozenset({200, 201})
_AWAY: Final = frozenset({408, 429, 502, 503, 504})
_MISTAKE: Final = frozenset({400, 404, 413, 415, 422})
_FAILED: Final = 500
_NOT_PROVEN: Final = "NOT_PROVEN"


def request_permit(
    data: Path, url: str | None, token_file: Path | None, body: Mapping[str, Any]
) -> dict[str, Any]:
    """Ask for a permit; return the answer's document.

    Args:
        data: Data folder, for the portal's address and the clerk's token where none are given.
        url: Of the portal.
        token_file: File with the API token of an account.
        body: What ``POST /v1/decision-gate`` takes.

    Raises:
        RejectedError: The gate, or the account's role, refuses; the rules are in the sentence.
        MalformedError: The request is not what it must be, or the case is unknown.
        UnavailableError: No portal answers, or it cannot now.
        VerificationError: The ledger does not prove what it claims.
        LedgerError: The portal has failed.
    """
    return ask_portal(data, url, token_file, "POST", PATH, body)


def read_permit(
    data: Path, url: str | None, token_file: Path | None, gate_id: str
) -> dict[str, Any]:
    """Return what the ledger said of a request. Raises as ``request_permit``."""
    return ask_portal(data, url, token_file, "GET", f"{PATH}/{gate_id}", None)


def read_catalogue(data: Path, url: str | None, agency_id: str, on: str | None) -> dict[str, Any]:
    """Return the catalogue of major decisions in force for an agency. Raises as above."""
    query = "" if on is None else f"?on={on}"
    return ask_portal(
        data, url, None, "GET", f"{CATALOGUES}/{agency_id}{query}", None, is_public=True
    )


def ask_portal(
    data: Path,
    url: str | None,
    token_file: Path | None,
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
    role: str = "clerk",
    *,
    is_public: bool = False,
) -> dict[str, Any]:
    """Return the document with which the portal answers an account.

    Args:
        data: Data folder, for the portal's address and the role's token where none are given.
        url: Of the portal.
        token_file: File with the API token of an account.
        method: GET or POST.
        path: With its query.
        body: What is posted.
        role: Whose token of the data folder is used where no file is given.
        is_public: Whether the portal answers without an account.

    Raises:
        RejectedError, MalformedError, UnavailableError: As ``request_permit``.
    """
    address = intake_address(url or str(read_run(data)["http"]))
    headers = {"Accept-Language": "zh"}
    if not is_public:
        headers["Authorization"] = f"Bearer {_token(data, token_file, role)}"
    if body is not None:
        headers["Content-Type"] = "application/json"
    kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
    connection = kind(address.hostname or "", address.port, timeout=_TIMEOUT_S)
    said = None if body is None else json.dumps(body).encode()
    try:
        connection.request(method, address.path.rstrip("/") + path, said, headers)
        response = connection.getresponse()
        document = json.loads(response.read(_ANSWER_BYTES_MAX))
    except (OSError, HTTPException, ValueError) as error:
        raise UnavailableError(f"the portal is away: {type(error).__name__}") from error
    finally:
        connection.close()
    return _document(response.status, document)


def _token(data: Path, token_file: Path | None, role: str) -> str:
    file = token_file or data / "keys" / "logins" / f"{role}.token"
    try:
        return file.read_text().strip()
    except OSError as error:
        raise UnavailableError(f"{file} cannot be read; name one with --token FILE") from error


def _document(status: int, document: Any) -> dict[str, Any]:
    """Return the answer of the portal, or raise what its status and code stand for."""
    if not isinstance(document, dict):
        raise UnavailableError(f"what answers is no portal: {status}")
    if status in _DONE:
        return document
    code = str(document.get("code", "INTERNAL"))
    text = "：".join(filter(None, [str(document.get("title", status)), _details(document)]))
    if code == _NOT_PROVEN:
        raise VerificationError(text)
    if status in _AWAY:
        raise UnavailableError(text)
    if status in _MISTAKE:
        raise MalformedError(text, code=code)
    if status >= _FAILED:
        raise LedgerError(f"{text} ({document.get('trace_id', status)})")
    raise RejectedError(code, text)


def _details(document: Mapping[str, Any]) -> str:
    """Return what a problem says besides its title: rules, values at fault, what is not proven."""
    rules = document.get("failed_rules", [])
    faults = document.get("errors", [])
    words = [f"{one['rule_id']} {one['text']}（{one['basis']}）" for one in rules]
    words += [f"{one['pointer']} {one['message']}" for one in faults]
    if not words:
        words = [str(document.get("finding") or document.get("detail") or "")]
    return "；".join(words)

"""Asks a running portal for permits of decisions, as clerks of the case's agency and of others."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from ledger.clock import system_random
from portal.auth import EVERY_AGENCY, Account, add_login, create_logins
from portal.permissions import Role
from tests.support.api import Reply, ask
from tests.support.control import OPERATOR
from tests.support.running import RunningLedger

DRAFT: Final = "sha256:" + "5a" * 32
WARNING: Final = [{"kind": "WARNING"}]


def add_strangers(keys_dir: Path) -> None:
    """Make the accounts of simulated data, and two of an agency without cases, before a start."""
    create_logins(keys_dir, system_random, EVERY_AGENCY)
    for role in (Role.CLERK, Role.SUPERVISOR):
        stranger = Account(f"stranger-{role}", role, f"person:stranger-{role}", OPERATOR)
        add_login(keys_dir, stranger, system_random)


def unreviewed_case(ledger: RunningLedger) -> str:
    """Return a case of which no draft was ever reviewed."""
    for row in ask(ledger, "/v1/cases?limit=100", role="supervisor").document["items"]:
        path = f"/v1/cases/{row['case_id']}/entries?limit=2000"
        entries = ask(ledger, path, role="supervisor").document["items"]
        if not any(entry["aggregate_id"].startswith("review:") for entry in entries):
            return str(row["case_id"])
    raise AssertionError("every case was reviewed")


def asking_permit(
    ledger: RunningLedger, case: str, role: str | None = "clerk", key: str = "", **more: Any
) -> Reply:
    """Ask for the permit of a warning."""
    body = {"case_id": case, "draft_hash": DRAFT, "proposed_penalty": WARNING, **more}
    headers = {"idempotency_key": key} if key else {}
    return ask(ledger, "/v1/decision-gate", "POST", body, role=role, **headers)

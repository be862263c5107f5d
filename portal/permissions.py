"""Who may do what: one table, read by every door.

Read before: docs/spec/intake.md. Read next: ``portal/auth.py``.

A role that is not in a row is refused. The table is data: a new door adds a row, no code.
The gates of the ledger (two different people, an open window, a clean scan) are not here; they
are decided where the act is appended, so a hole in this table cannot open them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """The eight roles; ``PUBLIC`` is everybody without a login."""

    CLERK = "clerk"
    APPROVER = "approver"
    REVIEWER = "reviewer"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    ARCHIVIST = "archivist"
    OPERATOR = "operator"
    PUBLIC = "public"


ROLE_NAMES: Final[dict[Role, str]] = {
    Role.CLERK: "经办人",
    Role.APPROVER: "批准人",
    Role.REVIEWER: "审核人",
    Role.SUPERVISOR: "执法监督员",
    Role.AUDITOR: "审计员",
    Role.ARCHIVIST: "档案管理员",
    Role.OPERATOR: "运维人员",
    Role.PUBLIC: "公众",
}

LOGIN_ROLES: Final[tuple[Role, ...]] = tuple(role for role in Role if role is not Role.PUBLIC)

_STAFF: Final = frozenset(
    {
        Role.CLERK,
        Role.APPROVER,
        Role.REVIEWER,
        Role.SUPERVISOR,
        Role.AUDITOR,
        Role.ARCHIVIST,
    }
)
# They look into the matters of every agency; everybody else into those of the own one.
OVERSEERS: Final = frozenset({Role.SUPERVISOR, Role.AUDITOR})


class Permission(StrEnum):
    """What a door asks for."""

    READ_CASES = "read_cases"
    READ_RETRIEVALS = "read_retrievals"
    READ_ALERTS = "read_alerts"
    READ_INDICATORS = "read_indicators"
    READ_DEADLINES = "read_deadlines"
    READ_ORGANISATION = "read_organisation"
    READ_DISCRETION = "read_discretion"
    READ_CORRELATION = "read_correlation"
    READ_RECONCILIATION = "read_reconciliation"
    READ_ENTRIES = "read_entries"
    READ_DISCLOSURE_WORK = "read_disclosure_work"
    DRAFT_DISCLOSURE = "draft_disclosure"
    REVIEW_DISCLOSURE = "review_disclosure"
    PUBLISH_DISCLOSURE = "publish_disclosure"
    WITHDRAW_DISCLOSURE = "withdraw_disclosure"
    REQUEST_RETRIEVAL = "request_retrieval"
    DECIDE_RETRIEVAL = "decide_retrieval"
    ACCESS_RECORD = "access_record"
    REQUEST_PERMIT = "request_permit"
    ADVISE_DISCRETION = "advise_discretion"


PERMISSIONS: Final[dict[Permission, frozenset[Role]]] = {
    Permission.READ_CASES: _STAFF,
    Permission.READ_RETRIEVALS: frozenset({Role.SUPERVISOR, Role.AUDITOR, Role.ARCHIVIST}),
    Permission.READ_ALERTS: frozenset({Role.SUPERVISOR, Role.AUDITOR}),
    Permission.READ_INDICATORS: frozenset({Role.SUPERVISOR, Role.AUDITOR}),
    Permission.READ_DEADLINES: _STAFF,
    Permission.READ_ORGANISATION: _STAFF,
    Permission.READ_DISCRETION: _STAFF,
    Permission.READ_CORRELATION: frozenset({Role.SUPERVISOR, Role.AUDITOR}),
    Permission.READ_RECONCILIATION: frozenset({Role.SUPERVISOR, Role.AUDITOR}),
    Permission.READ_ENTRIES: frozenset({Role.AUDITOR}),
    Permission.READ_DISCLOSURE_WORK: frozenset(
        {Role.CLERK, Role.REVIEWER, Role.APPROVER, Role.SUPERVISOR}
    ),
    Permission.DRAFT_DISCLOSURE: frozenset({Role.CLERK}),
    Permission.REVIEW_DISCLOSURE: frozenset({Role.REVIEWER}),
    Permission.PUBLISH_DISCLOSURE: frozenset({Role.APPROVER}),
    Permission.WITHDRAW_DISCLOSURE: frozenset({Role.APPROVER, Role.SUPERVISOR}),
    Permission.REQUEST_RETRIEVAL: frozenset(
        {Role.CLERK, Role.REVIEWER, Role.SUPERVISOR, Role.AUDITOR}
    ),
    Permission.DECIDE_RETRIEVAL: frozenset({Role.APPROVER, Role.ARCHIVIST}),
    Permission.ACCESS_RECORD: frozenset({Role.CLERK, Role.REVIEWER, Role.SUPERVISOR, Role.AUDITOR}),
    Permission.REQUEST_PERMIT: frozenset({Role.CLERK}),
    Permission.ADVISE_DISCRETION: frozenset({Role.CLERK}),
}


def may(role: Role, permission: Permission) -> bool:
    """Return whether ``role`` is in the row of ``permission``."""
    return role in PERMISSIONS[permission]

"""All rules of single streams, and what their families remember of a matter.

Read before: ``engine``. A new module of rules is named here once, with its parts if it has any.
"""

from __future__ import annotations

from typing import Final

from ledger.domain.machines import Courses
from ledger.rules.violations import (
    case_course,
    coercion,
    credentials,
    custody,
    decision,
    evidence,
    execution,
    hearing,
    inspection,
    integrity,
    organisation,
    procedure,
    publication,
    qualification,
    recording,
    retrieval,
    review,
    service,
    summary_procedure,
    timing,
)
from ledger.rules.violations.access import Accesses
from ledger.rules.violations.chronicle import Chronicle
from ledger.rules.violations.coercion import Measures
from ledger.rules.violations.custody import Custody
from ledger.rules.violations.evidence import Evidences
from ledger.rules.violations.inspection import Promises
from ledger.rules.violations.matter import Part
from ledger.rules.violations.payments import Payments
from ledger.rules.violations.people import People
from ledger.rules.violations.publications import Publications
from ledger.rules.violations.recordings import Recordings
from ledger.rules.violations.rule import BOOK, RuleBook
from ledger.rules.violations.service import Services
from ledger.rules.violations.summary_procedure import SummaryFilings

MODULES: Final = (
    credentials,
    procedure,
    hearing,
    decision,
    summary_procedure,
    case_course,
    review,
    coercion,
    execution,
    evidence,
    custody,
    recording,
    service,
    publication,
    retrieval,
    inspection,
    integrity,
    qualification,
    organisation,
    timing,
)
PARTS: Final[tuple[type[Part], ...]] = (
    Chronicle,
    People,
    SummaryFilings,
    Measures,
    Payments,
    Recordings,
    Evidences,
    Custody,
    Services,
    Publications,
    Accesses,
    Promises,
    Courses,
)

__all__ = ["BOOK", "MODULES", "PARTS", "RuleBook"]

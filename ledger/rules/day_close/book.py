"""All rules of the day's end, in the order in which they find.

Read before: ``closing``. A new rule is named here once.
"""

from __future__ import annotations

from typing import Final

from ledger.rules.day_close.access_volume import AccessVolume
from ledger.rules.day_close.annual_report import AnnualReports
from ledger.rules.day_close.corrections import ManyCorrections
from ledger.rules.day_close.document_numbers import DocumentNumbers
from ledger.rules.day_close.ex_ante_lists import OldLists
from ledger.rules.day_close.follow_up import FollowUps
from ledger.rules.day_close.inspections import InspectionFrequency
from ledger.rules.day_close.late_credentials import LateCredentials
from ledger.rules.day_close.repeated_fine import RepeatedFines
from ledger.rules.day_close.rule import DayRule
from ledger.rules.day_close.sequence import SequenceGaps

DAY_RULES: Final[tuple[DayRule, ...]] = (
    LateCredentials(),
    RepeatedFines(),
    DocumentNumbers(),
    InspectionFrequency(),
    OldLists(),
    AccessVolume(),
    AnnualReports(),
    FollowUps(),
    SequenceGaps(),
    ManyCorrections(),
)
DAY_RULES_BY_ID: Final = {rule.rule_id: rule for rule in DAY_RULES}

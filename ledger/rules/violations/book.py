"""All rules of single streams, and what their families remember of a matter.

Read before: ``engine``. A new module of rules is named here once, with its parts if it has any.
"""

from __future__ import annotations

from typing import Final

from ledger.rules.violations import execution
from ledger.rules.violations.matter import Part
from ledger.rules.violations.rule import BOOK, RuleBook

MODULES: Final = (execution,)
PARTS: Final[tuple[type[Part], ...]] = ()

__all__ = ["BOOK", "MODULES", "PARTS", "RuleBook"]

"""What the rules found in a generated history, held against what was planted in it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from consumers.generate.case.violations import VIOLATIONS
from consumers.supervise.judging import Derived, Expiry
from ledger.chain.ids import uuid_text
from ledger.rules.deadline_instance import Deadline
from ledger.rules.disclosure_duties import Duty
from ledger.rules.review_lapses import Lapse
from schemas.loader import rule_set_text

_IN_FORCE: Final = frozenset(json.loads(rule_set_text())["violations"])
NOT_BUILT: Final = frozenset({it.rule_id for it in VIOLATIONS}) - _IN_FORCE
"""Rules that are planted and not in force yet: nothing finds them, and nothing has to."""
ABOUT: Final = frozenset({it.rule_id for it in VIOLATIONS if it.is_by_platform})
"""Rules broken by an act of the platform; the truth file names the act that it is about."""
_MISSES: Final = {it.rule_id: set(it.misses) for it in VIOLATIONS}


class Comparison(NamedTuple):
    """What differs; each an item ``(rule or deadline, stream)``."""

    missing: set[tuple[str, str]]
    unexpected: set[tuple[str, str]]
    missed: set[tuple[str, str]]
    """Deadlines that nothing planted explains."""
    found: set[str]
    """Rules that were planted and found."""

    @property
    def differs(self) -> bool:
        """Whether something planted was not found, or something else was."""
        return bool(self.missing or self.unexpected or self.missed)


def compared(planted: Iterable[Mapping[str, str]], derived: Iterable[Derived]) -> Comparison:
    """Compare truth and findings: rule, stream, and the act that the truth file names."""
    causes: dict[tuple[str, str], set[str]] = defaultdict(set)
    missed: set[tuple[str, str]] = set()
    for one in derived:
        if isinstance(one.found, Deadline):
            missed.add((one.found.deadline_id, one.act.key))
        elif isinstance(one.found, Lapse | Expiry | Duty):
            continue  # It tells what an act or a day did, or must lead to, and accuses nobody.
        else:
            causes[one.found.rule_id, one.act.key] |= set(map(uuid_text, one.found.causes))
    truth = {(it["rule_id"], it["stream_id"]): it["trigger_event_id"] for it in planted}
    wanted = {key: trigger for key, trigger in truth.items() if key[0] not in NOT_BUILT}
    missing = {
        key
        for key, trigger in wanted.items()
        if key not in causes or (key[0] not in ABOUT and trigger not in causes[key])
    }
    explained = {(name, stream) for rule, stream in truth for name in _MISSES.get(rule, ())}
    found = {rule for rule, _ in wanted.keys() - missing}
    return Comparison(missing, causes.keys() - wanted.keys(), missed - explained, found)

"""What a rule that refused says, in the sentence of the rule set that the ledger published.

Read before: schemas/rules/rule-set-1.json. Read next: ``portal/pages.py``.

An id alone (``G-DIS-CAUSE``) tells an official nothing. A rule that the published text does not
have is shown by its id.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from ledger.errors import LedgerError
from portal.resources import Resources


class RuleLine(NamedTuple):
    """One rule for people; empty texts where the rule set says nothing of it."""

    rule_id: str
    text: str
    basis: str


def violation_line(resources: Resources, rule_id: str, version: str) -> RuleLine:
    """Return the sentence of a violation rule in the rule set of this version."""
    return violation_lines(resources, [(rule_id, version)])[rule_id, version]


def violation_lines(
    resources: Resources, wanted: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], RuleLine]:
    """Return the sentence of each violation rule by its id and the version of its rule set.

    An alert names the rule set that was in force, so it is told in the words of its time.
    """
    published = {rules.version: rules for rules in resources.control.state.rule_sets}
    lines = {}
    for rule_id, version in wanted:
        rules = published.get(version)
        words = None if rules is None else rules.violations.get(rule_id)
        text, basis = ("", "") if words is None else (words.text, words.basis)
        lines[rule_id, version] = RuleLine(rule_id, text, basis)
    return lines


def rule_lines(resources: Resources, rule_ids: Iterable[str]) -> list[RuleLine]:
    """Return the sentence of each rule, by the newest published rule set.

    Where the view is away the ids come alone: a refusal must be answered all the same.
    """
    wanted = list(rule_ids)
    rules: Mapping[str, Mapping[str, str]] = {}
    if wanted:
        try:
            with resources.registers() as reader:
                texts = [row.text for row in reader.publications("RULE_SET") if row.text]
        except LedgerError:
            texts = []
        rules = _rules(texts[-1]) if texts else {}
    return [
        RuleLine(one, rules.get(one, {}).get("text", ""), rules.get(one, {}).get("basis", ""))
        for one in wanted
    ]


@lru_cache(maxsize=8)
def _rules(text: str) -> Mapping[str, Mapping[str, str]]:
    """Return the rules of a rule set's text by id; kept, since a text never changes."""
    rules: Mapping[str, Mapping[str, str]] = json.loads(text).get("rules", {})
    return rules

"""Every code that an act can be refused with is sent through Kafka and through HTTP by a test.

The rows are tests/support/bad_input.py and bad_acts.py, the tests tests/e2e/test_bad_input.py.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

from tests.support import bad_acts
from tests.support.bad_input import BOTH, CASES, HTTP, KAFKA

ROOT = Path(__file__).parents[2]
PACKAGES = ("consumers", "ledger", "native", "portal", "projections", "schemas")
CODE = re.compile(r'"(R\d+_[A-Z_]*[A-Z])"')
FAMILIES = {f"R{number}" for number in range(1, 13)} - {"R6", "R10"}  # Retired; R10 is R1's.

# What cannot come by both roads, and the words of the test that has it.
BY_HTTP_ONLY = {
    "R1_MALFORMED_CONTAINER": "test_requests_that_are_refused_whole_produce_nothing",
    "R11_APPEND_ONLY": "test_methods_that_the_intake_does_not_have",
}
BY_KAFKA_ONLY = {"R11_NULL_VALUE"}  # A container has no act without bytes.
BY_NO_ROAD = {"R3_EMITTER"}  # Said by ``lianzheng emit`` before anything is sent.


def codes_in_use() -> set[str]:
    """Return the codes that the packages name."""
    files = [it for name in PACKAGES for it in (ROOT / name).rglob("*.py*") if it.is_file()]
    sources = [it for it in files if it.suffix in {".py", ".pyx"}]
    return {code for it in sources for code in CODE.findall(it.read_text(encoding="utf-8"))}


def roads() -> dict[str, set[str]]:
    """Return the roads by which a test sends each code."""
    assert bad_acts.CREDIT_CODE_TYPO  # Imported for the rows that it adds.
    found: dict[str, set[str]] = defaultdict(set)
    for case in CASES:
        found[case.code] |= set(case.roads)
    for code in BY_HTTP_ONLY:
        found[code].add(HTTP)
    return found


@pytest.mark.parametrize("code", sorted(codes_in_use() - BY_NO_ROAD))
def test_a_code_in_use_is_sent_by_both_roads(code: str) -> None:
    wanted = {KAFKA} if code in BY_KAFKA_ONLY else {HTTP} if code in BY_HTTP_ONLY else set(BOTH)
    assert roads()[code] == wanted


def test_every_family_of_reasons_is_in_use_and_no_row_is_left_over() -> None:
    """The list of reasons is complete: R1 to R12, without the retired ones."""
    in_use = codes_in_use()
    assert {code.partition("_")[0] for code in in_use} == FAMILIES
    assert set(roads()) <= in_use
    tests = (ROOT / "tests/e2e/test_bad_input.py").read_text(encoding="utf-8")
    assert all(f"def {name}(" in tests for name in BY_HTTP_ONLY.values())

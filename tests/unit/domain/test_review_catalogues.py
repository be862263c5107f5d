"""The catalogue of major decisions in force: by day, with the higher ones, and what is missing."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.control import ControlState
from ledger.domain.control_records import Agency, CatalogueRule, ReviewCatalogue
from ledger.domain.review_catalogues import catalogue_in_force, superiors, uncovered
from portal.review_catalogues import matched_texts, rule_text
from tests.support.control import control_state

COUNTY, CITY, PROVINCE = "county", "city", "province"
ABOVE = {COUNTY: CITY, CITY: PROVINCE, PROVINCE: None}


def rule(rule_id: str, **changes: Any) -> CatalogueRule:
    """Return a rule about penalties without criteria but those given."""
    sets = {name: frozenset(changes.pop(name, ())) for name in ("items", "kinds", "measures")}
    return CatalogueRule(
        rule_id,
        changes.pop("act_kind", "PENALTY"),
        sets["items"],
        sets["kinds"],
        changes.pop("natural", None),
        changes.pop("legal", None),
        changes.pop("confiscated", None),
        sets["measures"],
    )


REVOKED = rule("A", kinds=["REVOKE_LICENCE", "CLOSE"])
FINED = rule("B", natural=1_000, legal=20_000)
ITEM = rule("C", items=["I-1", "I-2"])


@pytest.mark.parametrize(
    ("lower", "missing"),
    [
        ([REVOKED, FINED, ITEM], []),
        ([], ["A", "B", "C"]),
        ([REVOKED._replace(rule_id="renamed"), FINED, ITEM], []),
        ([rule("x", kinds=["REVOKE_LICENCE"]), rule("y", kinds=["CLOSE"]), FINED, ITEM], []),
        ([rule("x", kinds=["CLOSE", "BAN"]), FINED, ITEM], ["A"]),
        ([REVOKED, rule("x", natural=500, legal=20_000), ITEM], []),
        ([REVOKED, rule("x", natural=1_001, legal=20_000), ITEM], ["B"]),
        ([REVOKED, rule("x", legal=20_000), ITEM], ["B"]),
        ([REVOKED, FINED, rule("x", items=["I-1", "I-2", "I-3"])], []),
        ([REVOKED, FINED, rule("x", items=["I-1"])], ["C"]),
        ([REVOKED, FINED, rule("x", items=["I-1"]), rule("y", items=["I-2"])], []),
        ([REVOKED, rule("x", items=["I-1"], natural=1, legal=1), ITEM], ["B"]),
        ([REVOKED, FINED, rule("x", items=["I-1", "I-2"], legal=1)], ["C"]),
        ([REVOKED._replace(act_kind="COERCION"), FINED, ITEM], ["A"]),
    ],
)
def test_a_lower_catalogue_covers_what_it_makes_major_too(
    lower: list[CatalogueRule], missing: list[str]
) -> None:
    """By what is major, not by ids; several rules together, and smaller amounts, cover as well."""
    assert uncovered(lower, [REVOKED, FINED, ITEM]) == missing


def test_whatever_a_whole_item_makes_major_is_covered_by_it() -> None:
    assert uncovered([ITEM], [rule("D", items=["I-1"], natural=5, kinds=["CLOSE"])]) == []
    sealed = rule("E", act_kind="COERCION", measures=["SEAL_PREMISES"])
    assert uncovered([ITEM, REVOKED], [sealed]) == ["E"]
    assert uncovered([sealed], [sealed]) == []


def state(**held: list[ReviewCatalogue]) -> ControlState:
    """Return the default state with catalogues by agency."""
    made = control_state()
    made.review_catalogues = {agency: tuple(found) for agency, found in held.items()}
    return below(made, ABOVE)


def below(made: ControlState, above: dict[str, str | None]) -> ControlState:
    """Register agencies, each below another one."""
    made.agencies = {
        one: Agency(one, one, "430000", "CITY", "ADMINISTRATIVE_ORGAN", other)
        for one, other in above.items()
    }
    return made


def version(name: str, since: int, *rules: CatalogueRule) -> ReviewCatalogue:
    return ReviewCatalogue("catalogue:1", name, rules, since)


def test_what_is_in_force_on_a_day_with_what_the_higher_ones_have_besides() -> None:
    """Missing once, from the nearest above that has it; before a day nothing of it counts."""
    made = state(
        county=[version("v1", 20_200, REVOKED), version("v2", 20_300, REVOKED, FINED)],
        city=[version("c1", 20_250, REVOKED, ITEM)],
        province=[version("p1", 20_100, ITEM, FINED)],
    )

    def told(day: int) -> list[tuple[str, str | None, bool]]:
        found = catalogue_in_force(made, COUNTY, day)
        return [(it.rule.rule_id, it.agency_id, it.is_missing) for it in found.lines]

    assert told(20_299) == [("A", COUNTY, False), ("C", CITY, True), ("B", PROVINCE, True)]
    assert told(20_300) == [("A", COUNTY, False), ("B", COUNTY, False), ("C", CITY, True)]
    assert told(20_249) == [("A", COUNTY, False), ("C", PROVINCE, True), ("B", PROVINCE, True)]
    found = catalogue_in_force(made, COUNTY, 20_199)
    assert found.own is None
    assert found.applied is not None
    assert found.applied.version == "default-1"
    assert {it.agency_id for it in found.lines if not it.is_missing} == {None}
    assert catalogue_in_force(made, PROVINCE, 20_300).higher == ()


def test_without_any_rule_set_there_is_not_even_a_default_one() -> None:
    found = catalogue_in_force(ControlState(), COUNTY, 20_300)
    assert (found.own, found.applied, found.lines) == (None, None, ())


def test_a_circle_of_superiors_ends() -> None:
    circle = below(ControlState(), {"a": "b", "b": "c", "c": "a", "d": "d"})
    assert list(superiors(circle, "a")) == ["b", "c"]
    assert list(superiors(circle, "d")) == []
    assert list(superiors(circle, "nobody")) == []


def test_rules_in_words() -> None:
    """What a judgement names is told in the words of its version; of what nobody has, none."""
    assert rule_text(REVOKED) == "行政处罚：全部事项；责令关闭、吊销许可证件"
    fined = rule("B", natural=100_050, legal=2_000_000)
    assert rule_text(fined) == (
        "行政处罚：全部事项；自然人罚款 1,000.50 元以上；或者组织罚款 20,000 元以上"
    )
    assert rule_text(ITEM) == "行政处罚：事项 I-1、I-2；一律"
    made = state(county=[version("v1", 1, FINED), version("v2", 2, ITEM._replace(rule_id="B"))])
    pairs = [("STAT-2", "STATUTE"), ("B", "v2"), ("CAT-1", "default-1"), ("B", "v9")]
    matched = [{"ruleId": one, "catalogueVersion": other} for one, other in pairs]
    texts = [text for _, _, text in matched_texts(made, COUNTY, matched)]
    assert "听证" in texts[0]
    assert texts[1] == "行政处罚：事项 I-1、I-2；一律"
    assert texts[2].startswith("行政处罚：全部事项；")
    assert texts[3] == ""
    assert [text for _, _, text in matched_texts(made, CITY, matched)][1] == ""

"""Masking is exact: the examples of the reference, and what must never happen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.masking import (
    COMPOUND_SURNAMES,
    MASK,
    NAME_DOT,
    licence_name,
    mask_name,
    mask_region,
    trunc_facts,
)

HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("王小明", "王某某"),
        ("张伟", "张某"),
        ("欧阳娜", "欧阳某"),
        ("司马相如", "司马某某"),
        ("欧阳", "欧某"),
        ("阿依古丽·买买提", "阿依古丽·某"),
        ("阿依古丽•买买提", "阿依古丽·某"),
        ("阿依古丽 · 买买提·某某", "阿依古丽·某"),
        ("John Smith", "John·某"),
        (" 张三样 ", "张某某"),
        ("王", "某"),
        ("𠮷田太郎", "𠮷某某某"),
    ],
)
def test_names_keep_the_surname_only(name: str, masked: str):
    """Compound surnames count as one, but only where a given name is left."""
    assert mask_name(name) == masked


@given(name=HAN)
def test_no_character_of_a_given_name_survives(name: str):
    """Only the surname and 某 are left, and the length does not change."""
    masked = mask_name(name)
    surname_size = 2 if len(name) > 2 and name[:2] in COMPOUND_SURNAMES else min(1, len(name) - 1)
    assert masked == name[:surname_size] + MASK * (len(name) - surname_size)


@given(parts=st.lists(HAN, min_size=2, max_size=4))
def test_of_a_name_in_parts_only_the_first_is_left(parts: list[str]):
    """The others are one 某 behind the dot, however many they are."""
    assert mask_name(NAME_DOT.join(parts)) == f"{parts[0]}{NAME_DOT}{MASK}"


def test_facts_keep_amounts_and_dates_and_lose_names():
    """Longer names win over names within them; nothing replaced is replaced again."""
    facts = "李四例与王小明于2026年9月1日收取500元，王小明明在场，阿依古丽·买买提签字。"
    names = ["王小明", "李四例", "王小明明", "阿依古丽·买买提", "王某", ""]
    expected = "李某与王某于2026年9月1日收取500元，王某在场，阿依古丽·某签字。"
    assert trunc_facts(facts, names) == expected
    assert trunc_facts(facts, []) == facts


@pytest.mark.parametrize(
    ("address", "region"),
    [
        ("湖南省长沙市岳麓区麓山南路12号", "湖南省长沙市岳麓区"),
        ("长沙市岳麓区高新小区3栋", "长沙市岳麓区"),
        ("长沙市阳光小区3栋201室", "长沙市"),
        ("湖南省长沙市麓山南路1号", "湖南省长沙市"),
        ("浏阳市淮川街道", "浏阳市"),
        ("湘西土家族苗族自治州吉首市人民路", "湘西土家族苗族自治州吉首市"),
        ("北京市朝阳区建国路", "北京市朝阳区"),
        ("麓山南路12号", None),
        ("阳光小区", None),
    ],
)
def test_addresses_end_at_the_county(address: str, region: str | None):
    """A housing estate is no county; what begins with no region is withheld whole."""
    assert mask_region(address) == region


@pytest.mark.parametrize(
    ("licence", "name"),
    [
        ("《食品经营许可证》JY14301020001234", "《食品经营许可证》"),
        ("食品经营许可证（编号：JY1430）", "食品经营许可证"),
        ("道路运输证 湘430100123456号", "道路运输证"),
        ("药品经营许可证编号湘AA", "药品经营许可证"),
    ],
)
def test_licences_lose_their_number(licence: str, name: str):
    """As natural persons' records show them."""
    assert licence_name(licence) == name

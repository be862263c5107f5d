"""Masking of personal values for the public: deterministic text functions, nothing else.

Read before: docs/spec/disclosure-record.md. Read next: ``public_record``, which applies them by
policy.

What a function returns is fixed: a record that was published is never masked again, but a second
draft of the same decision must show the same name. Basis: 个人信息保护法 arts. 6, 28, 34;
政府信息公开条例 art. 15; 市场监管总局令45号 art. 6.
Trusts its caller to pass the whole name; it never guesses which text is a name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Final

MASK: Final = "某"
NAME_DOT: Final = "·"  # U+00B7, the separator that names of other languages are written with.

# Two-character surnames, one after the other.
_COMPOUND: Final = (
    "欧阳司马上官诸葛皇甫尉迟慕容司徒夏侯东方赫连公孙令狐长孙宇文司空闻人公羊澹台公冶宗政濮阳淳于单于太叔申屠仲孙轩辕钟离鲜于闾丘亓官"
    "万俟百里东郭南门呼延羊舌微生梁丘左丘东门西门南宫第五拓跋独孤端木巫马公西漆雕乐正壤驷公良夹谷宰父谷梁段干颛孙子车纳兰完颜叶赫富察"
)
COMPOUND_SURNAMES: Final = frozenset(_COMPOUND[i : i + 2] for i in range(0, len(_COMPOUND), 2))

_DOTS: Final = str.maketrans(dict.fromkeys("•・‧∙⋅．･", NAME_DOT))
_PROVINCE: Final = r"(?P<province>[^\s\d]{2,7}?(?:省|自治区|特别行政区))?"
_CITY: Final = r"(?P<city>[^\s\d]{1,11}?(?:自治州|地区|盟|市))?"
# 小区, 园区, ... are places to live or work, not counties.
_COUNTY: Final = (
    r"(?P<county>[^\s\d镇乡街路道村号巷弄]{1,10}?"
    r"(?<![小园社校厂库工])(?:自治县|自治旗|区|县|旗|市))?"
)
_REGION: Final = re.compile(_PROVINCE + _CITY + _COUNTY)
_NUMBER_BEGINS: Final = re.compile(r"[\s（(:：,，A-Za-z0-9]|编号|证号")


def mask_name(name: str) -> str:
    """Return the name with every given-name character replaced by 某 (``maskName``).

    Args:
        name: The whole name as the vault holds it, not empty.

    Returns:
        Surname and 某 for each further character; of a name written in parts (阿依古丽·买买提,
        John Smith) the first part and one 某 behind a dot; of a one-character name only 某.
    """
    text = unicodedata.normalize("NFC", name).translate(_DOTS).strip().strip(NAME_DOT)
    assert text, "a name is never blank: a blank opening is refused before"
    parts = [part for part in re.split(rf"\s*{NAME_DOT}\s*|\s+", text) if part]
    if len(parts) > 1:
        return f"{parts[0]}{NAME_DOT}{MASK}"
    surname = surname_of(text)
    return surname + MASK * (len(text) - len(surname))


def surname_of(name: str) -> str:
    """Return the surname of a name without dots; empty for a name of one character."""
    if len(name) > len("欧阳") and name[:2] in COMPOUND_SURNAMES:
        return name[:2]
    return name[:1] if len(name) > 1 else ""


def mask_other_name(name: str) -> str:
    """Return how somebody else than the party is called in public facts: surname and one 某."""
    masked = mask_name(name)
    return masked if NAME_DOT in masked else surname_of(name.strip()) + MASK


def trunc_facts(facts: str, other_names: Collection[str]) -> str:
    """Return the facts with the names of other persons masked (``truncFacts``).

    Amounts and dates stay. Longer names win, so that a name within a name does not leave the
    rest of the longer one behind. Whatever else is personal in the text is not looked for here;
    ``personal_scan`` finds it and the publish gate refuses.
    """
    text = unicodedata.normalize("NFC", facts)
    names = {unicodedata.normalize("NFC", name).strip() for name in other_names} - {""}
    if not names:
        return text
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    pattern = "|".join(re.escape(name) for name in longest_first)
    return re.sub(pattern, lambda found: mask_other_name(found.group()), text)


def mask_region(address: str) -> str | None:
    """Return the address up to its county (``maskDocRegion``), or None to withhold it.

    Province, city and county are taken from the front; an address that begins with none of them
    could be anything, so nothing of it is shown. For public views that show where a person
    lives; the one view so far, of penalty decisions, shows no address.
    """
    found = _REGION.match(unicodedata.normalize("NFC", address).strip())
    return (found.group(0) or None) if found else None


def licence_name(text: str) -> str:
    """Return the name of a licence without its number, as natural persons' records show it."""
    return _NUMBER_BEGINS.split(unicodedata.normalize("NFC", text).strip(), maxsplit=1)[0]

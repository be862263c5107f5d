"""The simulated province: agencies, offences, laws, document forms. All fictional.

Region codes, agency names and statutes follow the real pattern; credit codes, numbers, cases and
people are invented. A ledger of this is created ``synthetic``, and every page of it says 模拟数据.

Read before: ``consumers/generate/timeline.py``. Read next: ``consumers/generate/people.py``.
Trusts: nothing.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from consumers.generate.timeline import day_number


class Agency(NamedTuple):
    """An enforcement agency."""

    credit_code: str
    name: str
    short: str
    """How its document numbers begin."""
    decision_prefix: str
    region: str
    level: str
    city: str
    """Place name used in addresses and courts."""


class Offence(NamedTuple):
    """An enforcement item and the range of fines drawn for it."""

    item_code: str
    violation: str
    law: str
    law_day: int
    article: str
    paragraph: int | None
    item: int | None
    fine_min: int
    """Fen; 0: a warning is possible."""
    fine_max: int
    natural: bool
    """Whether natural persons commit it, else organisations."""
    agencies: tuple[int, ...]
    """Positions in ``AGENCIES`` of those competent for it."""
    trade: str
    """Line of business of an organisation that commits it."""


_P, _C, _X = "PROVINCE", "CITY", "COUNTY"
AGENCIES: Final = (
    Agency(
        "11430000FCT000014L", "湖南省市场监督管理局", "湘市监", "湘市监处罚", "430000", _P, "长沙市"
    ),
    Agency(
        "11430100FCT000022L", "长沙市市场监督管理局", "长市监", "长市监处罚", "430100", _C, "长沙市"
    ),
    Agency("11430100FCT000030F", "长沙市生态环境局", "长环", "长环罚字", "430100", _C, "长沙市"),
    Agency(
        "11430200FCT000049H", "株洲市应急管理局", "株应急", "（株）应急罚", "430200", _C, "株洲市"
    ),
    Agency("11430600FCT0000571", "岳阳市交通运输局", "岳交", "岳交执罚", "430600", _C, "岳阳市"),
    Agency(
        "11430000FCT000065W", "湖南省药品监督管理局", "湘药监", "湘药监药罚", "430000", _P, "长沙市"
    ),
    Agency(
        "11430400FCT000073C",
        "衡阳市城市管理和综合执法局",
        "衡城管",
        "衡城管罚决字",
        "430400",
        _C,
        "衡阳市",
    ),
    Agency(
        "11430104FCT000081H",
        "长沙市岳麓区市场监督管理局",
        "岳市监",
        "岳市监罚决",
        "430104",
        _X,
        "长沙市岳麓区",
    ),
    Agency(
        "11433100FCT00009XL",
        "湘西自治州农业农村局",
        "州农",
        "州农（农药）罚",
        "433100",
        _C,
        "吉首市",
    ),
    Agency(
        "11430181FCT000102J", "浏阳市自然资源局", "浏自然资", "浏自然资罚决", "430181", _X, "浏阳市"
    ),
)
SUPERVISOR: Final = Agency(
    "11430000FCT000110X", "湖南省司法厅", "湘司", "湘司监", "430000", _P, "长沙市"
)
"""Keeps the register of officers and supervises; its code is fictional like the others."""

_FOOD, _FOOD_DAY = "中华人民共和国食品安全法", day_number("2021-04-29")
_SAFETY, _SAFETY_DAY = "中华人民共和国安全生产法", day_number("2021-06-10")
_ROAD, _ROAD_DAY = "中华人民共和国道路运输条例", day_number("2023-07-20")
SIMULATED: Final = "（模拟）"
"""Stands after every agency's name."""
_YUAN: Final = 100
_WAN: Final = 10_000 * _YUAN
_MARKET: Final = (0, 1, 7)


def _offence(
    code: str,
    violation: str,
    basis: tuple[str, int, str, int | None, int | None],
    fine: tuple[int, int],
    agencies: tuple[int, ...],
    trade: str,
    *,
    natural: bool = False,
) -> Offence:
    return Offence(code, violation, *basis, *fine, natural, agencies, trade)


OFFENCES: Final = (
    _offence(
        "HN-SJ-01",
        "经营超过保质期的食品",
        (_FOOD, _FOOD_DAY, "124", 1, 5),
        (5 * _WAN, 10 * _WAN),
        _MARKET,
        "食品",
    ),
    _offence(
        "HN-SJ-02",
        "未取得许可从事食品经营",
        (_FOOD, _FOOD_DAY, "122", 1, None),
        (5 * _WAN, 20 * _WAN),
        _MARKET,
        "餐饮",
    ),
    _offence(
        "HN-SJ-03", "未履行进货查验义务", (_FOOD, _FOOD_DAY, "126", 1, 3), (0, 0), _MARKET, "超市"
    ),
    _offence(
        "HN-SJ-04",
        "发布虚假广告",
        ("中华人民共和国广告法", day_number("2021-04-29"), "55", 1, None),
        (20 * _WAN, 40 * _WAN),
        _MARKET,
        "传媒",
    ),
    _offence(
        "HN-SJ-05",
        "未明码标价",
        ("价格违法行为行政处罚规定", day_number("2010-12-04"), "13", None, None),
        (200 * _YUAN, 900 * _YUAN),
        _MARKET,
        "便利店",
        natural=True,
    ),
    _offence(
        "HN-SJ-06",
        "使用未经检验的特种设备",
        ("中华人民共和国特种设备安全法", day_number("2013-06-29"), "84", None, 1),
        (3 * _WAN, 4 * _WAN),
        _MARKET,
        "机械",
    ),
    _offence(
        "HN-SJ-07",
        "销售不符合国家标准的产品",
        ("中华人民共和国产品质量法", day_number("2018-12-29"), "49", None, None),
        (5_000 * _YUAN, 4 * _WAN),
        _MARKET,
        "建材",
    ),
    _offence(
        "HN-SJ-08",
        "未经设立登记从事经营活动",
        ("中华人民共和国市场主体登记管理条例", day_number("2021-07-27"), "43", None, None),
        (_WAN, 3 * _WAN),
        _MARKET,
        "商贸",
    ),
    _offence(
        "HN-HB-01",
        "超标排放水污染物",
        ("中华人民共和国水污染防治法", day_number("2017-06-27"), "83", None, 2),
        (10 * _WAN, 40 * _WAN),
        (2,),
        "化工",
    ),
    _offence(
        "HN-HB-02",
        "未建立危险废物管理台账",
        ("中华人民共和国固体废物污染环境防治法", day_number("2020-04-29"), "112", 1, 13),
        (10 * _WAN, 20 * _WAN),
        (2,),
        "环保",
    ),
    _offence(
        "HN-HB-03",
        "施工工地未采取防尘措施",
        ("中华人民共和国大气污染防治法", day_number("2018-10-26"), "115", 1, 1),
        (_WAN, 3 * _WAN),
        (2,),
        "建筑",
    ),
    _offence(
        "HN-YJ-01",
        "未如实记录安全生产教育培训",
        (_SAFETY, _SAFETY_DAY, "97", None, 4),
        (_WAN, 4 * _WAN),
        (3,),
        "矿业",
    ),
    _offence(
        "HN-YJ-02",
        "未采取措施消除事故隐患",
        (_SAFETY, _SAFETY_DAY, "102", None, None),
        (_WAN, 4 * _WAN),
        (3,),
        "烟花",
    ),
    _offence(
        "HN-JT-01",
        "未取得许可从事道路货运",
        (_ROAD, _ROAD_DAY, "63", None, 1),
        (3_000 * _YUAN, 8_000 * _YUAN),
        (4,),
        "物流",
        natural=True,
    ),
    _offence(
        "HN-JT-02",
        "未取得许可从事道路客运",
        (_ROAD, _ROAD_DAY, "63", None, 2),
        (_WAN, 3 * _WAN),
        (4,),
        "客运",
    ),
    _offence(
        "HN-YP-01",
        "销售劣药",
        ("中华人民共和国药品管理法", day_number("2019-08-26"), "117", 1, None),
        (10 * _WAN, 20 * _WAN),
        (5,),
        "医药",
    ),
    _offence(
        "HN-CG-01",
        "擅自占道堆放物料",
        ("城市市容和环境卫生管理条例", day_number("2017-03-01"), "36", None, 2),
        (100 * _YUAN, 900 * _YUAN),
        (6,),
        "装饰",
        natural=True,
    ),
    _offence(
        "HN-NY-01",
        "经营劣质农药",
        ("农药管理条例", day_number("2022-03-29"), "56", None, None),
        (2_000 * _YUAN, _WAN),
        (8,),
        "农资",
    ),
    _offence(
        "HN-ZR-01",
        "非法占用土地",
        ("中华人民共和国土地管理法", day_number("2019-08-26"), "77", 1, None),
        (_WAN, 30 * _WAN),
        (9,),
        "农业",
    ),
)
PENALTY_LAW: Final = ("中华人民共和国行政处罚法", day_number("2021-01-22"))

MAJOR_FINE_ORGANISATION_MIN: Final = 5 * _WAN
MAJOR_FINE_NATURAL_MIN: Final = _WAN
MAJOR_ITEMS: Final = ("HN-JT-02",)
"""Items that make a case major whatever the fine, in the catalogues adopted here."""
SERIOUS_KINDS: Final = (
    "REVOKE_LICENCE",
    "DOWNGRADE",
    "STOP_BUSINESS",
    "CLOSE",
    "BAN",
    "RESTRICT_BUSINESS",
)

DOC_FORMS: Final = {
    "现场笔录": "on-site",
    "询问笔录": "inquiry",
    "责令改正通知书": "rectify",
    "扣押决定书": "seizure",
    "物品清单": "items",
    "案件调查终结报告": "report",
    "法制审核意见书": "review",
    "行政处罚事先告知书": "notice",
    "行政处罚听证告知书": "hearing-right",
    "复核意见书": "statement",
    "听证通知书": "hearing",
    "听证笔录": "hearing-record",
    "行政处罚决定书": "decision",
    "送达地址确认书": "address",
}
"""docType and the name part of its form ``template:hn-<name>:v1``."""

SURNAMES: Final = "张李王刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN: Final = "一二三四五六七八九十甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
PARTY_MARKS: Final = "样例测拟"
"""Last characters of the names of fictional parties: 张三样, 李四例."""
OFFICER_MARK: Final = "范"
FIRM_MARKS: Final = ("示例", "样例", "测试", "虚构", "模拟")
FIRM_NAMES: Final = (
    "湘江",
    "岳麓",
    "洞庭",
    "芙蓉",
    "潇湘",
    "星沙",
    "橘洲",
    "浏阳河",
    "衡山",
    "资江",
    "沅水",
    "澧水",
)
STREETS: Final = ("示范路", "样板街", "测试大道", "模拟巷", "虚构里")

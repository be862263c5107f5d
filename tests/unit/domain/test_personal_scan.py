"""The scan finds what has a form and the names it is told, and lets public things pass."""

import pytest

from ledger.domain.personal_scan import SCANNER_VERSION, scan_record, scan_text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("身份证 990000199001010017", "ID_CARD"),
        ("身份证：99000019900101 0017", "ID_CARD"),
        ("９９００００１９９００１０１００１７", "ID_CARD"),
        ("11010519491231002X", "ID_CARD"),
        ("11010519491231002x", "ID_CARD"),
        ("电话14200001234", "MOBILE"),
        ("联系 138-0013-8000 即可", "MOBILE"),
        ("+86 13800138000", "MOBILE"),
        ("账户6222020200112233446", "BANK_CARD"),
        ("卡 4111 1111 1111 1111", "BANK_CARD"),
        ("护照E12345678", "PASSPORT"),
        ("mail: zhang.san@example.com", "EMAIL"),
        ("车牌湘A12345", "PLATE"),
        ("车牌湘A·D12345", "PLATE"),
        ("王某，住址麓山南路12号", "ADDRESS"),
    ],
)
def test_personal_things_are_found(text: str, kind: str):
    """Full width, spaces and hyphens do not hide them."""
    assert [hit.kind for hit in scan_text(text, "/x")] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "长市监处罚〔2026〕123号",
        "91430100MAFCT0011C",
        "11430100FCT000022L",
        "罚款50000.00元；没收违法所得320.00元",
        "2026-11-02",
        "《中华人民共和国食品安全法》第一百二十四条第一款第（五）项",
        "bb8c12d45185ae8eb89448ad420956f8",
        "990000199001010019",  # A wrong check character.
        "12345678901",  # No mobile begins with 12.
        "4111111111111112",  # Luhn says no.
        "当事人在麓山南路12号经营",  # An organisation's premises.
        "GB12345678、E级",
    ],
)
def test_public_things_pass(text: str):
    """No false alarm on what every record holds."""
    assert scan_text(text, "/x") == []


def test_an_address_in_a_natural_persons_record_is_that_persons():
    """The same text passes in an organisation's."""
    record = {"fields": {"CF_SY": "当事人在麓山南路12号经营"}}
    assert scan_record(record).clean
    assert [hit.kind for hit in scan_record(record, natural_person=True).hits] == ["ADDRESS"]


def test_names_are_found_wherever_they_stand():
    """The hit says where and never whose."""
    record = {"fields": {"CF_SY": ["查明：", "张三样销售"], "a/b~c": "李四例"}}
    result = scan_record(record, names=["张三样", "李四例", "王"])
    assert [(hit.kind, hit.pointer, hit.position) for hit in result.hits] == [
        ("NAME", "/fields/CF_SY/1", 0),
        ("NAME", "/fields/a~1b~0c", 0),
    ]
    assert result.scanner_version == SCANNER_VERSION
    assert "张三样" not in repr(result)


def test_every_hit_of_a_text_is_listed_in_order():
    """One text may show several things."""
    hits = scan_text("湘A12345 的车主 13800138000", "/x")
    assert [(hit.kind, hit.position) for hit in hits] == [("PLATE", 0), ("MOBILE", 12)]

"""Check characters, and personal numbers in the clear; all numbers here are invented or public."""

import pytest
from stdnum.cn import ric, uscc
from stdnum.luhn import is_valid as luhn_by_stdnum

from ledger.chain.identifiers import find_personal, id_card_ok, luhn_ok, uscc_ok

CREDIT_CODES = [
    "11230500001755309F",
    "91230500MA1B3N1N2M",
    "11330723307360844C",
    "11430100FCT000022L",
    "91430100MAFCT0011C",
]
ID_CARD = "11010519491231002X"  # The sample of GB 11643.


@pytest.mark.parametrize("code", CREDIT_CODES)
def test_credit_codes_with_their_check_character_are_good(code):
    """And with every other one they are not; the last character is stdnum's too."""
    assert uscc.calc_check_digit(code[:17]) == code[17]
    others = [code[:17] + other for other in "0123456789ABCDEFGHJKLMNPQRTUWXY" if other != code[17]]
    assert uscc_ok(code)
    assert not any(uscc_ok(other) for other in others)


@pytest.mark.parametrize("text", ["", CREDIT_CODES[0].lower(), CREDIT_CODES[0] + "0", "I" * 18])
def test_what_has_not_the_shape_of_a_credit_code_is_bad(text):
    """Small letters, another length, letters that do not occur."""
    assert not uscc_ok(text)


def test_identity_numbers_have_their_check_character():
    """Each first 17 digits have one, which is stdnum's."""
    assert id_card_ok(ID_CARD)
    for serial in range(200):
        body = f"43010219900307{serial:03}"
        right = ric.calc_check_digit(body + "0")
        assert [right] == [check for check in "0123456789X" if id_card_ok(body + check)]


@pytest.mark.parametrize("text", ["", ID_CARD.lower(), ID_CARD[:-1], "X" + ID_CARD[1:]])
def test_what_has_not_the_shape_of_an_identity_number_is_bad(text):
    """A small x, a digit less, an X elsewhere."""
    assert not id_card_ok(text)


def test_luhn_agrees_with_stdnum():
    """On a thousand neighbours."""
    for number in range(6222021234567890, 6222021234568890):
        assert luhn_by_stdnum(str(number)) == luhn_ok(str(number))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (ID_CARD, "id_card"),
        ("当事人身份证号11010519491231002x。", "id_card"),
        ("１１０１０５１９４９１２３１００２Ｘ", "id_card"),
        ("电话13812345678转3", "mobile"),
        ("+8613812345678", "mobile"),
        ("tel13812345678", "mobile"),
        ("卡号6222021234567890128", "bank_card"),
        ("4111111111111111", "bank_card"),
        ("91430100MAFCT0011C 4111111111111111", "bank_card"),
        ("2b269d71a98376321ea8263493f1bd75 13812345678", "mobile"),
    ],
)
def test_personal_numbers_are_found(text, kind):
    """Alone, in a sentence, in full-width digits, beside what is harmless."""
    assert kind == find_personal(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        *CREDIT_CODES,
        "11010519491231002" + "0",  # Wrong check character.
        "110105" + "19991331" + "0010",  # Its thirteenth month.
        "12812345678",  # No such mobile prefix.
        "138123456789",  # Twelve digits.
        "4111111111111112",  # Fails Luhn.
        "长市监处罚〔2026〕123号",
        "blake3:13812345678b4111111111111111a263493f1bd75b548fed0badb401c90e997570",
        "p-5f9467de-8c35-4e6a-a5c9-13812345678e",
    ],
)
def test_what_is_nobodys_number_is_not_found(text):
    """Codes, wrong checks, and digits of digests and UUIDs."""
    assert find_personal(text) is None


def test_a_credit_code_of_digits_only_is_not_taken_for_a_card():
    """Of many, some pass Luhn by chance; all of them pass here."""
    codes = [
        f"9143010076543{n:04}{check}"
        for n in range(1000)
        for check in "0123456789"
        if uscc_ok(f"9143010076543{n:04}{check}")
    ]
    assert any(luhn_ok(code) for code in codes)
    assert not any(find_personal(code) for code in codes)

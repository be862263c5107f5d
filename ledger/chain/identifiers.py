"""Check characters, and finding personal numbers that stand in the clear.

A credit code or identity number with a wrong check character is a typing error, and is refused
(R8). A valid identity, mobile or bank card number in a plain field is a leak, and is refused too
(R9): it would be in the ledger for ever (docs/spec/act.md; GB 32100, GB 11643, ISO/IEC 7812).

Read before: ``ledger/chain/avro.py``. Read next: ``consumers/append/decode.py``.
Not checked: whether a code was ever issued.
"""

from __future__ import annotations

import re
from typing import Final

ID_CARD: Final = "id_card"
MOBILE: Final = "mobile"
BANK_CARD: Final = "bank_card"

_USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ID_CARD_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CARD_CHECKS: Final = "10X98765432"
_LUHN_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)

_USCC = re.compile(rf"[{_USCC_ALPHABET}]{{18}}")
_ID_CARD = re.compile(r"[0-9]{17}[0-9X]")
_BIRTH_DATE = re.compile(r"(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_MOBILE = re.compile(r"(?:86)?1[3-9][0-9]{9}")
_BANK_CARD = re.compile(r"[0-9]{16,19}")

# Before anything else: is there a run of digits, in whatever script, that is long enough?
_LONG_NUMBER = re.compile(r"\d{11}")
_DIGIT = re.compile(r"\d")
_FULL_WIDTH_X: Final = str.maketrans("Ｘｘ", "Xx")
_CANDIDATE = re.compile(r"(?<![0-9])[0-9]{11,19}[Xx]?(?![0-9])")
_CREDIT_CODE = re.compile(rf"(?<![0-9A-Za-z])[{_USCC_ALPHABET}]{{18}}(?![0-9A-Za-z])")
# Digests and UUIDs are full of digits that are nobody's number.
_MACHINE_MADE = re.compile(r"[0-9a-f]{32,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def uscc_ok(text: str) -> bool:
    """Return whether ``text`` is an 18-character credit code with the right check character."""
    if not _USCC.fullmatch(text):
        return False
    total = sum(
        weight * _USCC_ALPHABET.index(character)
        for weight, character in zip(_USCC_WEIGHTS, text[:17], strict=True)
    )
    return _USCC_ALPHABET[-total % 31] == text[17]


def id_card_ok(text: str) -> bool:
    """Return whether ``text`` is an 18-character identity number with the right check character.

    The X is upper-case. Region and birth date are not looked at.
    """
    if not _ID_CARD.fullmatch(text):
        return False
    total = sum(
        weight * int(digit) for weight, digit in zip(_ID_CARD_WEIGHTS, text[:17], strict=True)
    )
    return _ID_CARD_CHECKS[total % 11] == text[17]


def luhn_ok(digits: str) -> bool:
    """Return whether a string of digits passes the Luhn check (ISO/IEC 7812-1 annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        total += _LUHN_DOUBLED[int(digit)] if place & 1 else int(digit)
    return total % 10 == 0


def find_personal(text: str) -> str | None:
    """Return the kind of the first personal number in ``text``: id_card, mobile or bank_card.

    None if there is none. A credit code is nobody's number, nor are the digits of a digest or a
    UUID; an identity number needs a possible birth date besides its check character.
    """
    if not _LONG_NUMBER.search(text):
        return None
    plain = text if text.isascii() else _in_ascii(text)
    plain = _CREDIT_CODE.sub(_without_credit_code, _MACHINE_MADE.sub(" ", plain))
    for match in _CANDIDATE.finditer(plain):
        kind = _kind(match.group().upper())
        if kind is not None:
            return kind
    return None


def _in_ascii(text: str) -> str:
    """Write digits of any script, and the full-width X, in ASCII; all else stays as it is."""
    return _DIGIT.sub(lambda match: str(int(match.group())), text).translate(_FULL_WIDTH_X)


def _kind(number: str) -> str | None:
    if _is_id_card(number):
        return ID_CARD
    digits = number.removesuffix("X")
    if _MOBILE.fullmatch(digits):
        return MOBILE
    if _BANK_CARD.fullmatch(digits) and luhn_ok(digits):
        return BANK_CARD
    return None


def _is_id_card(text: str) -> bool:
    return id_card_ok(text) and _BIRTH_DATE.match(text, 6) is not None


def _without_credit_code(match: re.Match[str]) -> str:
    """Blank out a valid credit code; one of digits only may still be an identity number."""
    code = match.group()
    return " " if uscc_ok(code) and not _is_id_card(code) else code

"""The scan of a public record for personal data, before it is published.

Read before: ``masking`` and ``public_record``. Read next: docs/spec/disclosure-record.md.

One hit and the publish gate refuses: the result, with ``SCANNER_VERSION`` and the record's
``contentHash``, is a field of ``DisclosureReviewed``. A changed rule is a new version, so that a
verdict of years ago says by which rules it was given.

It finds what has a form (numbers, plates, addresses) and the names it is told; it cannot find a
name that nobody told it. A hit names kind, place and position, never the value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from ledger.chain.identifiers import id_card_ok, luhn_ok, uscc_ok

SCANNER_VERSION: Final = "personal-scan-1"

_EDGE: Final = r"(?<![0-9A-Za-z]){}(?![0-9A-Za-z])"
_ID_CARD: Final = re.compile(
    _EDGE.format(
        r"\d{6}[ -]?(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[ -]?\d{3}[0-9Xx]"
    )
)
_BANK_CARD: Final = re.compile(_EDGE.format(r"\d{4}(?:[ -]?\d{4}){3}(?:[ -]?\d{1,3})?"))
_MOBILE: Final = re.compile(_EDGE.format(r"(?:\+?86[ -]?)?(1[3-9]\d[ -]?\d{4}[ -]?\d{4})"))
_PASSPORT: Final = re.compile(_EDGE.format(r"(?:[EG]\d{8}|E[A-HJ-NP-Z]\d{7}|[DPS][A-Z]?\d{7,8})"))
_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_PLATE: Final = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z]"
    r"[·. ]?(?=[A-Z0-9]{0,5}\d)[A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警港澳]"
)
_ADDRESS: Final = re.compile(
    r"(?:路|街|巷|道|弄|村|组|区|苑|园|里|栋|幢)[^，。；、\s]{0,10}?\d+(?:号|室|栋|幢|单元)"
)
_PERSON_NEAR: Final = re.compile(r"某|先生|女士|住址|住所|家住|户籍")
_ADDRESS_REACH_CHARS: Final = 24  # How far from an address a person makes it that person's.
_NAME_CHARS_MIN: Final = 2  # One character alone would match everywhere.


class Hit(NamedTuple):
    """One place where a record shows what it must not."""

    kind: str  # ID_CARD, BANK_CARD, MOBILE, PASSPORT, EMAIL, PLATE, NAME or ADDRESS.
    pointer: str  # RFC 6901 pointer of the text in the record.
    position: int  # Character in that text (after NFKC) where the match begins.


class ScanResult(NamedTuple):
    """The verdict of one scan; it holds no personal value."""

    scanner_version: str
    hits: tuple[Hit, ...]

    @property
    def clean(self) -> bool:
        """Tell whether nothing was found."""
        return not self.hits

    @classmethod
    def of(cls, hits: Iterable[Hit]) -> ScanResult:
        """Return the verdict of this scanner on what was found."""
        return cls(SCANNER_VERSION, tuple(hits))


def scan_record(
    record: object, *, names: Collection[str] = (), natural_person: bool = False
) -> ScanResult:
    """Scan every text of a public record.

    Args:
        record: The record as parsed JSON; object members, array items and texts are visited.
        names: Whole names of natural persons of the matter, from the vault.
        natural_person: Whether the record is about a natural person, so that an address in any
            text would be that person's.

    Returns:
        The hits in the order of the record's texts.
    """
    hits: list[Hit] = []
    for pointer, text in _texts(record, ""):
        hits.extend(scan_text(text, pointer, names=names, natural_person=natural_person))
    return ScanResult.of(hits)


def scan_text(
    text: str, pointer: str, *, names: Collection[str] = (), natural_person: bool = False
) -> list[Hit]:
    """Return what one text shows; full-width digits count like others (NFKC)."""
    plain = unicodedata.normalize("NFKC", text)
    if uscc_ok(plain.strip()):
        return []  # An organisation's credit code is public, whatever else it looks like.
    found = [(start, kind) for kind, start in _numbers(plain)]
    found += [(start, "NAME") for start in _names(plain, names)]
    found += [(start, "ADDRESS") for start in _addresses(plain, natural_person=natural_person)]
    return [Hit(kind, pointer, start) for start, kind in sorted(found)]


def _numbers(text: str) -> Iterator[tuple[str, int]]:
    """Yield kind and position of whatever is recognised by its form."""
    taken: set[int] = set()
    for match in _ID_CARD.finditer(text):
        if id_card_ok(_bare(match.group()).upper()):
            taken.add(match.start())
            yield "ID_CARD", match.start()
    for match in _BANK_CARD.finditer(text):
        if match.start() not in taken and luhn_ok(_bare(match.group())):
            yield "BANK_CARD", match.start()
    for kind, pattern in (
        ("MOBILE", _MOBILE),
        ("PASSPORT", _PASSPORT),
        ("EMAIL", _EMAIL),
        ("PLATE", _PLATE),
    ):
        for match in pattern.finditer(text):
            yield kind, match.start()


def _names(text: str, names: Collection[str]) -> Iterator[int]:
    """Yield where one of the given names stands."""
    for name in sorted(names):
        plain = unicodedata.normalize("NFKC", name).strip()
        if len(plain) >= _NAME_CHARS_MIN:
            yield from (match.start() for match in re.finditer(re.escape(plain), text))


def _addresses(text: str, *, natural_person: bool) -> Iterator[int]:
    """Yield where an address stands that belongs to a natural person."""
    reach = _ADDRESS_REACH_CHARS
    for match in _ADDRESS.finditer(text):
        around = text[max(0, match.start() - reach) : match.end() + reach]
        if natural_person or _PERSON_NEAR.search(around):
            yield match.start()


def _bare(number: str) -> str:
    return number.replace(" ", "").replace("-", "")


def _texts(value: object, pointer: str) -> Iterator[tuple[str, str]]:
    """Yield pointer and text of every string in parsed JSON, in its order."""
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, Mapping):
        for name, member in value.items():
            yield from _texts(
                member, f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"
            )
    elif isinstance(value, Sequence):
        for index, item in enumerate(value):
            yield from _texts(item, f"{pointer}/{index}")

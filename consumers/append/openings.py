"""Personal values: sealed openings are opened and checked, and none stands in the clear (R8, R9).

Read before: ``ledger/chain/sealing.py`` and ``ledger/chain/identifiers.py``. Read next: ``judge``.

Works on values that nobody else in the program sees; no message, pointer or log line here holds
one. Trusts the transport keys it is given.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from consumers.append.envelope import is_credit_code
from consumers.append.record import JudgedRecord
from ledger.chain.commitments import Opening
from ledger.chain.compiled import IS_COMPILED, judging
from ledger.chain.identifiers import find_personal, id_card_ok, uscc_ok
from ledger.chain.sealing import open_key, open_openings
from ledger.domain.rows import VaultOpening
from ledger.errors import RejectedError, SealError

CONTENT_KEYS_MAX: Final = 4_096  # Of submissions seen last; 32 bytes each.
_ID_VALUE: Final = "idValueCommitment"
_ID_CARD: Final = "idCard"  # The field of ``OfficerRegistered``: an identity card, whatever else.
# Digits to 0, other hexadecimal signs to 1, everything else to NUL.
_SIGNS: Final = bytes(
    48 if 48 <= byte < 58 else 49 if 97 <= byte < 103 else 0 for byte in range(256)
)
_LONG_NUMBER: Final = b"0" * 11  # The shortest personal number has 11 digits.
_MACHINE_MADE_SIGNS: Final = 32  # A run of so many hexadecimal signs is nobody's number.
_UUID: Final = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f])")
_UUID_HEAD_SIGNS: Final = 24  # Of a UUID before its last group.
_FULL_WIDTH: Final = re.compile(rb"\xef\xbc[\x90-\x99]")  # Full-width digits in UTF-8.


class OpeningReader:
    """Opens what was sealed to the vault; remembers the content keys of recent submissions."""

    def __init__(self, transport_keys: Mapping[int, bytes]) -> None:
        """Open with these private keys, 32 bytes each, by transport key id."""
        self._private_keys = transport_keys
        self._content_keys: OrderedDict[tuple[bytes, bytes], bytes] = OrderedDict()

    def open(self, judged: JudgedRecord) -> list[Opening]:
        """Return the verified openings of a record, none if none came.

        Raises:
            SealError: R9_SEAL_KEY_GONE, R9_SEAL_UNREADABLE or R9_OPENING.
            RejectedError: R8_USCC or R8_ID_CARD: a sealed identifier is a typing error.
        """
        headers = judged.headers
        if headers.sealed is None or headers.seal is None:
            return []
        content_key = self._content_key(headers.seal, judged.batch)
        commitments = judged.event_type.codec.commitments(judged.payload)
        try:
            openings = open_openings(
                content_key, judged.event_id, judged.value, headers.sealed, commitments
            )
        except SealError as error:
            # An opening's path starts at the payload, every other pointer at the act.
            pointer = None if error.pointer is None else f"/payload{error.pointer}"
            raise SealError(str(error), code=error.code, pointer=pointer) from error
        for opening in openings:
            check_identifier(judged.payload, opening)
        return openings

    def _content_key(self, seal: bytes, batch: bytes) -> bytes:
        known = self._content_keys.get((seal, batch))
        if known is not None:
            return known
        # Costs 60 microseconds, so once a submission; a refusal is not remembered.
        content_key = open_key(seal, self._private_keys, batch)
        self._content_keys[seal, batch] = content_key
        if len(self._content_keys) > CONTENT_KEYS_MAX:
            self._content_keys.popitem(last=False)
        return content_key


def identifier_scheme(payload: Mapping[str, Any], path: str) -> str | None:
    """Return the scheme of the identity number that a commitment stands for, else None."""
    parent, _, name = path.rpartition("/")
    if name == _ID_CARD:
        return "IDCARD"
    if name != _ID_VALUE:
        return None
    value: Any = payload
    for part in parent.split("/")[1:]:
        value = value[int(part)] if isinstance(value, list) else value[part]
    scheme = value.get("idScheme")
    return None if scheme is None else str(scheme)


def check_identifier(payload: Mapping[str, Any], opening: Opening) -> None:
    """Check the check character of a sealed identity number under its declared scheme.

    Raises:
        RejectedError: R8_USCC or R8_ID_CARD.
        SealError: R9_OPENING: the number is no text.
    """
    scheme = identifier_scheme(payload, opening.path)
    if scheme is None:
        return
    pointer = f"/payload{opening.path}"
    text = json.loads(opening.value)
    if not isinstance(text, str):
        raise SealError("an identity number is a text", code="R9_OPENING", pointer=pointer)
    if scheme == "USCC" and not uscc_ok(text):
        raise RejectedError("R8_USCC", "wrong check character", pointer=pointer)
    if scheme == "IDCARD" and not id_card_ok(text):
        raise RejectedError("R8_ID_CARD", "wrong check character", pointer=pointer)


def check_clear_text(judged: JudgedRecord) -> None:
    """Check that no identity, mobile or bank card number stands in the clear (R9).

    Raises:
        RejectedError: R9_CLEAR_PERSONAL with the pointer of the text.
    """
    if not may_be_personal(judged.value):
        return
    act, codec = judged.act, judged.event_type.codec
    texts = [(f"/payload{where}", text) for where, text in codec.clear_strings(judged.payload)]
    texts += [
        ("/streamKey", act.stream_key),
        ("/aggregateType", act.aggregate_type),
        ("/aggregateId", act.aggregate_id),
        ("/delegateId", act.delegate_id or ""),
        ("/itemCode", act.item_code or ""),
    ]
    for number, actor in enumerate(act.actors):
        # A credential number is public by law and looks like anything (行政处罚法 art. 42).
        texts.append((f"/actors/{number}/officerId", actor.officer_id))
        texts.append((f"/actors/{number}/role", actor.role))
    for pointer, text in texts:
        if find_personal(text) is not None:
            raise RejectedError("R9_CLEAR_PERSONAL", "a personal number", pointer=pointer)


def _may_be_personal_carefully(value: bytes) -> bool:
    """Tell whether bytes have eleven digits in a row outside of a digest or UUID.

    A full-width digit is worth a look, too. The twin of ``judging.may_be_personal``.
    """
    signs = value.translate(_SIGNS)
    at = signs.find(_LONG_NUMBER)
    while at >= 0:
        end = signs.find(b"\0", at)
        if end < 0:
            end = len(signs)
        if end - at < _MACHINE_MADE_SIGNS:
            start = signs.rfind(b"\0", 0, at) + 1
            if end - start < _MACHINE_MADE_SIGNS and not _is_uuid_end(value, start):
                return True
        at = signs.find(_LONG_NUMBER, end)  # Always further on, so this ends.
    return b"\xef\xbc" in value and _FULL_WIDTH.search(value) is not None


# Asked of every act.
may_be_personal = judging.may_be_personal if IS_COMPILED else _may_be_personal_carefully


def _is_uuid_end(value: bytes, start: int) -> bool:
    """Tell whether the last group of a UUID starts at ``start``."""
    first = start - _UUID_HEAD_SIGNS
    return first >= 0 and _UUID.match(value, first) is not None


def check_credit_codes(judged: JudgedRecord) -> None:
    """Check the check characters of the credit codes in an act (R8).

    Raises:
        RejectedError: R8_USCC with the pointer of the code.
    """
    if not is_credit_code(judged.parties.agency_id):
        raise RejectedError("R8_USCC", "wrong check character", pointer="/agencyId")
    credit_codes = judged.event_type.credit_codes
    if credit_codes is not None:
        for pointer, text in credit_codes(judged.payload):
            if not is_credit_code(text):
                raise RejectedError(
                    "R8_USCC", "wrong check character", pointer=f"/payload{pointer}"
                )


def vault_openings(judged: JudgedRecord) -> list[VaultOpening]:
    """Return a record's openings as the vault keeps them."""
    return [
        VaultOpening(
            judged.stream_id,
            opening.subject_id,
            judged.event_id,
            opening.path,
            opening.salt,
            opening.value,
            identifier_scheme(judged.payload, opening.path),
        )
        for opening in judged.openings
    ]

"""Fictional officers and parties with numbers that check but can belong to nobody.

Identity numbers have the region 990000, which does not exist; phones begin with 142, which no
carrier has; credit codes contain FCT.

Read before: ``consumers/generate/vocabulary.py``. Read next: ``consumers/generate/emitters.py``.
Trusts: nothing.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from consumers.generate import vocabulary as words
from consumers.generate.draws import Draws
from consumers.generate.simulation import Secret
from consumers.generate.timeline import date_of
from ledger.chain.act import Actor

_CREDIT_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def credit_code(head: str, organisation: str) -> str:
    """Return a unified social credit code (GB 32100) with both its check characters.

    Args:
        head: Registering body, category and region, 8 characters.
        organisation: Organisation code (GB 11714) without its check character, 8 characters.
    """
    total = sum(
        int(char, 36) * weight
        for char, weight in zip(organisation, _ORGANISATION_WEIGHTS, strict=True)
    )
    check = "0123456789X0"[11 - total % 11 if total % 11 else 11]
    body = head + organisation + check
    weighted = sum(
        _CREDIT_ALPHABET.index(char) * weight
        for char, weight in zip(body, _CREDIT_WEIGHTS, strict=True)
    )
    return body + _CREDIT_ALPHABET[(31 - weighted % 31) % 31]


def identity_number(birth_day: int, serial: int) -> str:
    """Return an identity number (GB 11643) of the region 990000; ``serial`` below 1,000."""
    body = f"990000{date_of(birth_day):%Y%m%d}{serial:03d}"
    total = sum(int(char) * weight for char, weight in zip(body, _ID_WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


class Officer(NamedTuple):
    """Somebody acting in office."""

    officer_id: str
    name: str
    credential_no: str
    category: str
    """ENFORCEMENT or LEGAL_REVIEW."""

    def acting(self, role: str) -> Actor:
        """Return the officer as an actor of an act."""
        return Actor(self.officer_id, self.credential_no, role)


class Staff(NamedTuple):
    """The people of one agency."""

    handlers: tuple[Officer, ...]
    """Work in pairs; those at odd positions are also qualified as reviewers."""
    leader: Officer
    """Approves."""
    deputies: tuple[Officer, ...]
    """Discuss with the leader; the first chairs hearings."""
    reviewers: tuple[Officer, ...]
    drafter: Officer
    publisher: Officer
    """Reviews what is to be disclosed."""
    archivist: Officer
    suspended: Officer
    """Has a credential that was suspended at the beginning."""

    def everybody(self) -> list[Officer]:
        """Return all of them, each once."""
        pairs = [*self.handlers, self.leader, *self.deputies, *self.reviewers]
        return [*pairs, self.drafter, self.publisher, self.archivist, self.suspended]


def staff_of(agency: words.Agency, number: int) -> Staff:
    """Return the staff of an agency; ``number`` (below 100) keeps credentials apart."""
    members = iter(range(1, 100))

    def officer(category: str = "ENFORCEMENT") -> Officer:
        member = next(members)
        name = words.SURNAMES[(number * 7 + member) % len(words.SURNAMES)]
        name += words.GIVEN[member % len(words.GIVEN)] + words.OFFICER_MARK
        officer_id = f"officer:{agency.region}-{number:02d}{member:02d}"
        return Officer(officer_id, name, f"18{number:02d}{member:04d}", category)

    return Staff(
        handlers=tuple(officer() for _ in range(6)),
        leader=officer(),
        deputies=(officer(), officer()),
        reviewers=(officer("LEGAL_REVIEW"), officer("LEGAL_REVIEW")),
        drafter=officer(),
        publisher=officer(),
        archivist=officer(),
        suspended=officer(),
    )


class Party(NamedTuple):
    """A party; ``number`` of who it is, ``party_id`` of its part in one case."""

    party_id: str
    is_natural: bool
    age_band: str
    name: str
    id_value: str
    """Identity number of a natural person, credit code of an organisation."""
    legal_rep: str | None
    rep_id: str
    """Subject of the legal representative."""
    address: str
    phone: str

    @property
    def subject(self) -> str:
        """Whose personal values the party's contact data are."""
        return self.party_id if self.is_natural else self.rep_id

    @property
    def contact(self) -> str:
        """Who speaks for the party."""
        return self.legal_rep or self.name

    def ref(self) -> dict[str, Any]:
        """Return the party as a ``PartyRef`` with secrets in it."""
        natural = self.is_natural
        return {
            "partyId": self.party_id,
            "partyType": "NATURAL" if natural else "LEGAL",
            "ageBand": self.age_band,
            "name": None if natural else self.name,
            "nameCommitment": Secret(self.party_id, self.name) if natural else None,
            "idScheme": "IDCARD" if natural else "USCC",
            "uscc": None if natural else self.id_value,
            "idValueCommitment": Secret(self.party_id, self.id_value) if natural else None,
            "legalRepCommitment": Secret(self.rep_id, self.legal_rep) if self.legal_rep else None,
        }


def person_name(draws: Draws) -> str:
    """Return the name of a fictional natural person."""
    return (
        draws.choice(words.SURNAMES) + draws.choice(words.GIVEN) + draws.choice(words.PARTY_MARKS)
    )


def draw_party(draws: Draws, case: Draws, offence: words.Offence, agency: words.Agency) -> Party:
    """Return a party to a case.

    Args:
        draws: Says who it is; the same draws give the same person in another case.
        case: Says what is drawn per case: the identifiers.
        offence: Whether natural persons commit it, and the line of business.
        agency: Where they live.
    """
    street = f"{agency.city}{draws.choice(words.STREETS)}{draws.between(1, 300)}号"
    phone = f"1420000{draws.below(10_000):04d}"
    rep_id = f"p-{case.uuid()}"
    party_id = f"p-{case.uuid()}"
    birth = draws.between(-9_000, 12_000)
    if offence.natural:
        number = identity_number(birth, draws.below(1_000))
        name = person_name(draws)
        return Party(party_id, True, "ADULT", name, number, None, rep_id, street, phone)
    serial = "".join(draws.choice(_CREDIT_ALPHABET) for _ in range(3))
    code = credit_code(f"91{agency.region}", f"MAFCT{serial}")
    firm = agency.city.removeprefix("长沙市岳麓区") or "岳麓区"
    name = firm + draws.choice(words.FIRM_NAMES) + draws.choice(words.FIRM_MARKS)
    name += f"{offence.trade}有限公司"
    rep = person_name(draws)
    return Party(party_id, False, "UNKNOWN", name, code, rep, rep_id, street, phone)


def minor_party(party: Party, draws: Draws, today: int) -> Party:
    """Return the party as somebody of fifteen to seventeen years."""
    birth = today - draws.between(15 * 366, 17 * 365)
    number = identity_number(birth, draws.below(1_000))
    return party._replace(age_band="FROM_14_TO_17", id_value=number)

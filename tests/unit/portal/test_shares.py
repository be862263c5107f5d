"""Shares beside those of the others: as they are defined, and at the cost of one look at each."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from portal.discretion.findings import OFFICER_LOWEST, Behind, Finding, finding, numbers_for
from portal.discretion.patterns import Counted, _shares
from projections.organisation.completeness import completeness
from projections.organisation.view import Fact, FactRow

acts = st.lists(
    st.tuples(
        st.sampled_from([("a",), ("b",), ("a", "b"), ("c",), ()]),
        st.sampled_from(["I-1", "I-2", None]),
        st.booleans(),
    ),
    max_size=60,
)


def counted_of(given_) -> list[Counted]:
    return [
        Counted(Behind(f"event {n}", "case:1", "A", None, n, None), *one)
        for n, one in enumerate(given_)
    ]


def by_definition(counted: list[Counted]) -> Iterator[Finding]:
    """Hold every act of each owner's items against the owner."""
    limits = numbers_for("lowest")
    for owner in dict.fromkeys(name for one in counted for name in one.owners):
        own = [one for one in counted if owner in one.owners]
        items = {one.item_code for one in own}
        others = [it for it in counted if it.item_code in items and owner not in it.owners]
        if len(own) < limits["least"] or len(others) < limits["peers_least"]:
            continue
        share, peers = (sum(it.is_in for it in part) * 100 // len(part) for part in (own, others))
        if share >= limits["percent"] and share - peers >= limits["above_peers_points"]:
            behind = [one.behind for one in own if one.is_in]
            numbers = {"count": len(behind), "of": len(own), "percent": share}
            numbers |= {"others_percent": peers, "others": len(others)}
            yield finding(OFFICER_LOWEST, owner, behind, numbers)


@given(acts, st.integers(0, 12), st.integers(0, 12))
def test_shares_are_as_they_are_defined(given_, high, low):
    """Of owners that stand out for sure, too."""
    given_ = [*given_, *[(("d",), "I-1", True)] * high, *[(("e",), "I-1", False)] * low]
    counted = counted_of(given_)
    assert list(_shares(OFFICER_LOWEST, "lowest", counted)) == list(by_definition(counted))


class OwnersAsked(tuple[str, ...]):
    """Owners of an act; counts how often somebody asks whether one is among them."""

    __slots__ = ()
    asked = 0

    def __contains__(self, one: object) -> bool:
        OwnersAsked.asked += 1
        return super().__contains__(one)

    def __iter__(self) -> Iterator[str]:
        OwnersAsked.asked += 1
        return super().__iter__()


def test_more_officers_are_no_more_work():
    """The same decisions by 2 and by 200 officers: each is looked at as often."""
    seen = []
    for officers in (2, 200):
        OwnersAsked.asked = 0
        given_ = [(OwnersAsked([f"o{n % officers}"]), "I-1", n % 3 == 0) for n in range(600)]
        assert list(_shares(OFFICER_LOWEST, "lowest", counted_of(given_))) == []
        seen.append(OwnersAsked.asked)
    assert seen == [600, 600]


class Credential(Fact):
    """An act about a credential; counts how often its payload is asked for."""

    asked = 0

    def value(self, path: str) -> str:
        Credential.asked += 1
        return self.row.event_id.partition("/")[2]


def credential(event_type: str, number: int, valid_from: int) -> Credential:
    given_ = dict.fromkeys(FactRow._fields)
    event_id = f"{event_type}/{number}"
    row = FactRow(
        **{**given_, "event_id": event_id, "event_type": event_type, "valid_from": valid_from}
    )
    return Credential(row)


def test_a_large_agency_costs_what_it_has_and_not_the_square_of_it():
    """Each of 600 credentials issued twice; every other one is revoked in between or after."""
    Credential.asked, many = 0, range(600)
    issued = [credential("CredentialIssued", n, at) for at in (1, 5) for n in many]
    revoked = [credential("CredentialRevoked", n, 3 if n % 4 else 7) for n in many[::2]]
    facts = sorted([*issued, *revoked], key=lambda one: one.row.valid_from)
    states = {one.rule.content: one for one in completeness([], facts, 1, 9)}

    standing = {one.fact.row.event_id for one in states["OFFICERS"].standing}
    assert standing == {f"CredentialIssued/{n}" for n in many if n % 4}
    assert Credential.asked <= 3 * len(facts)

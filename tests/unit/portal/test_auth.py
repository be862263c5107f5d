"""Logins, sessions, the brake on guessing, and the table of permissions."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ledger.clock import FixedClock
from ledger.errors import MalformedError, RejectedError, UnavailableError
from portal.access import require_agency, require_agency_or_overseer
from portal.api.problem import ProblemError
from portal.auth import (
    EVERY_AGENCY,
    Account,
    Logins,
    add_login,
    create_logins,
    read_session_key,
    remove_login,
)
from portal.permissions import LOGIN_ROLES, PERMISSIONS, Permission, Role, may
from portal.sessions import LoginBrake, Sessions

AGENCY = "11430100FCT000022L"
OTHER_AGENCY = "11430100FCT000030F"
NOON = 1_790_000_000_000_000
HOUR = 3_600_000_000


def counting_random() -> object:
    """Return a source of bytes that never repeats and is the same in every run."""
    calls = 0

    def random(size: int, /) -> bytes:
        nonlocal calls
        calls += 1
        return calls.to_bytes(size, "big")

    return random


@pytest.fixture(scope="module")
def keys_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    create_logins(folder, counting_random(), AGENCY)  # type: ignore[arg-type]
    return folder


def password_of(keys_dir: Path, role: Role) -> str:
    return (keys_dir / "logins" / f"{role}.txt").read_text().strip()


def test_every_role_but_the_public_gets_a_login(keys_dir: Path) -> None:
    logins = Logins.read(keys_dir)

    for role in LOGIN_ROLES:
        account = logins.check(str(role), password_of(keys_dir, role))
        assert account is not None
        assert account.role is role


def test_wrong_password_and_unknown_name_are_refused_alike(keys_dir: Path) -> None:
    logins = Logins.read(keys_dir)

    assert logins.check("clerk", "wrong") is None
    assert logins.check("nobody", "wrong") is None
    assert logins.check("clerk", "x" * 1_000_000) is None


def test_a_token_names_its_account(keys_dir: Path) -> None:
    logins = Logins.read(keys_dir)
    token = (keys_dir / "logins" / "auditor.token").read_text().strip()

    account = logins.check_token(token)

    assert account is not None
    assert account.role is Role.AUDITOR
    assert logins.check_token(token + "x") is None


def test_secrets_are_for_their_owner_only(keys_dir: Path) -> None:
    for path in [keys_dir / "logins.json", *(keys_dir / "logins").iterdir()]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_file_holds_no_password(keys_dir: Path) -> None:
    text = (keys_dir / "logins.json").read_text()

    assert not any(password_of(keys_dir, role) in text for role in LOGIN_ROLES)


def test_creating_again_changes_nothing(keys_dir: Path) -> None:
    before = (keys_dir / "logins.json").read_text(), read_session_key(keys_dir)

    create_logins(keys_dir, counting_random(), AGENCY)  # type: ignore[arg-type]

    assert ((keys_dir / "logins.json").read_text(), read_session_key(keys_dir)) == before


def test_a_missing_and_a_broken_file_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError):
        Logins.read(tmp_path)
    (tmp_path / "logins.json").write_text(json.dumps({"users": [{"user": "x"}]}))
    with pytest.raises(MalformedError):
        Logins.read(tmp_path)


def test_a_session_lasts_its_hours_and_no_longer() -> None:
    clock = FixedClock(NOON)
    sessions = Sessions(b"k" * 32, lifetime_s=3_600, clock=clock)
    cookie = sessions.issue("clerk", bytes)

    session = sessions.read(cookie)
    assert session is not None
    assert session.user == "clerk"
    clock.at_micros = NOON + HOUR
    assert sessions.read(cookie) is None
    clock.at_micros = NOON - HOUR
    assert sessions.read(cookie) is None


@pytest.mark.parametrize("cookie", [None, "", ".", "abc", "YWJj.YWJj", "x" * 10_000])
def test_what_is_no_cookie_of_ours_is_no_session(cookie: str | None) -> None:
    assert Sessions(b"k" * 32, lifetime_s=60, clock=FixedClock(NOON)).read(cookie) is None


def test_a_cookie_of_another_key_or_user_is_refused() -> None:
    clock = FixedClock(NOON)
    ours = Sessions(b"k" * 32, lifetime_s=60, clock=clock)
    theirs = Sessions(b"j" * 32, lifetime_s=60, clock=clock)
    body, seal = ours.issue("clerk", bytes).split(".")
    other_body, _ = ours.issue("supervisor", bytes).split(".")

    assert ours.read(theirs.issue("clerk", bytes)) is None
    assert ours.read(f"{other_body}.{seal}") is None
    assert ours.read(f"{body}.{seal}") is not None


def test_five_wrong_passwords_make_a_name_wait() -> None:
    clock = FixedClock(NOON)
    brake = LoginBrake(clock)
    for _ in range(5):
        assert brake.wait_s("clerk") == 0
        brake.failed("clerk")

    assert brake.wait_s("clerk") == 60
    assert brake.wait_s("auditor") == 0
    clock.at_micros += 61_000_000
    assert brake.wait_s("clerk") == 0


def test_a_right_password_forgets_the_wrong_ones() -> None:
    brake = LoginBrake(FixedClock(NOON))
    for _ in range(5):
        brake.failed("clerk")

    brake.succeeded("clerk")

    assert brake.wait_s("clerk") == 0


def test_the_public_may_nothing_that_needs_a_login() -> None:
    assert not any(may(Role.PUBLIC, permission) for permission in Permission)
    assert set(PERMISSIONS) == set(Permission)


def test_who_drafts_does_not_review_or_publish() -> None:
    """The gates look at persons; the table already keeps the three steps in three hands."""
    steps = (
        Permission.DRAFT_DISCLOSURE,
        Permission.REVIEW_DISCLOSURE,
        Permission.PUBLISH_DISCLOSURE,
    )
    for role in Role:
        assert sum(may(role, step) for step in steps) <= 1


@pytest.fixture
def accounts(tmp_path: Path) -> Path:
    """A keys folder of its own, with one account a role."""
    create_logins(tmp_path, counting_random(), AGENCY)  # type: ignore[arg-type]
    return tmp_path


def added(keys: Path, user: str, person: str = "officer:1027") -> Path:
    account = Account(user, Role.CLERK, person)
    return add_login(keys, account, lambda size, /: user.encode().ljust(size, b"-")[:size])


def test_a_person_gets_an_account_beside_the_others(accounts: Path) -> None:
    """With a password and a token of its own, for its owner only; the others stay as they were."""
    before = json.loads((accounts / "logins.json").read_text())["users"]

    file = added(accounts, "wang.fang")

    assert json.loads((accounts / "logins.json").read_text())["users"][:-1] == before
    logins = Logins.read(accounts)
    account = logins.check("wang.fang", file.read_text().strip())
    assert account == Account("wang.fang", Role.CLERK, "officer:1027")
    assert logins.check_token(file.with_suffix(".token").read_text().strip()) == account
    for path in (file, file.with_suffix(".token"), accounts / "logins.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_removed_account_is_gone_with_its_files(accounts: Path) -> None:
    file = added(accounts, "wang.fang")
    token = file.with_suffix(".token").read_text().strip()
    remove_login(accounts, "wang.fang")
    logins = Logins.read(accounts)
    assert logins.account("wang.fang") is None
    assert logins.check_token(token) is None
    assert not file.exists()
    assert not file.with_suffix(".token").exists()
    with pytest.raises(RejectedError, match="NOT_FOUND"):
        remove_login(accounts, "wang.fang")


def test_one_person_has_one_account_and_one_name(accounts: Path) -> None:
    """Under two names one person could be both of the two that a gate wants."""
    added(accounts, "wang.fang")
    before = (accounts / "logins.json").read_bytes()
    with pytest.raises(RejectedError, match="PERSON_HAS_LOGIN"):
        added(accounts, "wang.fang2")
    with pytest.raises(RejectedError, match="LOGIN_EXISTS"):
        added(accounts, "wang.fang", "officer:2")
    assert (accounts / "logins.json").read_bytes() == before
    assert not (accounts / "logins" / "wang.fang2.txt").exists()


@pytest.mark.parametrize("user", ["", "../x", "a/b", "Wang", ".x", "x" * 65, "x\n"])
def test_a_user_is_a_name_that_a_file_can_have(accounts: Path, user: str) -> None:
    with pytest.raises(MalformedError):
        added(accounts, user)


@pytest.mark.parametrize("person", ["", "王芳", "a b", "x" * 129])
def test_a_person_is_an_identifier(accounts: Path, person: str) -> None:
    with pytest.raises(MalformedError):
        added(accounts, "wang.fang", person)


# --- whose matters -------------------------------------------------------------------------------


class Register:
    """As much of the portal's resources as has one officer in it."""

    def __init__(self) -> None:
        officer = SimpleNamespace(agency_id=AGENCY)
        self.control = SimpleNamespace(state=SimpleNamespace(officers={"officer:1027": officer}))


@pytest.mark.parametrize(
    ("own", "person", "may_ask"),
    [
        (AGENCY, "person:1", True),
        (OTHER_AGENCY, "person:1", False),
        (EVERY_AGENCY, "person:1", True),
        (None, "officer:1027", True),
        (OTHER_AGENCY, "officer:1027", False),
        (None, "officer:1028", False),
    ],
)
def test_an_account_acts_for_its_own_agency(own: str | None, person: str, may_ask: bool) -> None:
    """As the account says, else as the register says of its officer; nobody's is nowhere."""
    register: Any = Register()
    clerk = Account("somebody", Role.CLERK, person, own)
    if may_ask:
        require_agency(register, clerk, AGENCY)
        require_agency_or_overseer(register, clerk, AGENCY)
        return
    for check in (require_agency, require_agency_or_overseer):
        with pytest.raises(ProblemError) as refused:
            check(register, clerk, AGENCY)
        assert (refused.value.code, refused.value.problem.status) == ("OTHER_AGENCY", 403)


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AUDITOR])
def test_who_oversees_reads_everybodys_and_asks_for_nobody(role: Role) -> None:
    register: Any = Register()
    overseer = Account("somebody", role, "person:1", OTHER_AGENCY)
    require_agency_or_overseer(register, overseer, AGENCY)
    assert not may(role, Permission.REQUEST_PERMIT)


def test_an_accounts_agency_is_kept_and_must_be_a_credit_code(accounts: Path) -> None:
    account = Account("wang.fang", Role.CLERK, "officer:1027", OTHER_AGENCY)
    add_login(accounts, account, lambda size, /: b"w" * size)
    logins = Logins.read(accounts)
    assert logins.account("wang.fang") == account
    assert logins.account("clerk") == Account("clerk", Role.CLERK, "person:clerk", AGENCY)
    for wrong in (OTHER_AGENCY[:-1] + "X", EVERY_AGENCY, ""):
        other = Account("li", Role.CLERK, "person:2", wrong)
        with pytest.raises(MalformedError):
            add_login(accounts, other, lambda size, /: b"w" * size)


def test_a_file_from_before_accounts_had_agencies_is_read(accounts: Path) -> None:
    path = accounts / "logins.json"
    document = json.loads(path.read_text())
    for row in document["users"]:
        del row["agency_id"]
    path.write_text(json.dumps(document))
    account = Logins.read(accounts).account("clerk")
    assert account == Account("clerk", Role.CLERK, "person:clerk")

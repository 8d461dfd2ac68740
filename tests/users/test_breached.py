"""Passwords that others know: the operator's list, the rules, and what the tenant does about them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from tallystick.errors import OAuthError
from tallystick.users.breached import BreachedPasswords, holds, is_common
from tallystick.users.password_policy import PasswordNotTaken
from tallystick.users.user import DATABASE_CONNECTION
from tests.users.people import PASSWORD, Town

KNOWN = "a sentence that has leaked"
DETECTION = "breached-password-detection"


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest().upper()


def listed(path: Path, *passwords: str, hashed: bool = True, ending: str = "\n", counts: str = "") -> Path:
    lines = [sha1(one) + counts for one in passwords] if hashed else list(passwords)
    path.write_bytes(b"".join(sorted(line.encode() + ending.encode() for line in lines)))
    return path


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize(("hashed", "counts"), [(True, ""), (True, ":12"), (False, "")])
def test_every_entry_of_a_list_is_found_and_nothing_else(
    tmp_path: Path, ending: str, hashed: bool, counts: str
) -> None:
    passwords = [f"secret-{number}" + "x" * (number % 7) for number in range(60)] + ["größe", "z" * 300]
    path = listed(tmp_path / "list", *passwords, hashed=hashed, ending=ending, counts=counts)
    assert all(holds(path, password) for password in passwords)
    assert not any(holds(path, other) for other in ("", "a", "secret", "secret-", "secret-6", "zz", "\U0001f600"))


def test_a_list_in_small_letters_without_a_last_line_end(tmp_path: Path) -> None:
    (tmp_path / "list").write_text(sha1(KNOWN).lower())
    assert holds(tmp_path / "list", KNOWN)
    (tmp_path / "list").write_text("")
    assert not holds(tmp_path / "list", KNOWN)


@pytest.mark.parametrize(
    "password",
    ["password", "Passw0rd!", "P@ssw0rd123", "aaaaaaaaaaaa", "abcabcabcabc", "abcdefghij", "987654321", "qwertzuiop",
     "qwerty12", "iloveyou99", "Welcome2024!", "123letmein!"],
)  # fmt: skip
def test_what_everybody_tries_first_is_known_without_a_list(password: str) -> None:
    assert is_common(password)


@pytest.mark.parametrize("password", [PASSWORD, "Tr0ub4dor&3", "passwordless world", "abcdeghi-xyz", "12 monkeys saw"])
def test_other_passwords_are_not(password: str) -> None:
    assert not is_common(password)


def test_a_list_that_cannot_be_read_refuses(town: Town, tmp_path: Path) -> None:
    with pytest.raises(OAuthError) as refused:
        town.house.run(BreachedPasswords(tmp_path / "nothing").contains(KNOWN))
    assert (refused.value.code, refused.value.check) == ("temporarily_unavailable", "password.list")


@pytest.fixture
def known(town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    """A deployment with such a list."""
    path = listed(tmp_path / "list", KNOWN, "another")
    monkeypatch.setattr(town.people.password_check._known, "_path", path)
    return town


def new_password(town: Town, password: str) -> str:
    """What setting it comes to."""
    accounts = town.people.accounts
    user = town.house.run(accounts.by_login(town.tenant.tenant_id, "ann@example.com"))
    assert user is not None
    try:
        town.house.run(accounts.set_password(town.tenant, user, password, town.house.clock.now_ms(), town.log))
    except PasswordNotTaken as refused:
        return refused.reason
    return "taken"


def test_without_detection_a_known_password_is_taken(known: Town) -> None:
    known.protect(DETECTION, enabled=False)
    known.person(password=KNOWN)
    assert new_password(known, KNOWN) == "taken"
    assert known.told("ann@example.com", KNOWN) == "in"
    assert known.rows("pwd_leak") == []


@pytest.mark.parametrize("password", [KNOWN, "Passw0rd!"])
def test_with_detection_it_is_refused_where_one_is_chosen(known: Town, password: str) -> None:
    known.protect(DETECTION, enabled=True)
    with pytest.raises(PasswordNotTaken) as refused:
        known.person(password=password)
    assert refused.value.reason == "breached"
    known.person()
    assert new_password(known, password) == "breached"
    stages = [(row["details"]["stage"], row["details"]["refused"]) for row in known.rows("pwd_leak")]
    assert stages == [("change", True), ("sign_up", True)]


@pytest.mark.parametrize(
    ("stage", "sign_up", "change"),
    [
        ({"pre-user-registration": {"shields": []}}, "taken", "breached"),
        ({"pre-change-password": {"shields": []}}, "breached", "taken"),
    ],
)
def test_each_stage_has_its_switch(known: Town, stage: dict[str, Any], sign_up: str, change: str) -> None:
    known.person()
    known.protect(DETECTION, enabled=True, stage=stage)
    made = known.house.call(
        "POST", "users", {"connection": DATABASE_CONNECTION, "email": "bob@example.com", "password": KNOWN}
    )
    assert made.status == (201 if sign_up == "taken" else 400)
    assert new_password(known, KNOWN) == change


@pytest.mark.parametrize(("shields", "told"), [([], "in"), (["block"], "breached")])
def test_at_sign_in_it_is_told_or_refused(known: Town, shields: list[str], told: str) -> None:
    known.protect(DETECTION, enabled=False)
    known.person(password=KNOWN)
    known.protect(DETECTION, enabled=True, shields=shields)
    assert known.told("ann@example.com", "wrong") == "wrong", "only the owner hears of it"
    assert known.rows("pwd_leak") == []
    assert known.told("ann@example.com", KNOWN) == told
    (row,) = known.rows("pwd_leak")
    assert row["details"]["refused"] == (told == "breached")

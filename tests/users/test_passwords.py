"""Hashing: bounded work, as much for a stranger as for somebody, and forms from elsewhere read as they are."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bcrypt
import pytest
from argon2 import PasswordHasher
from argon2.low_level import Type
from argon2.profiles import CHEAPEST

from tallystick.errors import InvalidField, OAuthError
from tallystick.users import passwords as module
from tallystick.users.account_rules import METADATA_BYTES_MAX
from tallystick.users.password_formats import check_encoded, holds
from tallystick.users.password_imports import REFUSED, encoded_password
from tallystick.users.passwords import AT_ONCE, PASSWORD_CHARS_MAX, QUEUE_MAX, Passwords
from tests.users.people import PASSWORD, Town

LONG = " ".join(PASSWORD.split() * 3)


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every hash that a password is compared with."""
    seen: list[str] = []

    def holding(encoded: str, password: str) -> bool:
        seen.append(encoded)
        return holds(encoded, password)

    with monkeypatch.context() as patched:
        patched.setattr(module, "holds", holding)
        yield seen


@pytest.mark.parametrize("name", ["ann@example.com", "nobody@example.com", "nobody", "", "bob@example.com", "a\0b"])
def test_whoever_is_asked_for_one_hash_of_the_same_work_is_compared(
    town: Town, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    town.person()
    town.person("bob@example.com", password=None)
    with counted(monkeypatch) as seen:
        assert town.told(name, "wrong") == "wrong"
    (encoded,) = seen
    cost = PasswordHasher.from_parameters(CHEAPEST).hash("x").split("$")[:4]
    assert encoded.split("$")[:4] == cost


def test_a_refused_attempt_compares_nothing(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.person()
    town.protect("brute-force-protection", max_attempts=1)
    town.told("ann@example.com", "wrong")
    with counted(monkeypatch) as seen:
        assert town.told("ann@example.com") == "too_many"
    assert seen == []


def test_nothing_opens_an_account_without_a_password(town: Town) -> None:
    town.person(password=None)
    for password in ("", "\0", "A" * 22, "\0" * 32):
        assert town.told("ann@example.com", password) == "wrong"


def test_nor_would_it_if_the_decoy_were_matched(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.person(password=None)
    monkeypatch.setattr(module, "holds", lambda _encoded, _password: True)
    assert town.told("ann@example.com") == "wrong"


def test_a_password_is_all_of_its_characters(town: Town) -> None:
    town.person(password=LONG)
    assert town.told("ann@example.com", LONG[:72]) == "wrong"
    assert town.told("ann@example.com", LONG + "e") == "wrong"
    assert town.told("ann@example.com", LONG.upper()) == "wrong"
    longest = "q" * (PASSWORD_CHARS_MAX - 1) + "z"
    town.person("bob@example.com", password=longest)
    assert town.told("bob@example.com", longest) == "in"
    assert town.told("bob@example.com", longest + "more") == "wrong"


def test_of_those_who_wait_a_queue_stays_and_the_rest_is_told_to_come_back() -> None:
    passwords, gate = Passwords(CHEAPEST), threading.Event()

    def slow(_encoded: str, _password: str) -> bool:
        gate.wait(10)
        return True

    async def one() -> str:
        try:
            return "in" if await passwords.verify("$2b$04$", "x") else "wrong"
        except OAuthError as refused:
            gate.set()
            return refused.code

    async def crowd() -> list[str]:
        return list(await asyncio.gather(*(one() for _ in range(AT_ONCE + QUEUE_MAX + 5))))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "holds", slow)
        told = asyncio.run(crowd())
        assert (told.count("in"), told.count("temporarily_unavailable")) == (AT_ONCE + QUEUE_MAX, 5)
        # What is done makes room.
        assert asyncio.run(crowd()).count("in") >= AT_ONCE + QUEUE_MAX
    passwords.close()


def phc(digest: str, password: str = PASSWORD, salt: bytes = b"0123456789abcdef", iterations: int = 1_000) -> str:
    made = hashlib.pbkdf2_hmac(digest, password.encode(), salt, iterations)
    salt_text, hash_text = (b64encode(value).decode().rstrip("=") for value in (salt, made))
    return f"$pbkdf2-{digest}$i={iterations},l={len(made)}${salt_text}${hash_text}"


def argon2(type: Type, **more: Any) -> str:
    return PasswordHasher(time_cost=2, memory_cost=16, parallelism=1, type=type, **more).hash(PASSWORD)


TAKEN = [
    *(argon2(type) for type in (Type.ID, Type.I, Type.D)),
    *(bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode().replace("$2b$", prefix)
      for prefix in ("$2a$", "$2b$", "$2y$")),
    phc("sha256"),
    phc("sha512"),
]  # fmt: skip


@pytest.mark.parametrize("encoded", TAKEN, ids=lambda encoded: "$".join(encoded.split("$")[1:3]))
def test_a_hash_from_elsewhere_is_read(encoded: str) -> None:
    check_encoded(encoded)
    assert holds(encoded, PASSWORD)
    assert not holds(encoded, PASSWORD + "r")
    assert not holds(encoded, "")


def test_bcrypt_looks_at_what_it_looked_at_when_the_hash_was_made() -> None:
    encoded = bcrypt.hashpw(LONG[:72].encode(), bcrypt.gensalt(4)).decode()
    assert holds(encoded, LONG)
    assert not holds(encoded, LONG[:71])


ARGON2 = "$argon2id$v=19$m={m},t={t},p={p}$" + "A" * 22 + "$" + "A" * 43
BCRYPT = "$2b$10$" + "a" * 53


@pytest.mark.parametrize(
    "encoded",
    [
        *("", "x", "$", "$argon2id$", "$argon2id$v=19$m=16,t=2,p=1$", "$2b$", "$2x$10$" + "a" * 53),
        ARGON2.format(m=128 * 1024 + 1, t=1, p=1),
        ARGON2.format(m=64 * 1024, t=17, p=1),
        ARGON2.format(m=1024, t=3, p=17),
        "$argon2id$v=19$m=1024,t=3,p=1$" + "A" * 22 + "$" + "A" * 10,
        "$2b$15$" + "a" * 53,
        "$2b$03$" + "a" * 53,
        BCRYPT + "a",
        BCRYPT + "\n",
        phc("sha256", iterations=999),
        phc("sha256").replace("i=1000", "i=2000001"),
        phc("sha256").replace("l=32", "l=31"),
        phc("sha256").replace("sha256", "sha1"),
        "$pbkdf2-sha256$i=1000$AAAA$AAAA",
        phc("sha256") + "A" * 600,
        phc("sha256").replace("$i", "\u00a0$i"),
    ],
)
def test_what_is_no_hash_or_asks_for_too_much_or_too_little_work_is_not_kept(encoded: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        check_encoded(encoded)


@pytest.mark.parametrize("algorithm", [*REFUSED, "plain", "argon2"])
def test_other_algorithms_are_refused_by_name(algorithm: str) -> None:
    custom = {"algorithm": algorithm, "hash": {"value": "00" * 32, "encoding": "hex"}}
    with pytest.raises(InvalidField) as refused:
        encoded_password({"custom_password_hash": custom})
    assert refused.value.path == "custom_password_hash"


@pytest.mark.parametrize(
    "members",
    [
        {"hash": {"value": "00" * 31, "encoding": "hex"}},
        {"hash": {"value": "zz", "encoding": "hex"}},
        {"hash": {"value": "00" * 32, "encoding": "hex"}, "keylen": 64},
        {"iterations": 1},
        {"salt": None},
    ],
)
def test_a_digest_that_stands_alone_needs_all_that_it_was_made_of(members: dict[str, Any]) -> None:
    good = {
        "algorithm": "pbkdf2",
        "hash": {"value": "00" * 32, "encoding": "hex"},
        "salt": {"value": "salt"},
        "iterations": 1_000,
    }
    assert encoded_password({"custom_password_hash": good})
    with pytest.raises(InvalidField):
        encoded_password({"custom_password_hash": {**good, **members}})


def test_one_way_to_give_a_password_at_a_time() -> None:
    with pytest.raises(InvalidField, match="one of"):
        encoded_password({"password": PASSWORD, "password_hash": BCRYPT})


def test_a_profile_is_bounded(town: Town) -> None:
    half = {"text": "x" * (METADATA_BYTES_MAX // 2)}
    ann = town.person(user_metadata=half)
    accounts, now_ms = town.people.accounts, town.house.clock.now_ms()
    with pytest.raises(InvalidField, match="128 KiB"):
        town.house.run(accounts.update(town.tenant, ann.user_id, {"app_metadata": half}, now_ms, town.log))


def test_a_foreign_hash_is_made_anew_at_the_first_sign_in_and_not_again(town: Town) -> None:
    for encoded in (TAKEN[0], TAKEN[3], TAKEN[6]):
        town.person(f"{len(encoded)}@example.com", password=None, password_hash=encoded)
        first = town.enter(f"{len(encoded)}@example.com")
        assert first.password_hash != encoded
        assert town.people.passwords.is_current(first.password_hash or "")
        assert town.enter(f"{len(encoded)}@example.com").password_hash == first.password_hash

"""People are found by what was asked for, in whatever script, and in the same order on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tallystick.management.user_query import order_of, parse
from tallystick.storage.store import Storage
from tallystick.users.attempts import FailedAttempts
from tallystick.users.user import ADMINISTRATORS, User
from tests.storage.samples import TENANT

pytestmark = pytest.mark.anyio

PEOPLE: tuple[dict[str, Any], ...] = (
    {"metadata": {"name": "Ärger & Söhne", "user_metadata": {"town": "Łódź", "age": 41, "vip": True}}},
    {"metadata": {"name": "100% cotton_wool", "nickname": 'say "hi"', "user_metadata": {"age": 4, "gone": None}}},
    {"metadata": {"name": "a\\b", "nickname": "it's", "app_metadata": {"plan": {"level-2": "Gold"}}}},
    {"metadata": {"name": "ДМИТРИЙ 😀"}, "username": "dmitri", "blocked": True, "logins_count": 7},
    {"metadata": {"name": "100 cotton wool"}, "last_login_ms": 1_700_000_000_000, "email_verified": True},
)


async def filled(storage: Storage) -> Storage:
    """The people above, called by their number, with some whom nobody may find."""
    people = [
        User(tenant_id=TENANT, user_id=f"auth0|{at}", email=f"p{at}@example.com", created_at_ms=at, updated_at_ms=9)
        for at in range(len(PEOPLE))
    ]
    others = [
        User(tenant_id="other", user_id="auth0|x", email="x@example.com", created_at_ms=1, updated_at_ms=1),
        User(
            tenant_id=TENANT,
            user_id="auth0|admin",
            email="admin@example.com",
            connection=ADMINISTRATORS,
            is_administrator=True,
            created_at_ms=1,
            updated_at_ms=1,
        ),
    ]
    await storage.write(saves=[*(replace(one, **more) for one, more in zip(people, PEOPLE, strict=True)), *others])
    return storage


FOUND = {
    "": "01234",
    "name:ärger*": "0",
    "name:ÄRGER*SÖHNE": "0",
    'name:"ärger & söhne"': "0",
    "user_metadata.town:łódź": "0",
    "name:дмитрий*": "3",
    "name:*😀": "3",
    "name:100%*": "1",
    r'name:"100% cotton_wool"': "1",
    "name:*n_w*": "1",
    "name:100*": "14",
    r'name:"a\\b"': "2",
    r"name:a\\*": "2",
    r'nickname:"say \"hi\""': "1",
    "nickname:it's": "2",
    "nickname:it''s": "",
    "user_metadata.age:4": "1",
    "user_metadata.age:4*": "01",
    "user_metadata.vip:true": "0",
    "_exists_:user_metadata.gone": "",
    "app_metadata.plan.level-2:gold": "2",
    "app_metadata.plan:*gold*": "2",
    "user_metadata.nothing.at.all:x": "",
    "NOT _exists_:username AND NOT blocked:true": "0124",
    "username:DMITRI OR email:P4@EXAMPLE.COM": "34",
    "email:*@example.com": "01234",
    "NOT username:dmitri": "0124",
    "logins_count:[5 TO *]": "3",
    "last_login:[2023-01-01 TO 2024-01-01]": "4",
    "created_at:*": "01234",
    "user_id:auth0|3": "3",
    "connection:Username-Password-Authentication": "01234",
    "connection:administrators": "",
    "logins_count:999999999999999": "",
}


async def test_what_is_asked_for_is_found(storage: Storage) -> None:
    people = await filled(storage)
    found = {}
    for q in FOUND:
        tree = parse(q.replace("auth0|3", '"auth0|3"'))
        users = await people.find_users(TENANT, tree, limit=50)
        assert await people.count_users(TENANT, tree) == len(users)
        found[q] = "".join(user.user_id[-1] for user in users)
    assert found == FOUND


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("created_at:-1", "43210"),
        ("email:-1", "43210"),
        ("last_login:1", "40123"),  # nobody who never signed in comes before somebody who did
        ("last_login:-1", "40123"),
        ("username:1", "30124"),
        ("user_metadata.age:1", "10234"),
        ("logins_count:-1", "30124"),
        ("blocked:-1", "30124"),
    ],
)
async def test_people_without_a_value_come_last_and_pages_go_on(storage: Storage, sort: str, expected: str) -> None:
    people, order = await filled(storage), order_of(sort)
    pages = [await people.find_users(TENANT, parse(""), order, offset=at, limit=2) for at in (0, 2, 4, 6)]
    assert "".join(user.user_id[-1] for page in pages for user in page) == expected


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
async def test_a_text_that_no_database_keeps_finds_nobody(storage: Storage, text: str) -> None:
    assert await (await filled(storage)).find_users(TENANT, parse(f'name:"{text}"'), limit=5) == []


async def test_counts_are_those_of_exactly_one_account(storage: Storage) -> None:
    subjects = ("account:a_b%:1.2.3.4", "account:a_b%:*", "account:A_B%:*", "account:axbc:*", "account:a\\b:*")
    rows = [
        FailedAttempts(tenant_id=tenant, subject=subject, count=1, first_at_ms=1, last_at_ms=1, purge_at_ms=2)
        for tenant in (TENANT, "other")
        for subject in subjects
    ]
    await storage.write(saves=rows)
    for beginning, expected in (("account:a_b%:", set(subjects[:2])), ("account:a\\b:", {subjects[4]})):
        found = await storage.attempts_at(TENANT, beginning)
        assert {row.subject for row in found} == expected
        assert {row.tenant_id for row in found} == {TENANT}

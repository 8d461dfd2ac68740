"""Sessions end together with the orders to tell their applications, or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tallystick.clients.client import Client
from tallystick.clients.directory import ClientDirectory
from tallystick.logout.delivery import LogoutDelivery
from tallystick.logout.endings import Endings
from tallystick.logout.initiators import Initiator, wanted
from tallystick.records import Stale
from tallystick.storage.store import Storage
from tallystick.users.session import Session
from tests.tenants.stored import NOW_MS, TENANT, log, save, stored

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def client(client_id: str, **oidc_logout: Any) -> Client:
    """An application; without ``oidc_logout`` it hears of nothing."""
    metadata = {"oidc_logout": oidc_logout} if oidc_logout else {}
    return Client(
        tenant_id="t1", client_id=client_id, name=client_id, metadata=metadata, created_at_ms=1, updated_at_ms=1
    )


def session(session_id: str, *clients: str, user_id: str = "auth0|ada") -> Session:
    """A session in which these applications got something."""
    return Session(
        tenant_id="t1",
        id=session_id,
        secret_hash=f"hash of {session_id}",
        user_id=user_id,
        amr=["pwd"],
        clients=[{"client_id": name, "credential_id": None} for name in clients],
        authenticated_at_ms=NOW_MS,
        created_at_ms=NOW_MS,
        updated_at_ms=NOW_MS,
        idle_expires_at_ms=NOW_MS + 1000,
        expires_at_ms=NOW_MS + 1000,
        purge_at_ms=NOW_MS + 1000,
    )


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    async with stored(tmp_path, TENANT) as storage:
        told = {"backchannel_logout_urls": ["https://told.example/out"]}
        await save(storage, "t1", client("told", **told), client("deaf"), client("all", **told))
        yield storage


async def kept(storage: Storage, *sessions: Session) -> list[Session]:
    await storage.write(saves=sessions)
    return await storage.find(Session, "t1")


async def told(storage: Storage) -> list[tuple[str, str]]:
    return [(row.client_id, row.session_id) for row in await storage.find(LogoutDelivery, "t1")]


async def test_every_application_with_a_url_is_to_be_told_and_the_sender_is_woken(storage: Storage) -> None:
    endings, woken = Endings(storage, ClientDirectory(storage, storage), storage), []
    endings.wake = lambda: woken.append(True)
    sessions = await kept(storage, session("a", "told", "deaf", "gone"), session("b", "deaf"), session("c", "told"))
    assert await endings.end(TENANT, sessions[:2], Initiator.RP_LOGOUT, NOW_MS, [log("signed out")]) == 2
    assert [one.id for one in await storage.find(Session, "t1")] == ["c"]
    (delivery,) = await storage.find(LogoutDelivery, "t1")
    assert (delivery.url, delivery.session_id, delivery.user_id) == ("https://told.example/out", "a", "auth0|ada")
    assert delivery.next_attempt_at_ms == NOW_MS
    assert woken == [True]
    assert [row.event.description for row in await storage.log_page("t1")] == ["signed out"]


async def test_a_session_that_was_used_meanwhile_ends_with_what_it_has_then(storage: Storage) -> None:
    (seen,) = await kept(storage, session("a"))
    await storage.write(saves=[replace(seen, clients=[{"client_id": "told", "credential_id": None}])])
    endings = Endings(storage, ClientDirectory(storage, storage), storage)
    assert await endings.end(TENANT, [seen], Initiator.RP_LOGOUT, NOW_MS) == 1
    assert await told(storage) == [("told", "a")]


async def test_what_ended_meanwhile_is_told_once_and_the_log_row_is_written(storage: Storage) -> None:
    (seen,) = await kept(storage, session("a", "told"))
    endings = Endings(storage, ClientDirectory(storage, storage), storage)
    assert await endings.end(TENANT, [seen], Initiator.RP_LOGOUT, NOW_MS) == 1
    assert await endings.end(TENANT, [seen], Initiator.RP_LOGOUT, NOW_MS, [log("again")]) == 0
    assert await told(storage) == [("told", "a")]
    assert [row.event.description for row in await storage.log_page("t1")] == ["again"]


async def test_a_write_that_never_holds_ends_nothing_and_says_so(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = await kept(storage, session("a", "told"))

    async def stale(**_: Any) -> None:
        raise Stale

    monkeypatch.setattr(storage, "write", stale)
    with pytest.raises(Stale):
        await Endings(storage, ClientDirectory(storage, storage), storage).end(
            TENANT, sessions, Initiator.RP_LOGOUT, NOW_MS
        )


async def test_all_sessions_of_a_person_but_one(storage: Storage) -> None:
    await kept(storage, session("a"), session("b"), session("c", user_id="auth0|bob"))
    endings = Endings(storage, ClientDirectory(storage, storage), storage)
    assert await endings.end_all(TENANT, "auth0|ada", Initiator.SESSION_REVOKED, NOW_MS, but="b") == 1
    assert [one.id for one in await storage.find(Session, "t1")] == ["b", "c"]


def test_who_wants_to_hear_of_what() -> None:
    assert wanted({}) == {"rp-logout", "idp-logout"}
    assert wanted({"mode": "all"}) == set(Initiator)
    assert wanted({"mode": "custom", "selected_initiators": []}) == {"rp-logout"}
    assert wanted({"mode": "custom", "selected_initiators": ["password-changed"]}) == {"rp-logout", "password-changed"}

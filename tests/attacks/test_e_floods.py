"""What a stranger can have kept without being known: memory, and rows that wait for a person, an hour each."""

from __future__ import annotations

import gc
import tracemalloc
from urllib.parse import urlencode

import pytest

from tallystick.authorization import buckets, waiting_room
from tallystick.authorization.pending import PendingAuthorization
from tests.authorization.asking import asking_nobody, check_of
from tests.inprocess import FORM, InProcess
from tests.people import person, signed_in
from tests.signin import visitor

BURST = 12


@pytest.fixture(autouse=True)
def small_burst(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting_room, "BURST", BURST)
    monkeypatch.setattr(waiting_room, "PER_S", 2)


def rows(house: InProcess) -> int:
    return house.run(house.worker.storage.count(PendingAuthorization, house.tenant.tenant_id))


def test_one_address_begins_no_more_than_people_would(house: InProcess) -> None:
    app = asking_nobody(house)
    for _ in range(BURST // 3):  # by every way in, each time as a new browser
        visitor(house).get(app.path())
        visitor(house).post("/authorize", app.parameters())
        visitor(house).get("/account")
    assert rows(house) == BURST
    refused = [visitor(house).get(app.path()), visitor(house).post("/authorize", app.parameters())]
    assert check_of(house) == "pending.too_many"
    refused.append(visitor(house).get("/account"))
    assert [(stop.status, stop.location) for stop in refused] == [(503, "")] * 3
    assert refused[0].reply.header("retry-after")
    assert rows(house) == BURST
    # Who is signed in leaves nothing waiting, and who may not be asked neither.
    app.browser.cookies |= signed_in(house, person(house)).cookies
    assert app.code()
    assert visitor(house).get(app.path(prompt="none")).answer["error"] == "login_required"
    house.clock.advance(1)
    assert [visitor(house).get(app.path()).status for _ in range(3)] == [200, 200, 503]


def test_a_list_of_addresses_and_a_switch_lift_the_bound(house: InProcess) -> None:
    app = asking_nobody(house)
    for _ in range(BURST):
        visitor(house).get("/account")
    assert visitor(house).get(app.path()).status == 503
    path = "attack-protection/suspicious-ip-throttling"
    house.ask("PATCH", path, {"allowlist": ["127.0.0.0/8"]})
    assert visitor(house).get(app.path()).status == 200
    house.ask("PATCH", path, {"allowlist": []})
    assert visitor(house).get(app.path()).status == 503
    house.ask("PATCH", path, {"enabled": False})
    assert visitor(house).get(app.path()).status == 200


def test_addresses_that_are_long_gone_are_forgotten(house: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "KEYS_MAX", 4)
    room = waiting_room.WaitingRoom(house.worker.options.address_throttling)
    tenant_id, now_ms = house.tenant.tenant_id, house.clock.now_ms()
    for number in range(20):
        house.run(room.admit(tenant_id, f"2001:db8:0:{number:x}::1", now_ms))
    assert len(room._buckets._levels) == 4  # what it holds is seen nowhere else


@pytest.mark.parametrize(
    ("path", "name"),
    [
        *(("/authorize", name) for name in ("audience", "client_id", "request_uri", "request", "id_token_hint")),
        ("/oidc/logout", "client_id"),
        ("/oauth/token", "client_id"),
        ("/oauth/par", "client_id"),
    ],
)
def test_what_is_remembered_of_a_stranger_is_short(house: InProcess, path: str, name: str) -> None:
    """That there is no such API is remembered, by its name: twenty thousand names of 60 KB would be the memory."""
    app, times, chars = asking_nobody(house), 40, 60_000

    def ask(value: str) -> None:
        form = urlencode({**app.parameters(), "client_secret": "x", name: value}).encode()
        answer = house.request("POST", path, form, {b"content-type": FORM})
        assert b"code=" not in answer.content
        assert "code=" not in answer.headers.get("location", "")

    ask("x" * chars)
    tracemalloc.start()
    try:
        for number in range(times):
            ask(f"{number:0{chars}}")
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < times * chars / 4
    finally:
        tracemalloc.stop()

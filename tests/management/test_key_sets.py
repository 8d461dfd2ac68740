"""``/clients/{id}/key-sets``: what is found at an application's addresses, and the fetch by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tallystick.clients.key_sets import KeySets
from tests.application import now_ms
from tests.forge import Key
from tests.inprocess import InProcess, in_process
from tests.publisher import Published, Robot, public_jwk

KEY, NEXT = Key("ES256", "one"), Key("ES256", "two")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    with in_process(tmp_path_factory.mktemp("sets") / "data", now_ms()) as running:
        running.api()
        yield running


@pytest.fixture
def robot(house: InProcess) -> Robot:
    published = Published()
    published.serve(house.worker.key_sets)
    made = Robot(house, published, "https://api.example/")
    made.put(KEY)
    return made


def sets(robot: Robot) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = robot.house.ask("GET", f"clients/{robot.client_id}/key-sets")
    return found


def refresh(robot: Robot) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = robot.house.ask("POST", f"clients/{robot.client_id}/key-sets/refresh")
    return found


def test_what_is_found_is_shown_usage_by_usage(robot: Robot) -> None:
    inline = public_jwk(Key("RS256", "requests"), alg=None)
    robot.change(signed_request_object={"jwks": {"keys": [inline]}}, response_encryption={"jwks_uri": robot.url})
    never = {"fetched_at": None, "fresh_until": None, "attempted_at": None, "last_error": None}
    before = sets(robot)
    assert [one["usage"] for one in before] == ["private_key_jwt", "signed_request_object", "response_encryption"]
    assert before[0] == {
        "usage": "private_key_jwt", "jwks_uri": robot.url, "keys": [], "certificates": [], "refused": [], **never
    }  # fmt: skip
    assert before[1]["jwks_uri"] is None
    assert [(key["kid"], key["algs"][:2]) for key in before[1]["keys"]] == [("requests", ["RS256", "RS384"])]
    other = Key("ES256", "enc")
    robot.put(KEY, public_jwk(other, use="enc", alg="ECDH-ES"), {"kty": "oct", "k": "AA", "kid": "secret"})
    robot.token(KEY)
    robot.house.flush()
    now = robot.house.now_iso()
    authentication, _, encryption = sets(robot)
    (key,) = authentication["keys"]
    assert (key["kid"], key["kty"], key["crv"], key["algs"], key["uses"]) == ("one", "EC", "P-256", ["ES256"], 1)
    assert key["last_used_at"] == now
    assert [(key["kid"], key["algs"]) for key in encryption["keys"]] == [("enc", ["ECDH-ES"])]
    (refused,) = authentication["refused"]
    assert (refused["kid"], refused["check"]) == ("secret", "private_key")
    assert "private" in refused["reason"]
    assert (authentication["fetched_at"], authentication["attempted_at"]) == (now, now)
    assert authentication["fresh_until"] == robot.house.later_iso(3600)


def test_a_refresh_fetches_each_address_once_and_no_more_often_than_the_floor(robot: Robot) -> None:
    robot.change(response_encryption={"jwks_uri": robot.url})
    assert [key["kid"] for key in refresh(robot)[0]["keys"]] == ["one"]
    robot.put(NEXT)
    assert [key["kid"] for key in refresh(robot)[0]["keys"]] == ["one"]
    robot.house.clock.advance(10)
    assert [key["kid"] for key in refresh(robot)[0]["keys"]] == ["two"]
    assert robot.fetches == 2
    robot.house.clock.advance(10)
    robot.published.fail(robot.url)
    told = refresh(robot)[0]
    assert told["last_error"] == "time: It took longer than 10 seconds."
    assert [key["kid"] for key in told["keys"]] == ["two"]


def test_what_a_refresh_finds_holds_in_every_worker_at_once(robot: Robot) -> None:
    """A key that is taken out since it was lost must end where the call was not answered, too."""
    house, tenant_id = robot.house, robot.house.tenant.tenant_id
    worker = house.worker
    other = KeySets(worker.storage, worker.storage, robot.published, worker.key_sets._views._elsewhere)

    def has(kid: str) -> bool:
        async def look() -> bool:
            client = await worker.clients.find(tenant_id, robot.client_id)
            assert client is not None
            return (await other.get(client.client, robot.url, None, house.clock.now_ms())).has(kid)

        return house.run(look())

    assert has("one")
    robot.put(NEXT)
    house.clock.advance(10)
    refresh(robot)
    assert not has("one")


def test_a_refresh_is_a_change_of_the_log(robot: Robot) -> None:
    refresh(robot)
    (row,) = robot.house.ask("GET", "logs?per_page=1&sort=date:-1&q=type:sapi")
    assert row["description"] == "Refresh a client's key sets"


def test_a_client_that_is_not_there(house: InProcess) -> None:
    assert house.call("GET", "clients/nobody/key-sets").status == 404
    assert house.call("POST", "clients/nobody/key-sets/refresh").status == 404
    assert house.call("POST", "clients/nobody/key-sets/refresh", {"usage": "private_key_jwt"}).status == 400

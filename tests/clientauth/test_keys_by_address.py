"""Clients that authenticate with keys by address: what is taken, what is asked when, and what a stranger can cause."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tallystick.clients.key_set import KeySet
from tallystick.clients.key_sets import KeySets
from tests.application import JWT_BEARER, now_ms
from tests.forge import Key
from tests.inprocess import InProcess, in_process
from tests.publisher import Published, Robot, public_jwk
from tests.tokens.allowed import allowed

KEY, NEXT = Key("ES256", "2026"), Key("ES256", "2027")
HOUR_S = 3600


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    with in_process(tmp_path_factory.mktemp("keys") / "data", now_ms()) as running:
        yield running


@pytest.fixture(scope="module")
def audience(house: InProcess) -> str:
    return str(house.api()["identifier"])


@pytest.fixture
def published(house: InProcess) -> Published:
    outbound = Published()
    outbound.serve(house.worker.key_sets)
    house.forget_token()
    return outbound


@pytest.fixture
def robot(house: InProcess, published: Published, audience: str) -> Robot:
    made = Robot(house, published, audience)
    made.put(KEY)
    return made


def wait(robot: Robot, seconds: float) -> None:
    """Let time pass, and management tokens with it."""
    robot.house.clock.advance(seconds)
    robot.house.forget_token()


def record(robot: Robot) -> KeySet:
    found = robot.house.run(robot.house.worker.storage.get(KeySet, robot.house.tenant.tenant_id, robot.url))
    assert found is not None
    return found


def refused(robot: Robot) -> dict[str, str]:
    """``kid`` → check of the keys that this client may not use, as the Management API shows them."""
    shown = robot.house.ask("GET", f"clients/{robot.client_id}/key-sets")
    return {one["kid"]: one["check"] for one in shown[0]["refused"]}


def log_rows(robot: Robot) -> list[Any]:
    rows: list[Any] = robot.house.ask("GET", f"logs?q=client_id:{robot.client_id}%20AND%20type:key_set_failed")
    return rows


class TestFreshness:
    def test_a_fresh_set_is_asked_for_once_and_then_nothing_is(self, robot: Robot) -> None:
        assert [robot.token(KEY).status for _ in range(3)] == [200, 200, 200]
        assert robot.fetches == 1

    def test_a_new_key_is_used_as_soon_as_its_set_has_it(self, robot: Robot) -> None:
        assert robot.token(KEY).status == 200
        robot.put(NEXT, KEY)
        wait(robot, 10)
        assert (robot.token(NEXT).status, robot.token(KEY).status) == (200, 200)

    @pytest.mark.parametrize(
        ("headers", "fresh_s"),
        [
            ({}, HOUR_S),
            ({"cache_control": "public, max-age=600"}, 600),
            ({"cache_control": "max-age=600", "age": "100"}, 500),
            ({"cache_control": "max-age=1"}, 300),
            ({"cache_control": "no-store"}, 300),
            ({"cache_control": "max-age=999999999999999999999"}, 24 * HOUR_S),
            ({"cache_control": "max-age=-1"}, HOUR_S),
        ],
    )
    def test_an_answer_says_within_bounds_how_long_it_is_fresh(
        self, robot: Robot, headers: dict[str, str], fresh_s: int
    ) -> None:
        robot.put(KEY, **headers)
        assert robot.token(KEY).status == 200
        kept = record(robot)
        assert kept.fresh_until_ms - robot.house.clock.now_ms() == 1000 * fresh_s

    def test_a_key_that_was_taken_out_ends_with_the_freshness_of_its_set(self, robot: Robot) -> None:
        assert robot.token(KEY).status == 200
        robot.put(NEXT)
        wait(robot, HOUR_S * 0.8)
        assert robot.token(KEY).status == 200
        wait(robot, HOUR_S * 0.2)
        assert robot.refusal(KEY)["check"] == "private_key_jwt.key"
        assert robot.token(NEXT).status == 200

    def test_shortly_before_that_the_set_is_asked_for_while_nobody_waits(self, robot: Robot) -> None:
        assert robot.token(KEY).status == 200
        robot.put(NEXT)
        wait(robot, HOUR_S * 0.95)
        assert robot.token(KEY).status == 200
        robot.house.run(_landed(robot))
        assert robot.fetches == 2
        assert robot.refusal(KEY)["check"] == "private_key_jwt.key"

    def test_what_a_worker_fetched_serves_another_after_a_restart(self, robot: Robot) -> None:
        assert robot.token(KEY).status == 200
        house, tenant_id = robot.house, robot.house.tenant.tenant_id
        again = KeySets(
            house.worker.storage, house.worker.storage, robot.published, house.worker.key_sets._views._elsewhere
        )

        async def look() -> Any:
            client = await house.worker.clients.find(tenant_id, robot.client_id)
            assert client is not None
            return await again.get(client.client, robot.url, "2026", house.clock.now_ms())

        assert house.run(look()).has("2026")
        assert robot.fetches == 1


def test_oidcc_refresh_token_rp_key_rotation(house: InProcess, published: Published) -> None:
    """The application puts another key into its set and waits for 60 s; an assertion with the new ``kid`` must work."""
    url = "https://rp.example/jwks.json"
    published.put(url, public_jwk(KEY))
    app = allowed(house, client_authentication_methods={"private_key_jwt": {"jwks_uri": url}})

    def proof(key: Key) -> dict[str, Any]:
        now_s = house.clock.now_ms() // 1000
        assertion = key.assertion(app.client_id, house.issuer, iat=now_s, exp=now_s + 60)
        return {"client_assertion_type": JWT_BEARER, "client_assertion": assertion}

    body = app.redeem(app.code(["openid", "offline_access"]), **proof(KEY)).json()
    published.put(url, public_jwk(NEXT))
    house.clock.advance(60)
    assert app.refresh(body["refresh_token"], **proof(NEXT)).status == 200
    assert app.refresh(body["refresh_token"], **proof(KEY)).status == 401


class TestFailure:
    def test_while_the_address_does_not_answer_its_keys_serve_for_a_day(self, robot: Robot) -> None:
        assert robot.token(KEY).status == 200
        robot.published.fail(robot.url)
        wait(robot, 2 * HOUR_S)
        assert robot.token(KEY).status == 200
        wait(robot, 21.5 * HOUR_S)
        assert robot.token(KEY).status == 200
        wait(robot, HOUR_S)
        details = robot.refusal(KEY)
        assert details["check"] == "private_key_jwt.key_set"
        assert details["key_set"]["last_error"] == "time: It took longer than 10 seconds."
        robot.put(KEY)
        wait(robot, 10)
        assert robot.token(KEY).status == 200

    def test_once_it_is_known_to_fail_nobody_waits_for_it(self, robot: Robot) -> None:
        assert robot.token(KEY).status == 200
        robot.published.fail(robot.url)
        wait(robot, 2 * HOUR_S)
        assert robot.token(KEY).status == 200
        wait(robot, 100)
        house, gate = robot.house, asyncio.Event()
        robot.published.gate = gate
        assert robot.token(KEY).status == 200
        assert robot.fetches == 3  # which still hangs
        gate.set()
        house.run(_landed(robot))

    def test_the_log_tells_that_it_fails_and_not_how_often(self, robot: Robot) -> None:
        robot.published.fail(robot.url)
        for _ in range(3):
            robot.refusal(KEY)
            wait(robot, 11)
        assert robot.fetches == 3
        (row,) = log_rows(robot)
        assert row["details"]["reason"] == "time: It took longer than 10 seconds."
        robot.put(KEY, status=503)
        robot.refusal(KEY)
        assert [each["details"]["reason"] for each in log_rows(robot)] == [
            "status: It answered 503.",
            "time: It took longer than 10 seconds.",
        ]

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "json"),
            (b"[]", "json"),
            (b'{"keys": [], "keys": []}', "json"),
            (b"<html>", "json"),
            (b'{"keys": {}}', "keys"),
            (b'{"keys": ["a"]}', "keys"),
            (b'{"keys": [' + b",".join([b"{}"] * 101) + b"]}", "keys"),
            (b'{"keys": [' + b"[" * 2000 + b"]" * 2000 + b"]}", "json"),
        ],
    )
    def test_what_is_no_key_set_is_none(self, robot: Robot, content: bytes, reason: str) -> None:
        robot.put()
        answer = robot.published.answers[robot.url]
        robot.published.answers[robot.url] = type(answer)(status=200, content_type="", headers={}, content=content)  # type: ignore[call-arg]
        assert robot.refusal(KEY)["check"] == "private_key_jwt.key_set"
        assert (record(robot).last_error or "").partition(":")[0] == reason


async def _landed(robot: Robot) -> None:
    """What is fetched while nobody waits is there."""
    await asyncio.gather(*robot.house.worker.key_sets._flights._tasks.values())


class TestStrangers:
    def test_unknown_kids_cost_a_fetch_in_ten_seconds_and_no_more(self, robot: Robot) -> None:
        assert robot.token(KEY).status == 200
        stranger = Key("ES256")
        wait(robot, 10)
        for number in range(30):
            assert robot.token(stranger, kid=f"k{number}").status == 401
        assert robot.fetches == 2
        wait(robot, 9.9)
        assert robot.token(stranger, kid="k").status == 401
        assert robot.fetches == 2
        wait(robot, 0.1)
        assert robot.token(stranger, kid="k").status == 401
        assert robot.fetches == 3

    def test_nobody_with_a_known_kid_waits_meanwhile_and_all_others_wait_for_one_fetch(self, robot: Robot) -> None:
        assert robot.token(KEY).status == 200
        wait(robot, 10)
        house, stranger = robot.house, Key("ES256")

        async def storm() -> tuple[int, list[int]]:
            robot.published.gate = asyncio.Event()
            waiting = [asyncio.create_task(_token(robot, stranger, kid=f"k{number}")) for number in range(5)]
            await asyncio.sleep(0.05)
            known = await asyncio.wait_for(_token(robot, KEY), 5)
            assert not any(task.done() for task in waiting)
            robot.published.gate.set()
            return known, list(await asyncio.gather(*waiting))

        assert house.run(storm()) == (200, [401] * 5)
        assert robot.fetches == 2

    def test_two_workers_make_one_fetch(self, robot: Robot) -> None:
        house = robot.house
        worker, tenant_id = house.worker, house.tenant.tenant_id
        sets = [
            worker.key_sets,
            KeySets(worker.storage, worker.storage, robot.published, worker.key_sets._views._elsewhere),
        ]

        async def both() -> list[bool]:
            client = await worker.clients.find(tenant_id, robot.client_id)
            assert client is not None
            now = house.clock.now_ms()
            loaded = await asyncio.gather(*(each.get(client.client, robot.url, "2026", now) for each in sets))
            return [each.has("2026") for each in loaded]

        assert house.run(both()) == [True, True]
        assert robot.fetches == 1

    @pytest.mark.parametrize("kid", [None, "one for all"])
    @pytest.mark.parametrize("source", ["jwks", "jwks_uri"])
    def test_a_bounded_number_of_keys_is_tried(self, robot: Robot, kid: str | None, source: str) -> None:
        keys = [Key("ES256", kid) for _ in range(12)]
        robot.put(*keys)
        if source == "jwks":
            jwks = {"keys": [public_jwk(key) for key in keys]}
            robot.change(client_authentication_methods={"private_key_jwt": {"jwks": jwks}})
        assert (robot.token(keys[9]).status, robot.token(keys[11]).status) == (200, 401)


class TestOneAddressOfTwoApplications:
    """A set is fetched for whoever asks first: what it is for another must not come of that."""

    def test_a_key_that_serves_something_else_at_one_serves_that_one_alone_no_further(self, robot: Robot) -> None:
        key = Key("ES256", "shared")
        robot.put(key)
        other = Robot(robot.house, robot.published, robot.audience)
        held = {"jwks": {"keys": [public_jwk(key)]}}
        other.url = robot.url
        other.change(
            client_authentication_methods={"private_key_jwt": {"jwks_uri": robot.url}}, signed_request_object=held
        )
        assert robot.token(key).status == 200
        other.refusal(key)
        assert (refused(other), refused(robot)) == ({"shared": "credential.key_usage"}, {})
        wait(robot, 10)
        robot.house.ask("POST", f"clients/{other.client_id}/key-sets/refresh")
        assert robot.fetches == 2
        assert robot.token(key).status == 200
        assert other.token(key).status == 401

    def test_a_key_that_is_uploaded_for_something_else_ends_at_once(self, robot: Robot) -> None:
        key = Key("ES256", "to be held elsewhere")
        robot.put(key)
        assert robot.token(key).status == 200
        holder = robot.house.client(robot.audience)
        body = {"credential_type": "public_key", "pem": key.public_pem, "alg": "ES256"}
        robot.house.ask("POST", f"clients/{holder['client_id']}/credentials", body)
        robot.refusal(key)
        assert robot.fetches == 1


async def _token(robot: Robot, key: Key, **header: Any) -> int:
    from urllib.parse import urlencode

    form = {"grant_type": "client_credentials", **robot.form(key, **header)}
    sent = [(b"host", robot.house.host), (b"content-type", b"application/x-www-form-urlencoded")]
    answer = await robot.house._request("POST", "/oauth/token", urlencode(form).encode(), sent, ())
    return answer.status


RSA_1024 = rsa.generate_private_key(65537, 1024)
RSA_EXPONENT_3 = rsa.generate_private_key(3, 2048)


class TestWhichKeysAreTaken:
    @pytest.mark.parametrize(
        ("jwk", "check"),
        [
            ({"kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T", "kid": "2026"}, "private_key"),
            (public_jwk(KEY, d="AAAA"), "private_key"),
            (public_jwk(KEY, alg="RS256"), "key.alg"),
            (public_jwk(KEY, alg="HS256"), "key.alg_unknown"),
            (public_jwk(KEY, alg=7), "key.alg_unknown"),
            (public_jwk(KEY, use="verify"), "key.use"),
            (public_jwk(KEY, key_ops=["sign"]), "key.use"),
            (public_jwk(KEY, use=None, key_ops=["deriveKey"]), "key.use"),
            (public_jwk(KEY, use="enc"), "key.use"),
            (public_jwk(KEY, alg="ECDH-ES"), "key.use"),
            (public_jwk(KEY, kid="a\x01"), "key.kid"),
            (public_jwk(Key("RS256", "2026", RSA_1024)), "key.rsa_size"),
            (public_jwk(Key("RS256", "2026", RSA_EXPONENT_3)), "key.rsa_exponent"),
            (public_jwk(Key("RS256", "2026", RSA_EXPONENT_3), alg=None), "key.rsa_exponent"),
            ({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "2026"}, "key.length"),
            ({"kid": "2026"}, "key.type"),
        ],
    )
    def test_the_rules_of_upload_hold_for_each_key_alone(self, robot: Robot, jwk: dict[str, Any], check: str) -> None:
        robot.put(jwk, NEXT)
        assert robot.token(NEXT).status == 200
        assert robot.token(KEY).status == 401
        assert [one["check"] for one in record(robot).refused] == [check]

    def test_a_key_for_encryption_never_verifies(self, robot: Robot) -> None:
        robot.put(public_jwk(KEY, alg="ECDH-ES", use="enc"), public_jwk(NEXT, alg=None, use=None))
        assert robot.token(NEXT).status == 200
        details = robot.refusal(KEY)
        assert details["check"] == "private_key_jwt.key"
        assert [key["kid"] for key in details["registered"]] == ["2027"]
        assert record(robot).refused == []

    def test_one_key_does_not_stand_there_for_both(self, robot: Robot) -> None:
        robot.put(public_jwk(KEY, alg="ECDH-ES", use="enc"), KEY)
        robot.refusal(KEY)
        assert [one["check"] for one in record(robot).refused] == ["credential.key_usage"]

    def test_a_key_is_for_its_algorithm_or_for_every_one_that_fits(self, robot: Robot) -> None:
        one = Key("RS256", "one")
        other = Key("PS256", "other")
        robot.put(public_jwk(one), public_jwk(other, alg=None))
        assert robot.token(Key("PS256", "one", one.private)).status == 401
        assert [robot.token(Key(alg, "other", other.private)).status for alg in ("RS256", "PS512")] == [200, 200]

    def test_a_key_without_a_kid_is_not_found_by_one(self, robot: Robot) -> None:
        robot.put(public_jwk(KEY, kid=None))
        assert robot.token(KEY).status == 401
        assert robot.token(Key("ES256", None, KEY.private)).status == 200

    def test_a_key_that_another_application_holds_is_refused(self, robot: Robot) -> None:
        house, key = robot.house, Key("ES256", "held")
        holder = house.client(robot.audience)
        body = {"credential_type": "public_key", "pem": key.public_pem, "alg": "ES256"}
        house.ask("POST", f"clients/{holder['client_id']}/credentials", body)
        robot.put(key)
        robot.refusal(key)
        assert refused(robot) == {"held": "credential.key_held_elsewhere"}

    @pytest.mark.parametrize("source", ["credentials", "jwks", "jwks_uri"])
    def test_a_key_that_serves_another_usage_is_refused(self, robot: Robot, source: str) -> None:
        house, key = robot.house, Key("ES256", f"other usage {source}")
        if source == "credentials":
            body = {"credential_type": "public_key", "pem": key.public_pem, "alg": "ES256"}
            row = house.ask("POST", f"clients/{robot.client_id}/credentials", body)
            holder: Any = {"credentials": [{"id": row["id"]}]}
        elif source == "jwks":
            holder = {"jwks": {"keys": [public_jwk(key)]}}
        else:
            holder = {"jwks_uri": f"{robot.url}?requests"}
            robot.published.put(holder["jwks_uri"], public_jwk(key))
        robot.change(signed_request_object=holder)
        if source == "jwks_uri":
            tenant_id = house.tenant.tenant_id
            client = house.run(house.worker.clients.find(tenant_id, robot.client_id))
            assert client is not None
            found = house.worker.client_keys.signing(client, "signed_request_object", key.kid, house.clock.now_ms())
            assert [each.credential.kid for each in house.run(found)] == [key.kid]
        robot.put(key)
        robot.refusal(key)
        assert refused(robot) == {key.kid: "credential.key_usage"}


def test_the_keys_of_a_client_may_stand_in_it(robot: Robot) -> None:
    keys = {"keys": [public_jwk(KEY, x5t="a"), public_jwk(NEXT, alg=None)]}
    changed = robot.change(client_authentication_methods={"private_key_jwt": {"jwks": keys}})
    assert changed["client_authentication_methods"] == {"private_key_jwt": {"credentials": [], "jwks": keys}}
    assert (robot.token(KEY).status, robot.token(NEXT).status, robot.fetches) == (200, 200, 0)
    assert robot.token(Key("ES256", "2026")).status == 401

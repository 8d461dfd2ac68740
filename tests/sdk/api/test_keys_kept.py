"""Keys are fetched once, again when they are old or one is unknown, and never as often as strangers would like."""

from __future__ import annotations

import asyncio

import pytest

from tallystick.sdk.api import ApiRequest, Protection, kept
from tallystick.sdk.api.fetching import Answer, Ask
from tallystick.sdk.api.kept import FAILING_MS, FLOOR_MS, FRESH_MS, FRESH_MS_MAX, STALE_MS_MAX
from tallystick.sdk.server_keys import KEYS_MAX
from tests.forge import Key
from tests.patience import HANGING_S

from .asking import ask
from .issuer import BASE, ISSUER, JWKS, METADATA, Issuer, asked, bearer, check_of


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


def test_a_hundred_requests_at_once_fetch_once(issuer: Issuer) -> None:
    resource, token = issuer.resource(), issuer.token()
    request = ApiRequest(method="GET", path="/", headers=[(b"authorization", f"Bearer {token}".encode())])

    async def all_at_once() -> None:
        await asyncio.gather(*(resource.admit(request) for _ in range(100)))

    asyncio.run(all_at_once())
    assert issuer.asked == [METADATA, JWKS]


def test_who_comes_while_keys_are_fetched_waits_for_them(issuer: Issuer) -> None:
    resource = issuer.resource()
    request = ApiRequest(method="GET", path="/", headers=[(b"authorization", f"Bearer {issuer.token()}".encode())])

    async def one_after_another() -> None:
        issuer.gate = asyncio.Event()
        first = asyncio.create_task(resource.admit(request))
        for _ in range(9):
            await asyncio.sleep(0)
        assert issuer.asked == [METADATA]
        second = asyncio.create_task(resource.admit(request))
        await asyncio.sleep(0)
        first.cancel()  # whoever leaves takes nothing from the others
        issuer.gate.set()
        assert (await second).client_id == "c1"

    asyncio.run(one_after_another())
    assert issuer.asked == [METADATA, JWKS]


def test_a_loop_that_stands_still_holds_up_no_other(issuer: Issuer) -> None:
    """Frameworks without ``async`` run a loop for each request."""
    resource = issuer.resource()
    request = ApiRequest(method="GET", path="/", headers=[(b"authorization", f"Bearer {issuer.token()}".encode())])
    still = asyncio.new_event_loop()
    issuer.gate = asyncio.Event()
    waiting = still.create_task(resource.admit(request))
    still.run_until_complete(asyncio.wait([waiting], timeout=0.01))
    issuer.gate = None
    assert asyncio.run(resource.admit(request)).client_id == "c1"
    for task in asyncio.all_tasks(still):
        task.cancel()
    still.run_until_complete(asyncio.wait([waiting]))
    still.close()


def test_an_answer_that_is_no_success_is_none(issuer: Issuer) -> None:
    issuer.status = 503
    resource = issuer.resource()
    assert check_of(lambda: asked(resource, bearer(issuer.token()))) == "keys.not_fetched"


def test_old_keys_are_fetched_anew(issuer: Issuer) -> None:
    resource = issuer.resource()
    asked(resource, bearer(issuer.token()))
    issuer.clock.advance(FRESH_MS / 1000 - 1)
    asked(resource, bearer(issuer.token()))
    assert issuer.asked.count(JWKS) == 1
    issuer.clock.advance(1)
    asked(resource, bearer(issuer.token()))
    assert issuer.asked.count(JWKS) == 2


@pytest.mark.parametrize(
    ("said", "fresh_ms"),
    [
        ("max-age=120", 120_000),
        ("public, max-age=1", 60_000),
        ("max-age=999999999", FRESH_MS_MAX),
        ("no-store", 60_000),
        ("no-cache", 60_000),
    ],
)
def test_rfc9111_the_server_says_for_how_long_within_bounds(issuer: Issuer, said: str, fresh_ms: int) -> None:
    issuer.headers = {"cache-control": said}
    resource = issuer.resource()
    asked(resource, bearer(issuer.token()))
    issuer.clock.advance(fresh_ms / 1000 - 1)
    asked(resource, bearer(issuer.token()))
    assert issuer.asked.count(JWKS) == 1
    issuer.clock.advance(1)
    asked(resource, bearer(issuer.token()))
    assert issuer.asked.count(JWKS) == 2


def test_a_new_key_is_known_at_once(issuer: Issuer) -> None:
    resource = issuer.resource()
    asked(resource, bearer(issuer.token()))
    issuer.clock.advance(FLOOR_MS / 1000)
    new = Key("ES256", "k-2")
    issuer.published.append(issuer.jwk(new))
    assert asked(resource, bearer(issuer.token(key=new)))


def test_random_kids_cost_one_fetch_in_a_while(issuer: Issuer) -> None:
    resource = issuer.resource()
    for number in range(50):
        assert check_of(lambda n=number: asked(resource, bearer(issuer.token({"kid": f"r-{n}"})))) == "jwt.kid"  # type: ignore[misc]
    assert issuer.asked.count(JWKS) == 1
    issuer.clock.advance(FLOOR_MS / 1000)
    for number in range(50):
        assert check_of(lambda n=number: asked(resource, bearer(issuer.token({"kid": f"r-{n}"})))) == "jwt.kid"  # type: ignore[misc]
    assert issuer.asked.count(JWKS) == 2


def test_tokens_of_others_fetch_nothing(issuer: Issuer) -> None:
    resource = issuer.resource()
    for wrong in ({"iss": "https://evil.example/"}, {"aud": "x"}, {"exp": 1}):
        check_of(lambda w=wrong: asked(resource, bearer(issuer.token(**w))))  # type: ignore[misc]
    assert issuer.asked == []


def test_while_the_server_is_down_kept_keys_serve_for_a_day(issuer: Issuer) -> None:
    resource = issuer.resource()
    asked(resource, bearer(issuer.token()))
    issuer.is_down = True
    issuer.clock.advance(STALE_MS_MAX / 1000 - 1)
    assert asked(resource, bearer(issuer.token()))
    assert asked(resource, bearer(issuer.token()))
    assert issuer.asked.count(JWKS) == 2  # the floor holds for what fails as well
    issuer.clock.advance(1)
    assert check_of(lambda: asked(resource, bearer(issuer.token()))) == "keys.not_fetched"


def test_a_key_that_was_withdrawn_serves_no_longer_than_its_set(issuer: Issuer) -> None:
    resource, token = issuer.resource(), issuer.token(exp=issuer.now_s() + 9999)
    asked(resource, bearer(token))
    issuer.published = [issuer.jwk(Key("ES256", "k-2"))]
    issuer.clock.advance(FRESH_MS / 1000)
    assert check_of(lambda: asked(resource, bearer(token))) == "jwt.kid"


@pytest.mark.parametrize("content", [b"{", b"[]", {"keys": 1}, {"keys": [{}] * (KEYS_MAX + 1)}, {}])
def test_what_is_no_key_set_is_none(issuer: Issuer, content: object) -> None:
    issuer.pages[JWKS] = content
    resource = issuer.resource()
    assert check_of(lambda: asked(resource, bearer(issuer.token()))) == "keys.not_fetched"


def test_rfc8414_3_3_metadata_of_another_issuer_is_not_used(issuer: Issuer) -> None:
    for other in ("https://as.example", "https://evil.example/", None):
        issuer.pages[METADATA] = {"issuer": other, "jwks_uri": JWKS}
        resource = issuer.resource()
        assert check_of(lambda r=resource: asked(r, bearer(issuer.token()))) == "keys.not_fetched"  # type: ignore[misc]


def test_metadata_is_found_where_openid_connect_puts_it(issuer: Issuer) -> None:
    issuer.pages[f"{ISSUER}.well-known/openid-configuration"] = issuer.pages.pop(METADATA)
    assert asked(issuer.resource(), bearer(issuer.token()))


def test_a_server_without_metadata_is_told_about(issuer: Issuer) -> None:
    issuer.pages.clear()
    assert asked(issuer.resource(jwks_uri=JWKS), bearer(issuer.token()))
    assert issuer.asked == [JWKS]


@pytest.mark.parametrize(
    "url", ["http://as.example/jwks", "http://localhost/jwks", " HTTP://127.0.0.1:6379/", "http:jwks"]
)
def test_keys_over_plain_http_are_not_fetched(issuer: Issuer, url: str) -> None:
    """Nor from this machine, where a server elsewhere has nothing to show us to."""
    issuer.pages[METADATA] = {"issuer": ISSUER, "jwks_uri": url}
    issuer.pages[url] = {"keys": issuer.published}
    assert check_of(lambda: asked(issuer.resource(), bearer(issuer.token()))) == "keys.not_fetched"
    assert url not in issuer.asked
    # What the API says itself holds, and a server on this machine may be plain.
    here = "http://localhost:8080/"
    issuer.pages["http://localhost:8080/jwks"] = {"keys": issuer.published}
    named = {"issuer": here, "jwks_uri": "http://localhost:8080/jwks"}
    issuer.pages["http://localhost:8080/.well-known/oauth-authorization-server"] = named
    for options in ({"issuer": here}, {"issuer": ISSUER, "jwks_uri": "http://localhost:8080/jwks"}):
        assert asked(issuer.resource(**options), bearer(issuer.token(iss=options["issuer"])))


def test_the_log_hears_why_keys_did_not_come_as_a_warning(issuer: Issuer, caplog: pytest.LogCaptureFixture) -> None:
    """A 401 is for the caller to mend, a 503 for whoever runs the API: loggers show warnings unless told otherwise."""
    caplog.set_level("INFO", "tallystick.sdk.api")
    issuer.is_down = True
    api = Protection(None, resource=issuer.resource())  # type: ignore[arg-type]
    for token, level, said in (("x", "INFO", "token."), (issuer.token(), "WARNING", "metadata.not_fetched: down")):
        caplog.clear()
        ask(api, BASE + "/orders", [bearer(token)])
        assert [record.levelname for record in caplog.records] == [level]
        assert said in caplog.text


def test_a_server_that_hangs_holds_nobody_up_whom_kept_keys_serve(issuer: Issuer) -> None:
    resource, token = issuer.resource(), issuer.token(exp=issuer.now_s() + 99_999)
    request = ApiRequest(method="GET", path="/", headers=[(b"authorization", f"Bearer {token}".encode())])

    async def while_it_hangs() -> None:
        await resource.admit(request)
        issuer.clock.advance(FRESH_MS / 1000)
        issuer.is_down = True
        await resource.admit(request)  # waits, and learns that it is in vain
        issuer.clock.advance(FLOOR_MS / 1000)
        issuer.gate = asyncio.Event()
        await asyncio.wait_for(resource.admit(request), kept.LOAD_S_MAX / 2)
        await asyncio.wait_for(resource.admit(request), kept.LOAD_S_MAX / 2)
        issuer.is_down = False
        issuer.gate.set()

    asyncio.run(while_it_hangs())
    assert issuer.asked.count(JWKS) == 3  # it was asked all the while


def test_a_server_that_is_back_is_believed_at_once(issuer: Issuer) -> None:
    """By who has nothing else, and by who shows a key that came meanwhile; nobody else waits for it."""
    issuer.is_down = True
    resource = issuer.resource()
    assert check_of(lambda: asked(resource, bearer(issuer.token()))) == "keys.not_fetched"
    issuer.is_down = False
    issuer.clock.advance(FLOOR_MS / 1000)
    assert asked(resource, bearer(issuer.token()))

    issuer.clock.advance(FRESH_MS / 1000)
    issuer.is_down = True
    assert asked(resource, bearer(issuer.token()))
    issuer.is_down = False
    issuer.clock.advance(FLOOR_MS / 1000)
    new = Key("ES256", "k-2")
    issuer.published = [issuer.jwk(new)]
    assert asked(resource, bearer(issuer.token(key=new)))


def test_a_failure_of_long_ago_lets_nobody_in_with_keys_of_then(issuer: Issuer) -> None:
    resource, token = issuer.resource(), issuer.token(exp=issuer.now_s() + 99_999)
    asked(resource, bearer(token))
    issuer.is_down = True
    issuer.clock.advance(FRESH_MS / 1000)
    asked(resource, bearer(token))
    issuer.is_down = False
    issuer.published = [issuer.jwk(Key("ES256", "k-2"))]
    issuer.clock.advance(FAILING_MS / 1000)
    assert check_of(lambda: asked(resource, bearer(token))) == "jwt.kid"


def test_a_client_without_a_timeout_is_not_waited_for(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "LOAD_S_MAX", 0.01)

    async def in_vain() -> None:
        issuer.gate = asyncio.Event()
        await issuer.resource().verifier.verify(issuer.token())

    assert check_of(lambda: asyncio.run(asyncio.wait_for(in_vain(), HANGING_S))) == "keys.not_fetched"


def test_a_document_that_our_reading_trips_over_is_none(issuer: Issuer) -> None:
    async def odd(ask: Ask) -> Answer:
        raise RecursionError(ask.url)

    assert check_of(lambda: asked(issuer.resource(fetch=odd), bearer(issuer.token()))) == "keys.not_fetched"


def test_a_key_that_is_published_to_encrypt_with_signs_nothing(issuer: Issuer) -> None:
    """RFC 7517 4.2."""
    issuer.published = [{**one, "use": "enc"} for one in issuer.published]
    assert check_of(lambda: asked(issuer.resource(), bearer(issuer.token()))) == "jwt.kid"

"""What an API asks of a request: one token, its proof once, and challenges that say what was missing."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Mount, Route

from tallystick.sdk.api import (
    AccessToken,
    ApiRefused,
    ApiRequest,
    InMemoryReplays,
    ProtectedResource,
    Protection,
    ResourceMetadata,
    access_token,
)
from tallystick.sdk.api.refusals import STATUS, NotDecided
from tallystick.sdk.api.resource_metadata import metadata_url
from tallystick.sdk.dpop import DpopKey

from .asking import ask, challenges
from .issuer import API, BASE, ISSUER, Issuer, asked, bearer, check_of

KEY = DpopKey.generate()


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


def bound(issuer: Issuer, **more: Any) -> list[tuple[str, str]]:
    token = issuer.token(cnf={"jkt": KEY.jkt})
    return [("authorization", f"DPoP {token}"), ("dpop", issuer.proof(KEY, token, **more))]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], "token.missing"),
        ([("authorization", "Basic YTpi")], "token.missing"),
        ([("authorization", "")], "token.missing"),
        ([("authorization", "Bearer")], "authorization.malformed"),
        ([("authorization", "Bearer ")], "authorization.malformed"),
        ([("authorization", "Bearer a b")], "authorization.malformed"),
        ([("authorization", 'Bearer token="a"')], "authorization.malformed"),
        ([("authorization", "Bearer a,b")], "authorization.malformed"),
        ([("authorization", "Bearer a"), ("Authorization", "Bearer b")], "authorization.twice"),
    ],
)
def test_rfc6750_2_1_one_token_in_one_header(issuer: Issuer, headers: list[tuple[str, str]], expected: str) -> None:
    assert check_of(lambda: asked(issuer.resource(), *headers)) == expected


def test_rfc9700_4_3_2_a_token_in_the_query_is_none(issuer: Issuer) -> None:
    async def inner(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("let in")

    app = Protection(inner, resource=issuer.resource())
    assert ask(app, f"{BASE}/orders?access_token={issuer.token()}").status_code == 401


def test_d29_a_proof_is_taken_once_and_under_its_own_key(issuer: Issuer) -> None:
    api, other = issuer.resource(), DpopKey.generate()
    asked(api, *bound(issuer, jti="j-1"))
    assert check_of(lambda: asked(api, *bound(issuer, jti="j-1"))) == "dpop.replayed"
    token = issuer.token(cnf={"jkt": other.jkt})
    theirs = ("authorization", f"DPoP {token}"), ("dpop", issuer.proof(other, token, jti="j-1"))
    assert asked(api, *theirs)


def test_d29_fifty_at_once_one_gets_in(issuer: Issuer) -> None:
    api = issuer.resource()
    headers = [(name.encode(), value.encode()) for name, value in bound(issuer)]
    request = ApiRequest(method="GET", path="/orders", headers=headers)

    async def fifty() -> list[Any]:
        return await asyncio.gather(*(api.admit(request) for _ in range(50)), return_exceptions=True)

    results = asyncio.run(fifty())
    assert len([each for each in results if not isinstance(each, ApiRefused)]) == 1


def test_a_proof_is_spent_last(issuer: Issuer) -> None:
    api = issuer.resource(required_bindings=["dpop"])
    for wrong in ({"method": "POST"}, {"path": "/x"}):
        check_of(lambda w=wrong: asked(api, *bound(issuer, jti="j-1", **w)))  # type: ignore[misc]
    expired = issuer.token(cnf={"jkt": KEY.jkt}, exp=1)
    shown = ("authorization", f"DPoP {expired}"), ("dpop", issuer.proof(KEY, expired, jti="j-1"))
    assert check_of(lambda: asked(api, *shown)) == "jwt.claim.exp"
    assert asked(api, *bound(issuer, jti="j-1"))


def test_cve_2026_41707_a_full_store_refuses_and_forgets_nothing() -> None:
    store = InMemoryReplays(entries_max=2)

    def spend(key: bytes, now_ms: int = 0) -> bool:
        return asyncio.run(store.spend(key, now_ms + 70_000, now_ms))

    assert (spend(b"a"), spend(b"b"), spend(b"a")) == (True, True, False)
    with pytest.raises(NotDecided):
        spend(b"c")
    assert (spend(b"a", 69_999), spend(b"b", 69_999)) == (False, False)
    assert (spend(b"c", 70_000), spend(b"a", 70_000)) == (True, True)


def test_d29_threads_too_take_a_proof_once() -> None:
    """An API without a loop of its own runs one in each of its threads."""

    class Slow(set[bytes]):
        def __contains__(self, key: object) -> bool:
            found = super().__contains__(key)
            sleep(0.01)  # another thread's turn
            return found

    store = InMemoryReplays()
    store._used = Slow()

    def spend(_: int) -> bool:
        return asyncio.run(store.spend(b"a", 70_000, 0))

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(spend, range(4))) == 1


def test_a_full_store_answers_503(issuer: Issuer) -> None:
    api = issuer.resource(replays=InMemoryReplays(entries_max=1))
    asked(api, *bound(issuer))
    with pytest.raises(ApiRefused) as refused:
        asked(api, *bound(issuer))
    assert (refused.value.status, refused.value.check) == (503, "replays.full")


@pytest.mark.parametrize("said", [OSError("down"), None, 1, "OK"])
def test_a_store_that_fails_or_does_not_say_true_lets_nobody_in(issuer: Issuer, said: Any) -> None:
    class Odd:
        async def spend(self, key: bytes, expires_at_ms: int, now_ms: int) -> Any:
            if isinstance(said, Exception):
                raise said
            return said

    expected = "replays.failed" if isinstance(said, Exception) else "dpop.replayed"
    assert check_of(lambda: asked(issuer.resource(replays=Odd()), *bound(issuer))) == expected


def test_nobody_but_the_expected_url_counts(issuer: Issuer) -> None:
    for base_url, path in ((f"{BASE}/", "/orders"), ([BASE, "https://internal.example:8443"], "/orders")):
        assert asked(issuer.resource(base_url=base_url), *bound(issuer, path=path))
    api = issuer.resource(base_url=f"{BASE}/v1")
    assert check_of(lambda: asked(api, *bound(issuer))) == "dpop.htu"
    assert asked(api, *bound(issuer, path="/v1/orders"))


def test_rfc9449_7_1_the_error_stands_where_the_client_looks(issuer: Issuer) -> None:
    app = Protection(lambda *_: None, resource=issuer.resource())  # type: ignore[arg-type]
    wrong = ask(app, f"{BASE}/orders", [bearer(issuer.token(exp=1))])
    assert [("error" in each) for each in challenges(wrong)] == [True, False]
    proof = ask(app, f"{BASE}/orders", bound(issuer, path="/x"))
    assert [("error" in each) for each in challenges(proof)] == [False, True]
    only = Protection(lambda *_: None, resource=issuer.resource(required_bindings=["dpop"], proof_algs=["ES256"]))  # type: ignore[arg-type]
    assert challenges(ask(only, f"{BASE}/orders")) == ['DPoP algs="ES256"']
    unbound = ask(only, f"{BASE}/orders", [bearer(issuer.token())])
    assert challenges(unbound)[0].startswith('DPoP error="invalid_token"')
    assert set(unbound.json()) == {"error", "error_description", "correlation_id"}
    assert unbound.headers["cache-control"] == "no-store"


def test_503_and_400_challenge_nobody(issuer: Issuer) -> None:
    app = Protection(lambda *_: None, resource=issuer.resource())  # type: ignore[arg-type]
    issuer.is_down = True
    answer = ask(app, f"{BASE}/orders", [bearer(issuer.token())])
    assert (answer.status_code, challenges(answer)) == (503, [])
    answer = ask(app, f"{BASE}/orders", [bearer("a b")])
    assert (answer.status_code, challenges(answer)) == (400, [])
    assert set(STATUS.values()) == {400, 401, 403, 503}


def test_what_the_application_raises_after_it_began_to_answer_is_not_answered_again(issuer: Issuer) -> None:
    async def late(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        access_token(scope).require("nothing:like-it")

    app = Protection(late, resource=issuer.resource())
    with pytest.raises(ApiRefused):
        ask(app, f"{BASE}/orders", [bearer(issuer.token())])


@pytest.mark.parametrize("kind", ["websocket", "lifespan", "email"])
def test_every_kind_of_request_is_thought_of(issuer: Issuer, kind: str) -> None:
    seen: list[Any] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    async def send(message: Any) -> None:
        seen.append(message)

    async def receive() -> Any:
        raise AssertionError

    app = Protection(inner, resource=issuer.resource())

    def run(*headers: tuple[bytes, bytes]) -> None:
        scope = {"type": kind, "path": "/feed", "raw_path": b"/feed", "headers": headers}
        asyncio.run(app(scope, receive, send))

    if kind == "email":
        with pytest.raises(RuntimeError):
            run()
    elif kind == "lifespan":
        run()
        assert seen[0]["type"] == "lifespan"
    else:
        run()
        assert seen == [{"type": "websocket.close", "code": 1008}]
        run((b"authorization", f"Bearer {issuer.token()}".encode()))
        assert access_token(seen[-1]).client_id == "c1"


def test_scopes_and_permissions(issuer: Issuer) -> None:
    token = asked(issuer.resource(), bearer(issuer.token(permissions=["refund"])))
    assert token.require("read:orders", "write:orders") is token
    assert token.require_any("x", "read:orders") is token
    assert token.require_permissions("refund") is token
    for lacking in (
        lambda: token.require("read:orders", "x"),
        lambda: token.require(),
        lambda: token.require("read"),
        lambda: token.require_any("x"),
        lambda: token.require_any(),
        lambda: token.require_permissions("read:orders"),
        lambda: token.require_permissions(),
    ):
        assert check_of(lacking) == "scope"
    # A max_age of 0 sends everybody round for ever: each sign-in is a moment ago.
    for nothing in ({}, {"acr_values": "mfa"}, {"acr_values": ["mfa"], "max_age_s": 0}, {"max_age_s": -1}):
        with pytest.raises(ValueError, match=r"acr_values|max_age_s"):
            token.require_authentication(**nothing)


@pytest.mark.parametrize("auth_time", [None, "1", True, 10**12, float("1e3")])
def test_an_auth_time_that_says_nothing_is_not_recent(issuer: Issuer, auth_time: Any) -> None:
    from msgspec.structs import replace

    token = asked(issuer.resource(), bearer(issuer.token()))
    token = replace(token, claims={**token.claims, "auth_time": auth_time})
    for max_age_s in (60, 10**10):
        if auth_time != 1000.0 or max_age_s == 60:  # which is a time of 1970
            assert check_of(lambda m=max_age_s: token.require_authentication(max_age_s=m)) == "step_up.auth_time"  # type: ignore[misc]


def test_rfc9470_4_each_demand_alone_and_to_the_second(issuer: Issuer) -> None:
    now_s = issuer.now_s()

    def token(**claims: Any) -> AccessToken:
        return asked(issuer.resource(), bearer(issuer.token(**claims)))

    assert token(acr="mfa").require_authentication(acr_values=["phr", "mfa"])
    for good in (now_s - 1, now_s, now_s + 60):
        assert token(auth_time=good).require_authentication(max_age_s=1)
    for bad in (now_s - 2, now_s + 61):
        assert check_of(lambda t=bad: token(auth_time=t).require_authentication(max_age_s=1)) == "step_up.auth_time"  # type: ignore[misc]
    for lacking in ({}, {"acr": "pwd"}):
        assert check_of(lambda c=lacking: token(**c).require_authentication(acr_values=["mfa"])) == "step_up.acr"  # type: ignore[misc]


def test_rfc9728_3_1_where_the_metadata_is(issuer: Issuer) -> None:
    assert metadata_url("https://a.example") == "https://a.example/.well-known/oauth-protected-resource"
    assert metadata_url("https://a.example/x?y=1") == "https://a.example/.well-known/oauth-protected-resource/x?y=1"
    for no_url in ("urn:orders", "a.example", "https://a.example/#x", "ftp://a.example/", "https:///x"):
        with pytest.raises(ValueError, match="RFC 9728"):
            metadata_url(no_url)
    with pytest.raises(ValueError, match="RFC 9728"):
        issuer.resource(base_url="https://elsewhere.example", metadata=ResourceMetadata())
    assert issuer.resource().metadata_path is None
    assert API.startswith(BASE)


@pytest.mark.parametrize("path", [".evil.example/orders", ":8080/orders", "@evil.example/orders", "*", ""])
def test_what_is_no_path_makes_no_other_host_of_the_base_url(issuer: Issuer, path: str) -> None:
    """A proof for https://orders.example.com.evil.example/orders went to its owner, who sends it on."""
    token = issuer.token(cnf={"jkt": KEY.jkt})
    headers = ("authorization", f"DPoP {token}"), ("dpop", issuer.proof(KEY, token, path=path))
    assert check_of(lambda: asked(issuer.resource(), *headers, path=path)) == "request.path"


@pytest.mark.parametrize(
    "options", [{"replays": "proofs.sqlite"}, {"certificates": "Client-Cert"}, {"nonces": bytes(32)}]
)
def test_what_every_request_would_fail_over_is_said_at_the_start(issuer: Issuer, options: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=next(iter(options))):
        issuer.resource(**options)
    with pytest.raises(ValueError, match=r"^issuer must name"):
        ProtectedResource(API, base_url=BASE)


def test_rules_beside_a_verifier_that_has_its_own_are_not_passed_over(issuer: Issuer) -> None:
    verifier = issuer.resource().verifier
    assert ProtectedResource(API, base_url=BASE, verifier=verifier)
    for more in ({"algorithms": ["PS256"]}, {"introspects_jwts": True}, {"typos": 1}):
        with pytest.raises(ValueError, match=next(iter(more))):
            ProtectedResource(API, base_url=BASE, verifier=verifier, **more)


def test_a_token_for_the_api_around_opens_nothing_on_a_public_path_within(issuer: Issuer) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        access_token(scope)
        raise AssertionError("let in")

    other = ProtectedResource("https://other.example/", base_url=BASE, issuer=ISSUER, fetch=issuer)
    within = Protection(application, resource=other, public={"/open"})
    app = Protection(within, resource=issuer.resource())
    assert ask(app, f"{BASE}/open", [bearer(issuer.token())]).status_code == 401


def test_a_mounted_application_has_its_own_protection(issuer: Issuer) -> None:
    """Frameworks answer 500 for what a mounted application raises, before it comes to whatever stands around."""

    async def orders(request: Request) -> None:
        access_token(request.scope).require("nothing:like-it")

    within = Starlette(routes=[Route("/orders", orders)])
    within.add_middleware(Protection, resource=issuer.resource(), public={"/v1/open"})
    app = Starlette(routes=[Mount("/v1", within)])
    assert ask(app, f"{BASE}/v1/orders", [bearer(issuer.token())]).status_code == 403
    token = issuer.token(cnf={"jkt": KEY.jkt})
    shown = ("authorization", f"DPoP {token}"), ("dpop", issuer.proof(KEY, token, path="/v1/orders"))
    assert ask(app, f"{BASE}/v1/orders", shown).status_code == 403
    assert (ask(app, f"{BASE}/v1/open").status_code, ask(app, f"{BASE}/open").status_code) == (404, 404)


def test_a_binding_may_be_named_alone(issuer: Issuer) -> None:
    api = issuer.resource(required_bindings="dpop")
    assert asked(api, *bound(issuer))
    assert check_of(lambda: asked(api, bearer(issuer.token()))) == "binding.required"
    assert api.document()["dpop_bound_access_tokens_required"]
    assert "scopes_supported" not in api.document()

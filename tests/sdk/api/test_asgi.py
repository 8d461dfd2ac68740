"""What the middleware takes of an ASGI request, whatever server made it, and what it answers by itself."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tallystick.sdk.api import Nonces, Protection, ResourceMetadata, access_token
from tallystick.sdk.dpop import DpopKey

from .asking import ask, challenges
from .issuer import API, BASE, Issuer, bearer

KEY = DpopKey.generate()


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


async def application(scope: Any, receive: Any, send: Any) -> None:
    access_token(scope)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body"})


def status(app: Any, headers: list[tuple[str, str]], **scope: Any) -> int:
    """The status of an answer to a scope as a server makes it."""
    return int(answered(app, headers, **scope)[0]["status"])


def answered(app: Any, headers: list[tuple[str, str]], **scope: Any) -> list[Any]:
    """The messages of an answer."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError

    raw = [(name.encode(), value.encode()) for name, value in headers]
    request = {"type": "http", "method": "GET", "path": "/", "headers": raw, "client": ("203.0.113.9", 1), **scope}
    asyncio.run(app(request, receive, send))
    return sent


@pytest.mark.parametrize(
    ("scope", "path"),
    [
        ({"path": "/a b", "raw_path": b"/a%20b"}, "/a%20b"),
        ({"path": "/a/b", "raw_path": b"/a%2Fb"}, "/a%2Fb"),
        ({"path": "/a b"}, "/a%20b"),
        ({"path": "/a b", "raw_path": None}, "/a%20b"),
        ({"path": "/ä", "raw_path": b""}, "/%C3%A4"),
        ({"path": "/a", "raw_path": b"/a?b=c"}, "/a"),
    ],
)
def test_proofs_are_for_the_path_as_it_was_sent(issuer: Issuer, scope: dict[str, Any], path: str) -> None:
    app = Protection(application, resource=issuer.resource())
    token = issuer.token(cnf={"jkt": KEY.jkt})
    headers = [("Authorization", f"DPoP {token}"), ("DPoP", issuer.proof(KEY, token, path=path))]
    assert status(app, headers, **scope) == 200


def test_what_the_client_says_of_the_connection_is_no_part_of_the_url(issuer: Issuer) -> None:
    """Neither Host, nor forwarded names, nor the scheme that the server believes in."""
    app = Protection(application, resource=issuer.resource())
    token = issuer.token(cnf={"jkt": KEY.jkt})
    lies = [("host", "evil.example"), ("x-forwarded-host", "evil.example"), ("x-forwarded-proto", "http")]
    lies.append(("forwarded", "host=evil.example;proto=http"))
    for url, expected in (("https://evil.example/", 401), ("http://orders.example.com/", 401), (f"{BASE}/", 200)):
        proof = KEY.proof("GET", url, now_ms=issuer.clock.now_ms(), access_token=token)
        headers = [("authorization", f"DPoP {token}"), ("dpop", proof), *lies]
        scope = {"scheme": "http", "server": ("evil.example", 80), "root_path": "/v1", "http_version": "1.0"}
        assert status(app, headers, **scope) == expected


def test_two_proofs_are_none_wherever_they_stand(issuer: Issuer) -> None:
    app = Protection(application, resource=issuer.resource())
    token = issuer.token(cnf={"jkt": KEY.jkt})
    proof, other = (issuer.proof(KEY, token, path="/") for _ in range(2))
    for headers in ([("dpop", proof), ("DPoP", other)], [("dpop", f"{proof}, {other}")], [("dpop", "")], []):
        assert status(app, [("authorization", f"DPoP {token}"), *headers]) == 401
    # An underscore is not a hyphen: no server of ours takes one for the other.
    assert status(app, [("authorization", f"DPoP {token}"), ("d_pop", proof)]) == 401


def test_a_refused_token_is_spoken_of_in_the_scheme_it_came_in(issuer: Issuer) -> None:
    app = Protection(application, resource=issuer.resource())
    for scheme, at in (("Bearer", 0), ("DPoP", 1)):
        answer = ask(app, f"{BASE}/", [("authorization", f"{scheme} {issuer.token(exp=1)}")])
        assert ['error="invalid_token"' in each for each in challenges(answer)] == [at == 0, at == 1]


def test_public_paths_are_whole_ones(issuer: Issuer) -> None:
    async def open_to_all(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    app = Protection(open_to_all, resource=issuer.resource(), public={"/open"})
    assert status(app, [], path="/open") == 200
    for other in ("/open/", "/ope", "/open/x", "//open", "/OPEN"):
        assert status(app, [], path=other) == 401
    with pytest.raises(TypeError, match="list"):
        Protection(open_to_all, resource=issuer.resource(), public="/open")
    with pytest.raises(ValueError, match="slash"):
        Protection(open_to_all, resource=issuer.resource(), public={"open"})


def test_rfc9728_the_document_is_for_anyone_to_keep(issuer: Issuer) -> None:
    said = ResourceMetadata(more={"resource": "https://evil.example/", "x": 1})
    app = Protection(application, resource=issuer.resource(metadata=said))
    answer = ask(app, f"{BASE}/.well-known/oauth-protected-resource")
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert (answer.json()["resource"], answer.json()["x"]) == (f"{BASE}/", 1)
    assert ask(app, f"{BASE}/orders", [bearer(issuer.token())]).status_code == 200


def test_rfc9449_8_2_a_nonce_is_handed_out_beside_what_the_api_says_of_its_answer(issuer: Issuer) -> None:
    async def kept(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"Cache-Control", b"private")]})
        await send({"type": "http.response.body"})

    nonces = Nonces(b"n" * 32)
    app = Protection(kept, resource=issuer.resource(nonces=nonces))
    token, nonce = issuer.token(cnf={"jkt": KEY.jkt}), nonces.current(API, issuer.clock.now_ms())
    issuer.clock.advance(61)
    headers = [("authorization", f"DPoP {token}"), ("dpop", issuer.proof(KEY, token, path="/", nonce=nonce))]
    start, body = answered(app, headers)
    assert [name for name, _ in start["headers"]] == [b"Cache-Control", b"dpop-nonce"]
    assert body == {"type": "http.response.body"}

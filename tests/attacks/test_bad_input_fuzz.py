"""Whatever is sent, the answer is never a 5xx, and every refusal is JSON under a correlation id."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.application import JWT_BEARER, Application
from tests.attacks.wire import Wire

bounded = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

NAMES = ["grant_type", "client_id", "client_secret", "audience", "scope", "client_assertion", "client_assertion_type"]
NAMES += ["resource", "organization", "x", ""]
VALUES = [
    "client_credentials",
    JWT_BEARER,
    "{client_id}",
    "{client_secret}",
    "{audience}",
    "a.b.c",
    "e30.e30.",
    "..",
    "",
]
texts = st.text(max_size=40)
values = st.one_of(st.sampled_from(VALUES), texts, st.binary(max_size=20).map(lambda raw: raw.decode("latin-1")))
pairs = st.lists(st.tuples(st.one_of(st.sampled_from(NAMES), texts), values), max_size=12)
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), values),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=8,
)
headers = st.one_of(
    st.text("Aa9+/=-_ .,:%", max_size=30).map(lambda text: b"Basic " + text.encode()),
    st.binary(max_size=60),
    st.binary(max_size=60).map(lambda raw: b"Basic " + b64encode(raw)),
    st.tuples(texts, texts).map(lambda pair: b"basic " + b64encode(":".join(pair).encode())),
    st.binary(max_size=60).map(lambda raw: b"Bearer " + raw),
).map(lambda raw: raw.replace(b"\r", b"").replace(b"\n", b"").replace(b"\x00", b"").strip())


def filled(application: Application, value: Any) -> Any:
    """The value with this application's own in place of the names."""
    known = {"{client_id}": application.client_id, "{client_secret}": application.secret}
    known["{audience}"] = application.audience
    return known.get(value, value) if isinstance(value, str) else value


def answered(answer: httpx.Response) -> None:
    """A token, or a refusal in good form."""
    body = answer.json()
    if answer.status_code == 200:
        assert body["token_type"] == "Bearer"
        return
    assert answer.status_code in (400, 401), (answer.status_code, answer.text)
    assert set(body) == {"error", "error_description", "correlation_id"}
    assert body["correlation_id"] == answer.headers["x-correlation-id"]
    assert len(answer.content) < 500


@bounded
@given(parameters=pairs, authorization=headers | st.none())
def test_any_form(secret: Application, parameters: list[tuple[str, str]], authorization: bytes | None) -> None:
    body = urlencode([(name, filled(secret, value)) for name, value in parameters]).encode()
    sent = [(b"Content-Type", b"application/x-www-form-urlencoded")]
    sent += [(b"Authorization", authorization)] if authorization is not None else []
    try:
        answer = secret.http.post("oauth/token", content=body, headers=sent)
    except httpx.LocalProtocolError:
        return  # what the library itself refuses to send, the next tests send
    answered(answer)


@bounded
@given(
    body=st.one_of(st.binary(max_size=200), st.lists(st.sampled_from([*'%&=+;{}[]",:', "%00", "\xff"])).map("".join))
)
def test_any_bytes(secret: Application, body: bytes | str) -> None:
    content = body.encode("latin-1") if isinstance(body, str) else body
    for content_type in ("application/x-www-form-urlencoded", "application/json"):
        answered(secret.http.post("oauth/token", content=content, headers={"Content-Type": content_type}))


@bounded
@given(members=st.dictionaries(st.one_of(st.sampled_from(NAMES), texts), json_values, max_size=8))
def test_any_json(secret: Application, members: dict[str, Any]) -> None:
    content = json.dumps({name: filled(secret, value) for name, value in members.items()}).encode()
    answered(secret.http.post("oauth/token", content=content, headers={"Content-Type": "application/json"}))


@settings(bounded, max_examples=60)
@given(
    assertion=st.lists(st.one_of(st.sampled_from(["e30", "eyJhbGciOiJFUzI1NiJ9", "", "AA"]), texts), max_size=5).map(
        ".".join
    )
)
def test_any_assertion(keyed: Application, assertion: str) -> None:
    answered(keyed.by_assertion(assertion))


@settings(bounded, max_examples=60)
@given(
    target=st.one_of(
        st.sampled_from([b"/oauth/token", b"/api/v2/clients", b"/.well-known/jwks.json", b"/healthz"]),
        st.binary(max_size=30),
    ),
    header=st.binary(max_size=60),
    body=st.binary(max_size=60),
)
def test_any_bytes_on_the_wire(secret: Application, target: bytes, header: bytes, body: bytes) -> None:
    lines = [b"POST " + target + b" HTTP/1.1", b"Host: " + secret.server.domain.encode(), b"Connection: close", header]
    lines += [b"Content-Type: application/x-www-form-urlencoded", b"Content-Length: %d" % len(body)]
    with Wire(secret.server) as wire:
        wire.send(b"\r\n".join(lines) + b"\r\n\r\n" + body)
        while (answer := wire.answer_or_end()) is not None:
            # 501 and 505 say what HTTP we do not speak (RFC 9110 15.6.2, 15.6.6).
            assert answer.status < 500 or answer.status in (501, 505), answer

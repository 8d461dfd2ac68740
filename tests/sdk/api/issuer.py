"""A server as an API sees it: it publishes metadata and keys, and signs whatever a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from tallystick.sdk.api import ApiRequest, ProtectedResource
from tallystick.sdk.api.access_token import AccessToken
from tallystick.sdk.api.fetching import Answer, Ask
from tallystick.sdk.api.refusals import FetchFailed
from tallystick.sdk.dpop import DpopKey
from tallystick.sdk.keys import public_jwk, read_public_key
from tests.forge import LEFT_OUT, Key
from tests.inprocess import MovableClock

ISSUER = "https://as.example/"
API = "https://orders.example.com/"
BASE = "https://orders.example.com"
NOW_MS = 1_790_000_000_000
METADATA = f"{ISSUER}.well-known/oauth-authorization-server"
JWKS = f"{ISSUER}jwks"
INTROSPECT = f"{ISSUER}introspect"


class Issuer:
    """Also the API's way to it: what is fetched is counted."""

    def __init__(self) -> None:
        self.clock = MovableClock(NOW_MS)
        self.key = Key("ES256", "k-1")
        self.published = [self.jwk(self.key)]
        self.asked: list[str] = []
        self.forms: list[bytes] = []
        self.is_down = False
        self.gate: asyncio.Event | None = None
        """Where there is one, answers wait for it."""
        self.status = 200
        self.pages: dict[str, Any] = {
            METADATA: {"issuer": ISSUER, "jwks_uri": JWKS, "introspection_endpoint": INTROSPECT}
        }
        self.headers: dict[str, str] = {}

    @staticmethod
    def jwk(key: Key) -> dict[str, str]:
        """As it is published."""
        return public_jwk(read_public_key(key.public_pem), key.alg, key.kid or "")

    def now_s(self) -> int:
        """By the clock that the API goes by too."""
        return self.clock.now_ms() // 1000

    async def __call__(self, ask: Ask) -> Answer:
        """Answer what the SDK asks."""
        self.asked.append(ask.url)
        await asyncio.sleep(0)
        if self.gate is not None:
            await self.gate.wait()
        if self.is_down:
            raise FetchFailed("down")
        if ask.form is not None:
            self.forms.append(ask.form)
        page = {JWKS: {"keys": self.published}, **self.pages}.get(ask.url)
        if page is None:
            return Answer(status=404, headers={}, content=b"")
        content = page if isinstance(page, bytes) else msgspec.json.encode(page)
        return Answer(status=self.status, headers=self.headers, content=content)

    def claims(self, **claims: Any) -> dict[str, Any]:
        """What an honest server says (RFC 9068 2.2); claims as given replace it."""
        good = {
            "iss": ISSUER,
            "sub": "user|1",
            "aud": API,
            "client_id": "c1",
            "iat": self.now_s(),
            "exp": self.now_s() + 300,
            "jti": "t-1",
            "scope": "read:orders write:orders",
        }
        return {**good, **claims}

    def token(self, header: dict[str, Any] | None = None, key: Key | None = None, **claims: Any) -> str:
        """A signed one; :data:`LEFT_OUT` removes a claim or a header parameter."""
        return (key or self.key).jwt(self.claims(**claims), **{"typ": "at+jwt", **(header or {})})

    def resource(self, **options: Any) -> ProtectedResource:
        """The API that takes them."""
        given = {"issuer": ISSUER, "base_url": BASE, "fetch": self, "clock": self.clock.now_ms}
        return ProtectedResource(API, **{**given, **options})

    def proof(self, key: DpopKey, token: str, method: str = "GET", path: str = "/orders", **more: Any) -> str:
        """A good DPoP proof for a request to the API."""
        return key.proof(method, BASE + path, now_ms=self.clock.now_ms(), access_token=token, **more)


def asked(resource: ProtectedResource, *headers: tuple[str, str], **more: Any) -> AccessToken:
    """The token of a request with these headers, GET /orders unless said otherwise; what refuses it is raised."""
    sent = [(name.encode(), value.encode()) for name, value in headers]
    return asyncio.run(resource.admit(ApiRequest(**{"method": "GET", "path": "/orders", "headers": sent, **more})))


def bearer(token: str) -> tuple[str, str]:
    """The header."""
    return "authorization", f"Bearer {token}"


def check_of(work: Callable[[], object]) -> str:
    """The check that refused it."""
    from tallystick.sdk.api import ApiRefused

    try:
        work()
    except ApiRefused as refusal:
        return refusal.check
    raise AssertionError("it was let in")


__all__ = ["LEFT_OUT"]

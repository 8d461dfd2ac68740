"""An application that publishes its keys, and an outbound client that needs no sockets to ask for them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tallystick.clients.key_sets import KeySets
from tallystick.jose.algorithms import canonical_alg
from tallystick.jose.keys import jwk_of, public_key_of
from tallystick.outbound.guarded import Fetched, FetchFailed
from tests.application import JWT_BEARER
from tests.forge import Key
from tests.inprocess import Answered, InProcess


class Published:
    """Implements `outbound.guarded.Fetcher`: what each address answers, and how often it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Fetched | FetchFailed] = {}
        self.asked: list[str] = []
        self.gate: asyncio.Event | None = None
        """While it is there, answers wait for it."""

    async def get(self, url: str, *, tenant_id: str, accept: str, bytes_max: int) -> Fetched:
        """What was laid down for the address."""
        self.asked.append(url)
        if self.gate is not None:
            await self.gate.wait()
        answer = self.answers[url]
        if isinstance(answer, FetchFailed):
            raise answer
        return answer

    def put(self, url: str, *jwks: Any, status: int = 200, **headers: str) -> None:
        """Let the address answer with these keys."""
        body = json.dumps({"keys": list(jwks)}).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[url] = Fetched(status=status, content_type="application/json", headers=named, content=body)

    def fail(self, url: str, reason: str = "time") -> None:
        """Let the address not answer."""
        self.answers[url] = FetchFailed(reason, "It took longer than 10 seconds.")

    def serve(self, *key_sets: KeySets) -> None:
        """Stand in for the guarded client of these."""
        for each in key_sets:
            each._fetcher = self


def public_jwk(key: Key, **more: Any) -> dict[str, Any]:
    """The public half, with its ``kid`` and ``alg`` unless they are given; None leaves one out."""
    members = {"kid": key.kid, "alg": canonical_alg(key.alg), "use": "sig", **more}
    shown = jwk_of(public_key_of(key.private.public_key()))
    return {**shown, **{name: value for name, value in members.items() if value is not None}}


class Robot:
    """An application that authenticates by ``private_key_jwt``, with keys at an address of its own."""

    def __init__(self, house: InProcess, published: Published, audience: str, **fields: Any) -> None:
        self.house, self.published, self.audience = house, published, audience
        self.client_id = str(house.client(audience)["client_id"])
        self.url = f"https://{self.client_id.lower()}.example/jwks.json"
        self.change(
            token_endpoint_auth_method=None,
            client_authentication_methods={"private_key_jwt": {"jwks_uri": self.url}},
            **fields,
        )

    def change(self, **fields: Any) -> Any:
        """Change the client."""
        return self.house.ask("PATCH", f"clients/{self.client_id}", fields)

    def put(self, *keys: Key | dict[str, Any], **options: Any) -> None:
        """Publish these keys, and no others."""
        self.published.put(self.url, *(public_jwk(key) if isinstance(key, Key) else key for key in keys), **options)

    @property
    def fetches(self) -> int:
        """How often the address was asked."""
        return self.published.asked.count(self.url)

    def assertion(self, key: Key, **header: Any) -> str:
        """A good one at the house's time."""
        now_s = self.house.clock.now_ms() // 1000
        return key.assertion(self.client_id, self.house.issuer, header, iat=now_s, exp=now_s + 60)

    def form(self, key: Key, **header: Any) -> dict[str, Any]:
        """The parameters of a token request."""
        shown = {"client_assertion_type": JWT_BEARER, "client_assertion": self.assertion(key, **header)}
        return {"audience": self.audience, **shown}

    def token(self, key: Key, **header: Any) -> Answered:
        """A token request."""
        return self.house.token(**self.form(key, **header))

    def refusal(self, key: Key, **header: Any) -> dict[str, Any]:
        """The log's details of a token request that is refused."""
        assert self.token(key, **header).status == 401
        rows = self.house.ask("GET", "logs?per_page=1&sort=date:-1&q=type:feccft")
        details: dict[str, Any] = rows[0]["details"]
        return details

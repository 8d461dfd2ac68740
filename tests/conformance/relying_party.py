"""A relying party with static credentials, as the suite plays two of them."""

from __future__ import annotations

import secrets
from base64 import b64encode
from urllib.parse import quote, urlencode

import msgspec

from tests.application import JWT_BEARER
from tests.conformance.provider import Provider
from tests.forge import Key
from tests.signin import Reply, Stop, Visitor

CALLBACK = "https://suite.example/test/a/tallystick/callback"
CALLBACK_WITH_QUERY = f"{CALLBACK}?dummy1=lorem&dummy2=ipsum"
"""What the second client is registered with."""


class RelyingParty(msgspec.Struct, frozen=True, kw_only=True):
    """One registered client, and what a plan says of how it asks."""

    provider: Provider
    client_id: str
    method: str
    secret: str = ""
    key: Key | None = None
    redirect_uri: str = CALLBACK
    defaults: dict[str, str] = {}
    """Parameters that this plan puts into every authorization request."""
    id_token_alg: str = "RS256"

    @property
    def token_type(self) -> str:
        """What its access tokens are, and the scheme in which it shows them."""
        return "Bearer"

    def request(self, **parameters: str | None) -> dict[str, str]:
        """An authorization request; None leaves a parameter out."""
        base = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": "openid",
            "state": secrets.token_urlsafe(8),
            "nonce": secrets.token_urlsafe(8),
            **self.defaults,
        }
        return {name: value for name, value in {**base, **parameters}.items() if value is not None}

    def send(self, browser: Visitor, request: dict[str, str], *, by_post: bool = False) -> Stop:
        """The browser takes it to the authorization endpoint, from the relying party's own page."""
        url = self.provider.metadata["authorization_endpoint"]
        if by_post:
            return browser.post(url, request, from_elsewhere=True)
        return browser.get(f"{url}?{urlencode(request)}")

    def token(self, fields: dict[str, str], *, authenticates: bool = True) -> Reply:
        """A token request."""
        proof, headers = self._proof() if authenticates else ({}, {})
        return self.provider.post(self.provider.metadata["token_endpoint"], {**fields, **proof}, headers)

    def fetch(self, url: str, access_token: str) -> Reply:
        """GET with an access token."""
        return self.provider.fetch(url, access_token)

    def redeem(self, code: str, **fields: str) -> Reply:
        """The token request for a code."""
        return self.token(
            {"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect_uri, **fields}
        )

    def refresh(self, refresh_token: str, *, authenticates: bool = True) -> Reply:
        """The token request for a refresh token."""
        fields = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self.token(fields, authenticates=authenticates)

    def _proof(self) -> tuple[dict[str, str], dict[str, str]]:
        """What goes into the form, and the headers."""
        if self.key is not None:
            now_s = self.provider.now_s()
            audience = self.provider.metadata["token_endpoint"]  # conformance: OIDC's is the token endpoint
            assertion = self.key.assertion(self.client_id, audience, iat=now_s, exp=now_s + 60)
            return {"client_assertion_type": JWT_BEARER, "client_assertion": assertion}, {}
        if self.method == "client_secret_post":
            return {"client_id": self.client_id, "client_secret": self.secret}, {}
        pair = f"{quote(self.client_id, safe='')}:{quote(self.secret, safe='')}"
        return {}, {"authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def registered(provider: Provider, method: str, redirect_uri: str = CALLBACK, **fields: object) -> RelyingParty:
    """A new client with credentials of its own. Its ID tokens hold what was asked for, and nothing beside."""
    key = Key("ES256") if method == "private_key_jwt" else None
    body: dict[str, object] = {
        "name": f"conformance {method}",
        "app_type": "regular_web",
        "callbacks": [redirect_uri],
        "grant_types": ["authorization_code", "refresh_token", "implicit"],
        "id_token_scope_claims": False,
        **fields,
    }
    if key is None:
        body["token_endpoint_auth_method"] = method
    else:
        credential = {"credential_type": "public_key", "pem": key.public_pem, "alg": key.alg}
        body["client_authentication_methods"] = {method: {"credentials": [credential]}}
    client = provider.made("POST", "clients", body)
    return RelyingParty(
        provider=provider,
        client_id=client["client_id"],
        method=method,
        secret=client.get("client_secret") or "",
        key=key,
        redirect_uri=redirect_uri,
    )

"""A FAPI relying party: it pushes what it asks for, and has what proves itself and what binds its tokens."""

from __future__ import annotations

import json
import secrets
from typing import Any
from urllib.parse import urlencode

from tests.administrator import Json
from tests.application import JWT_BEARER
from tests.authorization.asking import CHALLENGE, VERIFIER
from tests.certificate_mill import Holder
from tests.conformance.fapi_proofs import Prover
from tests.conformance.front_channel import check_random
from tests.conformance.provider import as_json
from tests.conformance.relying_party import RelyingParty
from tests.forge import LEFT_OUT, Key
from tests.signin import Reply, Stop, Visitor

REPEATED = ("response_type", "client_id", "scope", "redirect_uri")
"""What the first client's URL says again beside ``request_uri``."""
_OBJECTS = ("claims", "authorization_details")
"""JSON in a form, and JSON within a request object."""


class FapiParty(RelyingParty, frozen=True, kw_only=True):
    """One of the suite's two clients; ``key`` is there where it authenticates by one."""

    holder: Holder
    """Its certificate: what its tokens are bound to where it has no ``prover``, and without ``key`` its name."""
    prover: Prover | None = None
    """Makes its DPoP proofs; None: its tokens are bound to the certificate."""
    request_key: Key | None = None
    """What it signs requests with; None: they are plain."""
    is_second: bool = False
    """Other order, longest state and nonce, media type and ``iat`` in request objects; nothing beside request_uri; it
    names its key by ``dpop_jkt`` alone, where the first proves it."""

    @property
    def token_type(self) -> str:
        """RFC 9449 5; RFC 8705 leaves tokens that a certificate binds as they were."""
        return "Bearer" if self.prover is None else "DPoP"

    @property
    def confirmation(self) -> dict[str, str]:
        """What its tokens name as their holder."""
        return {"x5t#S256": self.holder.thumbprint} if self.prover is None else {"jkt": self.prover.jkt}

    def request(self, **parameters: str | None) -> dict[str, str]:
        """An authorization request; None leaves a parameter out."""
        fapi: dict[str, str | None] = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
        if self.is_second:
            fapi |= {"state": secrets.token_hex(64), "nonce": secrets.token_urlsafe(32)}
        if "openid" not in self.defaults.get("scope", "openid"):
            fapi |= {"nonce": None}
        if self.is_second and self.prover is not None:
            fapi["dpop_jkt"] = self.prover.jkt
        request = super().request(**{**fapi, **parameters})
        return dict(reversed(request.items())) if self.is_second else request

    def send(self, browser: Visitor, request: dict[str, str], *, by_post: bool = False) -> Stop:
        """Push it, and have the browser come for it."""
        assert not by_post
        return self.visit(browser, request, self.pushed(request))

    def visit(self, browser: Visitor, request: dict[str, str], request_uri: str) -> Stop:
        """The browser comes for what was pushed."""
        beside = {} if self.is_second else {name: request[name] for name in REPEATED if name in request}
        query = {**beside, "client_id": self.client_id, "request_uri": request_uri}
        return browser.get(f"{self.provider.metadata['authorization_endpoint']}?{urlencode(query)}")

    def pushed(self, request: dict[str, str]) -> str:
        """Push it; its checked name."""
        reply = self.push(self.carried(request))
        body = as_json(reply, 201)
        check_random(body["request_uri"].rpartition(":")[2])
        assert 5 <= body["expires_in"] <= 90
        assert "no-store" in reply.header("cache-control")
        return str(body["request_uri"])

    def push(
        self, form: dict[str, str], proof: dict[str, str] | None = None, *, possesses: bool | None = None
    ) -> Reply:
        """Any form at the endpoint for pushed requests. Who has a key shows no certificate there.

        ``possesses``: with a DPoP proof, which the first client has.
        """
        proves = not self.is_second if possesses is None else possesses
        return self.post("pushed_authorization_request_endpoint", form, proof, shows=self.key is None, proves=proves)

    def carried(self, request: dict[str, str]) -> dict[str, str]:
        """The form that brings it: the request, or the request as an object."""
        if self.request_key is None:
            return request
        return {"client_id": self.client_id, "request": self.request_object(request)}

    def request_object(
        self, request: dict[str, str], *, header: Json | None = None, key: Key | None = None, **claims: Any
    ) -> str:
        """The request, signed; claims and header parameters as given, :data:`tests.forge.LEFT_OUT` removes one."""
        key, now_s = key or self.request_key, self.provider.now_s()
        assert key is not None
        asked = {name: json.loads(value) if name in _OBJECTS else value for name, value in request.items()}
        about = {"iss": self.client_id, "aud": self.provider.issuer, "nbf": now_s, "exp": now_s + 300}
        about |= {"iat": now_s} if self.is_second else {}
        full = {name: value for name, value in {**asked, **about, **claims}.items() if value is not LEFT_OUT}
        typ = {"typ": "oauth-authz-req+jwt"} if self.is_second else {}
        return key.jwt(full, **{**typ, **(header or {})})

    def proof(self, key: Key | None = None, **claims: Any) -> dict[str, str]:
        """What goes into a form: an assertion as the suite makes it, with changes; else the client_id alone."""
        key, now_s = key or self.key, self.provider.now_s()
        if key is None:
            return {"client_id": self.client_id}
        said = {"iat": now_s, "nbf": now_s, "exp": now_s + 60, **claims}
        assertion = key.assertion(self.client_id, said.pop("aud", self.provider.issuer), **said)
        return {"client_assertion_type": JWT_BEARER, "client_assertion": assertion}

    def token(
        self,
        fields: dict[str, str],
        *,
        authenticates: bool = True,
        possesses: bool = True,
        proof: dict[str, str] | None = None,
    ) -> Reply:
        """A token request, with what ``authenticates`` it, and what proves that it ``possesses`` what binds its tokens.

        A certificate may be for both, and is then shown for both or not at all.
        """
        if not authenticates:
            proof = {"client_id": self.client_id}
        uses = [*([authenticates] * (self.key is None)), *([possesses] * (self.prover is None))]
        return self.post("token_endpoint", fields, proof, shows=bool(uses) and all(uses), proves=possesses)

    def redeem(self, code: str, **fields: str) -> Reply:
        """The token request for a code."""
        return self.token({**self.code_fields(code), **fields})

    def code_fields(self, code: str) -> dict[str, str]:
        """The grant's own parameters."""
        grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect_uri}
        return {**grant, "code_verifier": VERIFIER}

    def fetch(
        self,
        url: str,
        access_token: str,
        headers: dict[str, str] | None = None,
        *,
        possesses: bool = True,
        scheme: str = "",
    ) -> Reply:
        """GET with an access token, as its holder would show it."""
        sent = {"authorization": f"{scheme or self.token_type} {access_token}", **(headers or {})}
        if self.prover is None or not possesses:
            return self.get(url, sent, shows=possesses and self.prover is None)
        return self.prover.sent(lambda proof: self.get(url, {**sent, **proof}), "GET", url, access_token)

    def get(self, url: str, headers: dict[str, str], *, shows: bool = False) -> Reply:
        """GET of what is given, and nothing beside."""
        return self.connection(shows=shows).get(self._place(url, shows=shows), headers).reply

    def post(
        self, endpoint: str, fields: dict[str, str], proof: dict[str, str] | None, *, shows: bool, proves: bool
    ) -> Reply:
        """POST of a form to an endpoint that discovery names. A second try is a new request, with a new assertion."""
        url = self._place(self.provider.metadata[endpoint], shows=shows)

        def send(headers: dict[str, str]) -> Reply:
            form = {**(self.proof() if proof is None else proof), **fields}
            return self.connection(shows=shows).post(url, form, headers).reply

        return send({}) if self.prover is None or not proves else self.prover.sent(send, "POST", url)

    def connection(self, *, shows: bool) -> Visitor:
        """As a program opens one."""
        return self.provider.connection(self.holder if shows else None)

    def _place(self, url: str, *, shows: bool) -> str:
        """Where certificates are asked for, if one is shown: every URL is there too (RFC 8705 5)."""
        by_mtls = str(self.provider.metadata["mtls_endpoint_aliases"]["userinfo_endpoint"])
        return url.replace(self.provider.issuer, by_mtls.removesuffix("userinfo")) if shows else url

"""The two resources that are this server's own, and tokens for each that a key, a certificate, or nothing binds."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import msgspec

from tallystick.events import Event
from tallystick.jose import base64url
from tallystick.jose.private_keys import public_key_for
from tallystick.sdk.dpop import DpopKey
from tests.application import decoded
from tests.forge import Key
from tests.inprocess import Answered, InProcess
from tests.people import person
from tests.sender.holder import TOKEN, ask, post, proof_for
from tests.tokens.allowed import CALLBACK, allowed

DOMAIN = "id.acme.example"
"""A custom domain of the tenant; its port is the default one."""
KEY, OTHER_KEY = Key("ES256"), Key("ES256")
"""Whose the bound tokens are, and somebody else's."""
CERTIFICATE, OTHER_CERTIFICATE = (b"certificate",), (b"another",)
ALLOWED = {"mechanism": "dpop", "required": False}


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """One of them."""

    house: InProcess
    path: str
    token: str
    """Bound to :data:`KEY`."""
    certified: str
    """Bound to :data:`CERTIFICATE`."""
    unbound: str

    def proof(self, key: Key = KEY, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A good proof for a GET with :attr:`token`, but for what is said here; LEFT_OUT removes a member."""
        members = {"typ": "dpop+jwt", "jwk": public_jwk(key), **(header or {})}
        return key.jwt({**self.claims(), **claims}, **members)

    def claims(self) -> dict[str, Any]:
        """What an honest proof says now."""
        return {
            "jti": secrets.token_urlsafe(16),
            "htm": "GET",
            "htu": self.house.issuer + self.path,
            "iat": self.now_s,
            "ath": ath_of(self.token),
        }

    @property
    def now_s(self) -> int:
        """The server's time."""
        return self.house.clock.now_ms() // 1000

    def call(
        self,
        *proofs: str,
        scheme: str = "DPoP",
        token: str = "",
        certificates: tuple[bytes, ...] = (),
        host: bytes = b"",
        more: Sequence[tuple[bytes, bytes]] = (),
    ) -> Answered:
        """A GET with the token in the Authorization header and as many DPoP headers."""
        headers = [(b"authorization", f"{scheme} {token or self.token}".encode())]
        headers += [(b"dpop", proof.encode("latin-1")) for proof in proofs]
        return self.house.sent("GET", f"/{self.path}", b"", [*headers, *more], certificates, host)

    def row(self, answer: Answered) -> Event:
        """The row of the log to which the answer's correlation id leads."""
        where = {"correlation_id": answer.headers["x-correlation-id"]}
        (row,) = self.house.run(self.house.worker.storage.log_page(self.house.tenant.tenant_id, where=where))
        return row.event

    def refused(self, answer: Answered, error: str, check: str, status: int = 401) -> Event:
        """Assert that it was, with this code, for this reason; the row."""
        body = answer.json()
        assert (answer.status, body.get("errorCode") or body.get("error")) == (status, error), body
        assert f'error="{error}"' in answer.headers["www-authenticate"]
        row = self.row(answer)
        assert row.details["check"] == check, row.details
        return row


def public_jwk(key: Key) -> dict[str, Any]:
    """As proofs show it."""
    return dict(public_key_for(key.private).jwk)


def ath_of(token: str) -> str:
    """The hash of a token."""
    return base64url.encode(sha256(token.encode()).digest())


def userinfo_of(house: InProcess) -> Resource:
    """`/userinfo`, with a person's tokens."""
    jane = person(house, f"{secrets.token_hex(8)}@example.org")
    app, holder = allowed(house, jane), DpopKey(KEY.private)

    def token(*proofs: str, certificates: tuple[bytes, ...] = ()) -> str:
        form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, **app.proof, "code": app.code()}
        return str(post(house, TOKEN, form, *proofs, certificates=certificates).json()["access_token"])

    bound, certified = token(proof_for(house, holder)), token(certificates=CERTIFICATE)
    return _checked(Resource(house=house, path="userinfo", token=bound, certified=certified, unbound=token()))


def management_of(house: InProcess) -> Resource:
    """The Management API, with tokens of the management application."""
    holder, form = DpopKey(KEY.private), house.bootstrap["management"]
    (api,) = [row for row in house.ask("GET", "resource-servers") if row.get("is_system")]

    def token(mechanism: str, *proofs: str, certificates: tuple[bytes, ...] = ()) -> str:
        change = {"proof_of_possession": {**ALLOWED, "mechanism": mechanism}}
        house.ask("PATCH", f"resource-servers/{api['id']}", change)
        return str(ask(house, *proofs, certificates=certificates, **form).json()["access_token"])

    bound, certified = token("dpop", proof_for(house, holder)), token("mtls", certificates=CERTIFICATE)
    path = "api/v2/tenants/settings"
    return _checked(Resource(house=house, path=path, token=bound, certified=certified, unbound=token("dpop")))


def _checked(resource: Resource) -> Resource:
    """The tokens are bound as they are said to be."""
    tokens = (resource.token, resource.certified, resource.unbound)
    bound_by = [list(decoded(token)[1].get("cnf", {})) for token in tokens]
    assert bound_by == [["jkt"], ["x5t#S256"], []]
    return resource

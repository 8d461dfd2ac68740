"""Client authentication methods, as values you pass: each says what it adds to a request.

Sources: RFC 6749 2.3, RFC 7521 4.2, RFC 7523 2.2, RFC 8705 2.

method = ClientSecretBasic("the secret")
shown = method.show("the client_id", issuer, now_ms)
http.post(token_endpoint, data={"grant_type": "client_credentials", **shown.form}, headers=shown.headers)
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol
from urllib.parse import quote_plus

from ..jose.private_keys import AnyPrivateKey
from .assertions import LIFETIME_S, client_assertion
from .exchange import ClientCertificate

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
"""``client_assertion_type`` (RFC 7523 2.2)."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a method adds to a request. Its repr stays empty: everything in it is a secret for a while."""

    form: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    certificate: ClientCertificate | None = None
    """What to show in the handshake, where the method knows it."""


class Method(Protocol):
    """One client authentication method, with what it needs of the application's."""

    name: ClassVar[str]
    """As registered at IANA and listed in discovery."""

    def show(self, client_id: str, issuer: str, now_ms: int) -> Shown:
        """What to add to one request to the server whose issuer is ``issuer``; call it anew for every request."""
        ...


@dataclass(frozen=True, slots=True)
class NoAuthentication:
    """``none``: a public client says who it is and proves nothing."""

    name: ClassVar[str] = "none"

    def show(self, client_id: str, issuer: str, now_ms: int) -> Shown:
        """The ``client_id`` alone."""
        return Shown({"client_id": client_id})


@dataclass(frozen=True, slots=True)
class ClientSecretPost:
    """``client_secret_post``: the secret in the form."""

    secret: str = field(repr=False)
    name: ClassVar[str] = "client_secret_post"

    def show(self, client_id: str, issuer: str, now_ms: int) -> Shown:
        """Id and secret as form fields."""
        return Shown({"client_id": client_id, "client_secret": self.secret})


@dataclass(frozen=True, slots=True)
class ClientSecretBasic:
    """``client_secret_basic``: the secret in the Authorization header."""

    secret: str = field(repr=False)
    name: ClassVar[str] = "client_secret_basic"

    def show(self, client_id: str, issuer: str, now_ms: int) -> Shown:
        """The header. RFC 6749 2.3.1: id and secret are form-encoded each, *then* joined and encoded as base64."""
        pair = f"{quote_plus(client_id)}:{quote_plus(self.secret)}"
        return Shown({}, {"Authorization": "Basic " + b64encode(pair.encode()).decode("ascii")})


@dataclass(frozen=True, slots=True)
class PrivateKeyJwt:
    """``private_key_jwt``: a fresh client assertion, signed."""

    key: AnyPrivateKey = field(repr=False)
    alg: str
    kid: str | None = None
    lifetime_s: int = LIFETIME_S
    audience: str | None = None
    """For servers that want another than their issuer, such as the URL of their token endpoint."""
    name: ClassVar[str] = "private_key_jwt"

    def show(self, client_id: str, issuer: str, now_ms: int) -> Shown:
        """The assertion and its type; ``client_id`` too, which RFC 7521 4.2 leaves to us and many servers want."""
        audience, lifetime_s = self.audience or issuer, self.lifetime_s
        assertion = client_assertion(
            client_id, audience, self.key, self.alg, kid=self.kid, lifetime_s=lifetime_s, now_ms=now_ms
        )
        form = {"client_id": client_id, "client_assertion_type": JWT_BEARER, "client_assertion": assertion}
        return Shown(form)


@dataclass(frozen=True, slots=True)
class TlsClientAuth:
    """``tls_client_auth``: the TLS handshake proves it with a certificate of a known authority (RFC 8705 2.1).

    The HTTP client must show the certificate, at the server's ``mtls_endpoint_aliases``: its own, unless
    ``certificate`` names one.
    """

    certificate: ClientCertificate | None = None
    name: ClassVar[str] = "tls_client_auth"

    def show(self, client_id: str, issuer: str, now_ms: int) -> Shown:
        """The ``client_id`` alone (RFC 8705 2): nothing in the certificate says which client it is."""
        return Shown({"client_id": client_id}, certificate=self.certificate)


@dataclass(frozen=True, slots=True)
class SelfSignedTlsClientAuth(TlsClientAuth):
    """``self_signed_tls_client_auth``: the same with a certificate that is registered itself (RFC 8705 2.2)."""

    name: ClassVar[str] = "self_signed_tls_client_auth"

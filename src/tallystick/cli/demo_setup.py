"""What the demo registers, and how it is gone again. Everything carries a mark, so that nothing else is touched."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .files import write_private, write_public
from .identity import Identity
from .remote import Remote

if TYPE_CHECKING:
    from ..jose.private_keys import AnyPrivateKey
    from ..sdk.methods import Method

AUDIENCE = "https://demo-api.tallystick.example/"
DPOP_AUDIENCE = "https://demo-dpop-api.tallystick.example/"
"""The same for the other mechanism: an API has one."""
MECHANISMS = {AUDIENCE: "mtls", DPOP_AUDIENCE: "dpop"}
SCOPES = ("read:tallies", "cut:tallies")
AUTHORITY = "Tallystick demo authority"
MARK = {"made_by": "tallystick demo"}
SUBJECT = "CN=demo-app,O=Tallystick demo"
KEY_METHODS = "client_authentication_methods"


@dataclass(frozen=True, slots=True)
class RequestSigner:
    """An application that signs its requests: who it is, and its key for them."""

    identity: Identity
    key: AnyPrivateKey = field(repr=False)
    kid: str


@dataclass(frozen=True, slots=True)
class Applicant:
    """One application of the demo, and how it gets its token."""

    identity: Identity
    thumbprint: str | None = None
    """``x5t#S256`` of the certificate that its token must be bound to."""
    audience: str = AUDIENCE


class Registrar:
    """Registers what the demo needs; files go to ``directory``."""

    def __init__(self, remote: Remote, directory: Path) -> None:
        self._remote = remote
        self._directory = directory
        self._now_ms = time.time_ns() // 1_000_000

    def steps(self) -> dict[str, Callable[[], Applicant]]:
        """What the demo shows, in order → what registers it."""
        return {
            "client secret": self.by_secret,
            "private key JWT": self.by_private_key_jwt,
            "mTLS with a CA-signed certificate": self.by_authority,
            "mTLS with a self-signed certificate": self.by_self_signed,
            "private key JWT, and DPoP": self.by_dpop,
        }

    def register_apis(self) -> None:
        """One API for each mechanism, that binds tokens when it can: the column "allowed" of auth0.md 3.7."""
        for audience, mechanism in MECHANISMS.items():
            body = {
                "identifier": audience,
                "name": f"Tallystick demo API ({mechanism})",
                "scopes": [{"value": value, "description": "For the demo"} for value in SCOPES],
                "proof_of_possession": {"mechanism": mechanism, "required": False},
                "allow_offline_access": True,
            }
            self._remote.manage("POST", "resource-servers", body=body)

    def by_secret(self) -> Applicant:
        """An application with a secret that the server generates."""
        from ..sdk.methods import ClientSecretBasic

        client = self._client("Demo: client secret", {"token_endpoint_auth_method": "client_secret_basic"})
        method = ClientSecretBasic(client["client_secret"])
        return Applicant(Identity(client["client_id"], method))

    def by_private_key_jwt(self) -> Applicant:
        """An application that signs its assertions; the server knows the public half alone."""
        from ..sdk.methods import PrivateKeyJwt

        key, kid, credential = self._key_pair("private-key-jwt")
        client = self._key_client("Demo: private key JWT", "private_key_jwt", credential)
        return Applicant(Identity(client["client_id"], PrivateKeyJwt(key, "ES256", kid)))

    def by_dpop(self) -> Applicant:
        """The same kind of application, which shows with each request that it holds another key, known to nobody."""
        from ..sdk.dpop import DpopKey
        from ..sdk.methods import PrivateKeyJwt

        key, kid, credential = self._key_pair("private-key-jwt-and-dpop")
        client = self._key_client("Demo: DPoP", "private_key_jwt", credential, DPOP_AUDIENCE)
        dpop = DpopKey.generate()
        self._write_key("dpop", dpop.private_key)
        return Applicant(
            Identity(client["client_id"], PrivateKeyJwt(key, "ES256", kid), dpop=dpop), audience=DPOP_AUDIENCE
        )

    def by_authority(self) -> Applicant:
        """An application whose certificate an authority signed; the server knows the subject and the authority."""
        from ..sdk.certificates import TrialAuthority
        from ..sdk.methods import TlsClientAuth

        authority = TrialAuthority(f"CN={AUTHORITY}", now_ms=self._now_ms)
        issued = authority.issue(SUBJECT, now_ms=self._now_ms)
        anchor = {"name": AUTHORITY, "pem": authority.certificate_pem}
        anchor_id = self._remote.manage("POST", "certificate-authorities", body=anchor)["id"]
        credential = {"credential_type": "cert_subject_dn", "pem": issued.certificate_pem, "name": "demo subject"}
        credential["certificate_authority_id"] = anchor_id
        client = self._key_client("Demo: mTLS, CA-signed", "tls_client_auth", credential)
        identity = self._identity(client, TlsClientAuth(), "ca-signed", issued.key, issued.certificate_pem)
        return Applicant(identity, issued.thumbprint)

    def by_self_signed(self) -> Applicant:
        """An application whose certificate vouches for itself; the server knows that one certificate."""
        from ..jose.private_keys import generate_private_key
        from ..sdk.certificates import self_signed, thumbprint
        from ..sdk.methods import SelfSignedTlsClientAuth

        key = generate_private_key("ES256")
        certificate = self_signed(key, SUBJECT, now_ms=self._now_ms, days=90)
        credential = {"credential_type": "x509_cert", "pem": certificate, "name": "demo certificate"}
        client = self._key_client("Demo: mTLS, self-signed", "self_signed_tls_client_auth", credential)
        identity = self._identity(client, SelfSignedTlsClientAuth(), "self-signed", key, certificate)
        return Applicant(identity, thumbprint(certificate))

    def native_application(self) -> Identity:
        """A public application on somebody's machine, that people sign in to."""
        from ..sdk.methods import NoAuthentication

        body = {
            "name": "Demo: native application",
            "app_type": "native",
            "client_metadata": MARK,
            "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
            "callbacks": ["http://127.0.0.1/callback"],
        }
        client: dict[str, Any] = self._remote.manage("POST", "clients", body=body)
        return Identity(client["client_id"], NoAuthentication())

    def by_signed_requests(self, callback: str) -> RequestSigner:
        """An application that must sign and push its requests, and gets signed answers; two keys for two purposes."""
        from ..sdk.methods import PrivateKeyJwt

        key, kid, credential = self._key_pair("private-key-jwt-of-signer")
        request_key, request_kid, request_credential = self._key_pair("requests")
        body = {
            "name": "Demo: signed requests",
            "app_type": "regular_web",
            "client_metadata": MARK,
            "grant_types": ["authorization_code"],
            "callbacks": [callback],
            KEY_METHODS: {"private_key_jwt": {"credentials": [credential]}},
            "signed_request_object": {"required": True, "credentials": [request_credential]},
            "require_pushed_authorization_requests": True,
            "authorization_signed_response_alg": "ES256",
            "jwt_configuration": {"alg": "ES256"},
        }
        client: dict[str, Any] = self._remote.manage("POST", "clients", body=body)
        return RequestSigner(Identity(client["client_id"], PrivateKeyJwt(key, "ES256", kid)), request_key, request_kid)

    def _key_pair(self, name: str) -> tuple[AnyPrivateKey, str, dict[str, Any]]:
        """A key, its kid, and what the server is told of it."""
        from ..jose.keys import pem_of
        from ..jose.private_keys import generate_private_key, public_key_for

        key = generate_private_key("ES256")
        public = public_key_for(key)
        self._write_key(name, key)
        credential = {"credential_type": "public_key", "pem": pem_of(public), "alg": "ES256", "name": f"demo: {name}"}
        return key, public.thumbprint, credential

    def _key_client(
        self, name: str, method: str, credential: dict[str, Any], audience: str = AUDIENCE
    ) -> dict[str, Any]:
        return self._client(name, {KEY_METHODS: {method: {"credentials": [credential]}}}, audience)

    def _client(self, name: str, authentication: dict[str, Any], audience: str = AUDIENCE) -> dict[str, Any]:
        body = {"name": name, "app_type": "non_interactive", "client_metadata": MARK, **authentication}
        body["grant_types"] = ["client_credentials"]
        # Key methods want an asymmetric algorithm for ID tokens (auth0.md 2.1), should there ever be some.
        body["jwt_configuration"] = {"alg": "RS256"}
        client: dict[str, Any] = self._remote.manage("POST", "clients", body=body)
        grant = {"client_id": client["client_id"], "audience": audience, "scope": list(SCOPES)}
        self._remote.manage("POST", "client-grants", body=grant)
        return client

    def _identity(
        self, client: dict[str, Any], method: Method, name: str, key: AnyPrivateKey, certificate: str
    ) -> Identity:
        cert = self._directory / f"{name}.crt"
        write_public(cert, certificate, force=True)
        return Identity(client["client_id"], method, cert, self._write_key(name, key))

    def _write_key(self, name: str, key: AnyPrivateKey) -> Path:
        from ..jose.private_keys import private_key_to_pem

        path = self._directory / f"{name}.pem"
        write_private(path, private_key_to_pem(key), force=True)
        return path


def remove_everything(remote: Remote) -> None:
    """Remove what a demo has made, this one or one that was interrupted. Knows its own by mark, name and identifier."""
    for audience in MECHANISMS:
        for grant in remote.list_all("client-grants", query={"audience": audience}):
            remote.manage("DELETE", "client-grants", grant["id"])
    for client in remote.list_all("clients"):
        if client.get("client_metadata") == MARK:
            remote.manage("DELETE", "clients", client["client_id"])
    for authority in remote.list_all("certificate-authorities"):
        if authority["name"] == AUTHORITY:
            remote.manage("DELETE", "certificate-authorities", authority["id"])
    for api in remote.list_all("resource-servers"):
        if api["identifier"] in MECHANISMS:
            remote.manage("DELETE", "resource-servers", api["id"])

"""What a method may look at, made by hand: one tenant, one client, credentials whose private halves the test holds."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from tallystick.certs.certificate import certificate_from_pem
from tallystick.clientauth.method import Evidence
from tallystick.clientauth.presented import Presented
from tallystick.clients.client import Client
from tallystick.clients.credential import CLIENT_SECRET, PUBLIC_KEY, X509_CERT, Credential
from tallystick.clients.directory import AuthoritySet, registered
from tallystick.clients.secrets import SecretHasher
from tallystick.jose.algorithms import canonical_alg
from tallystick.jose.keys import jwk_of, public_key_of
from tallystick.tenants.tenant import Tenant
from tests.certificate_mill import Holder
from tests.forge import Key

NOW_MS = 1_800_000_000_000
NOW_S = NOW_MS // 1000
TENANT = Tenant(
    tenant_id="t1",
    name="t1",
    issuer="https://as.example/",
    mtls_issuer="https://mtls.as.example/",
    created_at_ms=0,
)
TOKEN_URLS = (TENANT.url("oauth/token"), TENANT.mtls_url("oauth/token"))
HASHER = SecretHasher(b"k" * 32)
CLIENT_ID = "client-of-the-tests"


def client(client_id: str = CLIENT_ID, tenant_id: str = TENANT.tenant_id, **fields: Any) -> Client:
    """A client; ``metadata`` as the Management API keeps it, ``is_global`` and the like by name."""
    metadata = {"grant_types": ["client_credentials"], **fields.pop("metadata", {})}
    return Client(
        tenant_id=tenant_id,
        client_id=client_id,
        name="client",
        app_type="non_interactive",
        metadata=metadata,
        created_at_ms=0,
        updated_at_ms=0,
        **fields,
    )


def client_using(method: str, *credentials: Credential, **metadata: Any) -> Client:
    """A client whose ``client_authentication_methods`` reference these credentials."""
    references = [{"id": credential.id} for credential in credentials]
    return client(metadata={"client_authentication_methods": {method: {"credentials": references}}, **metadata})


def credential(credential_type: str, client_id: str = CLIENT_ID, **fields: Any) -> Credential:
    """A credential of the client."""
    return Credential(
        **{
            "tenant_id": TENANT.tenant_id,
            "id": f"cred_{secrets.token_hex(6)}",
            "client_id": client_id,
            "credential_type": credential_type,
            "created_at_ms": 0,
            "updated_at_ms": 0,
            **fields,
        }
    )


def secret_credential(secret: str, **fields: Any) -> Credential:
    """A registered secret."""
    return credential(CLIENT_SECRET, secret_hash=HASHER.hash(secret), **fields)


def key_credential(key: Key, **fields: Any) -> Credential:
    """A registered key, for its one algorithm."""
    public = public_key_of(key.private.public_key())
    return credential(PUBLIC_KEY, public_jwk=jwk_of(public), alg=canonical_alg(key.alg), **fields)


def registered_certificate(holder: Holder, **fields: Any) -> Credential:
    """A registered certificate."""
    return credential(X509_CERT, pem=holder.pem, thumbprint_sha256=holder.thumbprint, **fields)


def der(holder: Holder) -> bytes:
    """The certificate as the handshake shows it."""
    return certificate_from_pem(holder.pem).der


def assertion(key: Key, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """A good assertion at :data:`NOW_MS`; claims as given replace the good ones, :data:`LEFT_OUT` removes one."""
    good = {"iat": NOW_S, "exp": NOW_S + 60}
    return key.assertion(CLIENT_ID, TENANT.issuer, header, **{**good, **claims})


def evidence(
    of: Client,
    credentials: Sequence[Credential],
    shown: Presented,
    *,
    certificates: tuple[bytes, ...] = (),
    authorities: AuthoritySet | None = None,
    now_ms: int = NOW_MS,
) -> Evidence:
    """All of it together."""
    return Evidence(
        tenant=TENANT,
        registered=registered(of, credentials),
        presented=shown,
        endpoint_urls=TOKEN_URLS,
        peer_certificates=certificates,
        authorities=authorities or AuthoritySet(),
        hasher=HASHER,
        now_ms=now_ms,
    )

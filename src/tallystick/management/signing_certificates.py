"""The tenant's signing certificate as a client shows it, in its ``signing_keys`` (auth0.md 4.3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import serialize_certificates

from ..records import Json, Records
from ..signing.key import CURRENT, SigningKey
from ..tenants.tenant import Tenant


def signing_certificates(records: Records) -> Callable[[Tenant], Awaitable[Sequence[Json]]]:
    """What shows the current RS256 certificate of a tenant."""

    async def shown(tenant: Tenant) -> Sequence[Json]:
        where = {"state": CURRENT, "alg": "RS256"}
        return [_shown(key) for key in await records.find(SigningKey, tenant.tenant_id, where=where)]

    return shown


def _shown(key: SigningKey) -> Json:
    certificate = x509.load_pem_x509_certificate(key.certificate.encode())
    return {
        "cert": key.certificate,
        "pkcs7": serialize_certificates([certificate], Encoding.PEM).decode("ascii"),
        # OpenSSL's old one-line form, as Auth0 has it.
        "subject": "".join(f"/{part.rfc4514_string()}" for part in certificate.subject.rdns),
    }

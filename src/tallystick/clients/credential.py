"""The credential: one thing a client can prove itself with, and its life."""

from __future__ import annotations

from ..records import Json, Record

CLIENT_SECRET = "client_secret"  # noqa: S105
PUBLIC_KEY = "public_key"
X509_CERT = "x509_cert"
CERT_SUBJECT_DN = "cert_subject_dn"
CERT_SAN_DNS = "cert_san_dns"
CERT_SAN_URI = "cert_san_uri"
CERT_SAN_IP = "cert_san_ip"
CERT_SAN_EMAIL = "cert_san_email"
SUBJECT_TYPES = (CERT_SUBJECT_DN, CERT_SAN_DNS, CERT_SAN_URI, CERT_SAN_IP, CERT_SAN_EMAIL)


class Credential(Record, frozen=True, kw_only=True):
    """One credential. A withdrawn one stays as a row, hidden, so that its id and key are never taken for new."""

    id: str
    client_id: str
    credential_type: str
    name: str = ""
    kid: str | None = None
    alg: str | None = None
    public_jwk: Json | None = None
    """``public_key``: the key as a JWK with only its public members."""
    pem: str | None = None
    """``x509_cert``: the certificate."""
    thumbprint_sha256: str | None = None
    """``x509_cert``: base64url SHA-256 of the DER certificate, as in ``x5t#S256`` (RFC 8705 3.1)."""
    key_sha256: str | None = None
    """base64url SHA-256 of the DER SubjectPublicKeyInfo: the identity of the key, whatever wraps it."""
    subject_dn: str | None = None
    """``cert_subject_dn``: Auth0's multi-line form."""
    subject_san: str | None = None
    """``cert_san_*``: the one name, in the canonical form of `certs.names`."""
    certificate_authority_id: str | None = None
    """The one registered authority a subject is pinned to; None means any of the tenant's."""
    secret_hash: str | None = None
    """``client_secret``: the keyed hash, hex (see `clients.secrets`)."""
    not_before_ms: int | None = None
    expires_at_ms: int | None = None
    created_at_ms: int
    updated_at_ms: int
    created_by: str = ""
    """Who added it: the ``client_id`` of the management caller, or ``cli``."""
    withdrawn_at_ms: int | None = None

    def is_live(self, now_ms: int) -> bool:
        """Whether it may be used now: not withdrawn, begun, and not ended."""
        return (
            self.withdrawn_at_ms is None
            and (self.not_before_ms is None or self.not_before_ms <= now_ms)
            and (self.expires_at_ms is None or now_ms < self.expires_at_ms)
        )

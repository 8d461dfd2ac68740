"""A credential as it is answered (auth0.md 3.3): never a key or a certificate, and a secret only when it was made."""

from __future__ import annotations

from typing import Literal

from ..clients.credential import Credential
from ..clients.credential_fields import SAN_FIELDS
from ..clients.dates import DATE, to_wire
from ..fields import Field, field_table
from ..records import Json
from ..tallies import CredentialUses
from .description import WARNINGS, Shown

CredentialType = Literal[
    "public_key",
    "x509_cert",
    "cert_subject_dn",
    "client_secret",
    "cert_san_dns",
    "cert_san_uri",
    "cert_san_ip",
    "cert_san_email",
]
_ALWAYS = field_table(
    (
        Field(name="id", type=str, description="cred_ and more"),
        Field(name="credential_type", type=CredentialType, description="The type of credential"),
        Field(name="name", type=str, description="Friendly name of the credential"),
        Field(name="created_at", type=DATE),
        Field(name="updated_at", type=DATE),
    )
)
_SOMETIMES = field_table(
    (
        Field(name="kid", type=str, description="Key id"),
        Field(name="alg", type=str, description="Signature algorithm"),
        Field(name="thumbprint_sha256", type=str, description="base64url SHA-256 of the certificate"),
        Field(name="subject_dn", type=str, description="Subject, one part a line"),
        *(Field(name=name, type=str, description="Subject alternative name") for name, _ in SAN_FIELDS.values()),
        Field(name="certificate_authority_id", type=str, description="The one authority it must come from"),
        Field(name="not_before", type=DATE, description="When it begins"),
        Field(name="expires_at", type=DATE, description="When it ends"),
        Field(name="client_secret", type=str, description="The secret, in the answer that made it and never again"),
        Field(name="last_used_at", type=DATE, description="When it proved its application last, some seconds behind"),
        Field(name="uses", type=int, description="How often it did"),
        WARNINGS,
    )
)
SHOWN = Shown("Credential", {**_ALWAYS, **_SOMETIMES}, optional=tuple(_SOMETIMES))


def use_body(use: CredentialUses | None) -> Json:
    """Ours, beside what Auth0 shows: absent until the credential has proven its application once."""
    return {} if use is None else {"last_used_at": to_wire(use.last_used_at_ms), "uses": use.uses}


def credential_body(row: Credential) -> Json:
    """The credential as auth0.md 3.3 shows it: never a key, a certificate or a secret."""
    body: Json = {
        "id": row.id,
        "credential_type": row.credential_type,
        "kid": row.kid,
        "alg": row.alg,
        "thumbprint_sha256": row.thumbprint_sha256,
        "subject_dn": row.subject_dn,
        "certificate_authority_id": row.certificate_authority_id,
        "name": row.name,
        "created_at": to_wire(row.created_at_ms),
        "updated_at": to_wire(row.updated_at_ms),
        "not_before": to_wire(row.not_before_ms),
        "expires_at": to_wire(row.expires_at_ms),
    }
    if row.credential_type in SAN_FIELDS:
        body[SAN_FIELDS[row.credential_type][0]] = row.subject_san
    return {name: value for name, value in body.items() if value is not None}

"""The tables of credential bodies: one per ``credential_type`` (auth0.md 3.2), with what we add."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from ..fields import Field, FieldTable, field_table
from ..jose.algorithms import HEADER_NAMES
from ..jose.encryption_algorithms import KEY_ALGS
from ..jose.pem import TEXT_CHARS_MAX
from .credential import (
    CERT_SAN_DNS,
    CERT_SAN_EMAIL,
    CERT_SAN_IP,
    CERT_SAN_URI,
    CERT_SUBJECT_DN,
    CLIENT_SECRET,
    PUBLIC_KEY,
    X509_CERT,
)
from .dates import DATE, ms_from_iso

SUBJECT_DN_CHARS_MAX = 256


_Alg = Annotated[str, Meta(extra_json_schema={"enum": [*HEADER_NAMES, *KEY_ALGS]})]


def _date(value: str) -> None:
    ms_from_iso(value)


_TYPE = Field(name="credential_type", type=str, required=True, description="The type of credential")
_NAME = Field(
    name="name", type=Annotated[str, Meta(max_length=128)], default="", description="Friendly name of the credential"
)
_EXPIRES_AT = Field(name="expires_at", type=DATE, nullable=True, check=_date, description="When it ends, ISO 8601")
_NOT_BEFORE = Field(name="not_before", type=DATE, nullable=True, check=_date, description="When it begins, ISO 8601")
_LIFE = (_TYPE, _NAME, _NOT_BEFORE, _EXPIRES_AT)
_Pem = Annotated[str, Meta(min_length=1, max_length=TEXT_CHARS_MAX)]
_PEM = Field(name="pem", type=_Pem, description="PEM")
_OVERRIDE = Field(
    name="allow_withdrawn_key", type=bool, description="Take a key up again although it was withdrawn before"
)
_AUTHORITY = Field(
    name="certificate_authority_id",
    type=Annotated[str, Meta(min_length=1, max_length=128)],
    nullable=True,
    description="The one authority the certificate must come from",
)


def _subject(name: str, chars_max: int, description: str, *, required: bool) -> Field:
    kind = Annotated[str, Meta(min_length=1, max_length=chars_max)]
    return Field(name=name, type=kind, required=required, description=description)


SAN_FIELDS = {
    CERT_SAN_DNS: ("san_dns", "dns"),
    CERT_SAN_URI: ("san_uri", "uri"),
    CERT_SAN_IP: ("san_ip", "ip"),
    CERT_SAN_EMAIL: ("san_email", "email"),
}
"""Credential type → the member that holds the name, and its kind in `certs.names` (RFC 8705 2.1.2)."""

CREDENTIAL_FIELDS: dict[str, FieldTable] = {
    PUBLIC_KEY: field_table(
        (
            *_LIFE,
            _PEM,
            Field(name="jwk", type=dict[str, Any], description="The key as a JWK, instead of pem"),
            Field(name="alg", type=_Alg, description="Algorithm: for signatures, or for encryption to the key"),
            Field(
                name="kid",
                type=Annotated[str, Meta(min_length=10, max_length=64, pattern=r"^[0-9A-Za-z_-]+\Z")],
                description="Key id",
            ),
            Field(name="parse_expiry_from_cert", type=bool, description="Take the end from the certificate"),
            _OVERRIDE,
        )
    ),
    X509_CERT: field_table((*_LIFE, Field(name="pem", type=_Pem, required=True, description="PEM"), _OVERRIDE)),
    CERT_SUBJECT_DN: field_table(
        (
            *_LIFE,
            _PEM,
            _subject("subject_dn", SUBJECT_DN_CHARS_MAX, "Subject, RFC 4514 or one part a line", required=False),
            _AUTHORITY,
        )
    ),
    CLIENT_SECRET: field_table(_LIFE),
    **{
        kind: field_table((*_LIFE, _subject(name, 1_024, "Subject alternative name", required=True), _AUTHORITY))
        for kind, (name, _) in SAN_FIELDS.items()
    },
}
"""Credential type → its table."""

ALTERNATIVES = {PUBLIC_KEY: ("pem", "jwk"), CERT_SUBJECT_DN: ("pem", "subject_dn")}
"""Credential type → the members of which exactly one says what the credential is."""

CREDENTIAL_UPDATE_FIELDS = field_table((_EXPIRES_AT,))
"""Only the end of a credential may change (auth0.md 3.4)."""

OVERLAP_S_MAX = 7_776_000
"""Ninety days: longer is no rotation but a second secret, which has a call of its own."""

ROTATE_FIELDS = field_table(
    (
        Field(
            name="overlap_s",
            type=Annotated[int, Meta(ge=0, le=OVERLAP_S_MAX)],
            default=0,
            description="Seconds in which the secrets of before still work",
        ),
    )
)

"""From the body of a request to a new credential, one reader per type. Pure; what needs other rows is elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from ..certs.certificate import Certificate, certificate_from_pem
from ..certs.names import canonical_san, parse_dn, to_lines, to_multiline
from ..errors import InvalidField, Refused
from ..fields import check_create
from ..ids import new_credential_id
from ..jose.algorithms import algorithms_for, canonical_alg
from ..jose.encryption_algorithms import ECDH_ES, KEY_ALGS
from ..jose.goodkey import check_key
from ..jose.keys import PublicKey, jwk_of, public_key_from_jwk, public_key_from_text, public_key_of
from ..records import Json
from .actor import Actor
from .credential import CERT_SUBJECT_DN, CLIENT_SECRET, PUBLIC_KEY, X509_CERT, Credential
from .credential_fields import ALTERNATIVES, CREDENTIAL_FIELDS, SAN_FIELDS
from .dates import ms_from_iso
from .field_refusal import on_field
from .goodcert import SELF_SIGNED_TLS_CLIENT_AUTH, TLS_CLIENT_AUTH, check_certificate

T = TypeVar("T")

JWK_KID_CHARS_MAX = 64
_ENCRYPTION_ALG = {"RSA": "RSA-OAEP-256", "EC": ECDH_ES}
"""For keys that say ``use: enc`` and no algorithm."""
_KID_CHARACTERS = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz-")


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A credential as asked for, acceptable in itself."""

    credential: Credential
    warnings: tuple[str, ...] = ()
    allow_withdrawn_key: bool = False


def read_credential(body: Json, client_id: str, actor: Actor) -> Draft:
    """The credential that a body describes. Raises InvalidField; its reasons are for whoever registers."""
    kind = body.get("credential_type")
    table = CREDENTIAL_FIELDS.get(kind) if isinstance(kind, str) else None
    if table is None or not isinstance(kind, str):
        known = ", ".join(CREDENTIAL_FIELDS)
        raise InvalidField("credential_type", f"Expected one of: {known}", check="credential.credential_type")
    values = check_create(table, body)
    _check_alternatives(kind, values)
    blank = Credential(
        tenant_id=actor.tenant_id,
        id=new_credential_id(),
        client_id=client_id,
        credential_type=kind,
        name=values["name"],
        not_before_ms=_ms(values, "not_before"),
        expires_at_ms=_ms(values, "expires_at"),
        certificate_authority_id=values.get("certificate_authority_id"),
        created_at_ms=actor.now_ms,
        updated_at_ms=actor.now_ms,
        created_by=actor.name,
    )
    draft = _READERS[kind](blank, values, actor.now_ms)
    _check_life(draft.credential, actor.now_ms)
    return draft


def _check_alternatives(kind: str, values: Json) -> None:
    names = ALTERNATIVES.get(kind, ())
    if names and sum(name in values for name in names) != 1:
        raise InvalidField("", f"Exactly one of {' and '.join(names)} is required", check="credential.alternatives")


def _ms(values: Json, name: str) -> int | None:
    return ms_from_iso(values[name]) if values.get(name) is not None else None


def _check_life(credential: Credential, now_ms: int) -> None:
    ends_ms, begins_ms = credential.expires_at_ms, credential.not_before_ms
    if ends_ms is not None and ends_ms <= now_ms:
        raise InvalidField("expires_at", "The date is in the past", check="credential.expires_at")
    if ends_ms is not None and begins_ms is not None and ends_ms <= begins_ms:
        raise InvalidField("not_before", "The credential would end before it begins", check="credential.not_before")


def _public_key(blank: Credential, values: Json, now_ms: int) -> Draft:
    certificate = None
    if "pem" in values and "-----BEGIN CERTIFICATE-----" in values["pem"]:
        certificate = _certificate(values["pem"])
    jwk: Json = values.get("jwk") or {}
    asked = values.get("alg", jwk.get("alg"))
    use = _use_of(asked, jwk)
    key = _key_of(values, certificate, use)
    warnings = _acceptable("pem", lambda: check_certificate(certificate, PUBLIC_KEY, now_ms)) if certificate else []
    alg = _alg(asked, key, use)
    if _known(jwk.get("alg", alg)) != alg:
        raise InvalidField("alg", "alg and the alg of the JWK differ", check="credential.alg")
    _acceptable("alg" if "alg" in values else "pem" if "pem" in values else "jwk", lambda: check_key(key, alg))
    return Draft(
        credential=msgspec.structs.replace(
            blank,
            kid=values.get("kid") or _kid_of(jwk) or key.thumbprint,
            alg=alg,
            public_jwk=jwk_of(key),
            key_sha256=key.spki_sha256,
            expires_at_ms=_parsed_expiry(blank, values, certificate),
        ),
        warnings=tuple(warnings),
        allow_withdrawn_key=values.get("allow_withdrawn_key", False),
    )


def _use_of(alg: object, jwk: Json) -> str:
    """What the key is for, ``sig`` or ``enc``: its algorithm says it, else the ``use`` of the JWK."""
    return "enc" if _is_for_encryption(alg) or (alg is None and jwk.get("use") == "enc") else "sig"


def _key_of(values: Json, certificate: Certificate | None, use: str) -> PublicKey:
    if certificate is not None:
        return _acceptable("pem", lambda: public_key_of(certificate.public_key))
    if "jwk" in values:
        return _acceptable("jwk", lambda: public_key_from_jwk(values["jwk"], use=use))
    return _acceptable("pem", lambda: public_key_from_text(values["pem"]))


def _alg(asked: object, key: PublicKey, use: str) -> str:
    """The algorithm asked for, or the first one for keys of this type: RS256 for RSA, as Auth0 does."""
    if asked is None:
        return _ENCRYPTION_ALG.get(key.kty, "") if use == "enc" else algorithms_for(key.kty, key.crv)[0]
    alg = _known(asked)
    if alg is None:
        raise InvalidField("alg", "This algorithm is not supported", check="credential.alg")
    return alg


def _known(alg: object) -> str | None:
    """The canonical name of an algorithm for signatures, or the name of one for encryption; None for any other."""
    return str(alg) if _is_for_encryption(alg) else canonical_alg(alg)


def _is_for_encryption(alg: object) -> bool:
    return isinstance(alg, str) and alg in KEY_ALGS


def _kid_of(jwk: Json) -> str | None:
    """The JWK's own ``kid``, which its assertions will carry."""
    kid = jwk.get("kid")
    if kid is None:
        return None
    if not isinstance(kid, str) or not 1 <= len(kid) <= JWK_KID_CHARS_MAX or not _KID_CHARACTERS.issuperset(kid):
        reason = f"A kid has 1 to {JWK_KID_CHARS_MAX} characters of [0-9A-Za-z_-]"
        raise InvalidField("jwk.kid", reason, check="credential.kid")
    return kid


def _parsed_expiry(blank: Credential, values: Json, certificate: Certificate | None) -> int | None:
    if not values.get("parse_expiry_from_cert"):
        return blank.expires_at_ms
    if certificate is None:
        raise InvalidField("parse_expiry_from_cert", "The pem is not a certificate", check="credential.expiry")
    if blank.expires_at_ms is not None:
        reason = "parse_expiry_from_cert and expires_at exclude one another"
        raise InvalidField("parse_expiry_from_cert", reason, check="credential.expiry")
    return certificate.not_after_ms


def _x509_cert(blank: Credential, values: Json, now_ms: int) -> Draft:
    certificate = _certificate(values["pem"])
    warnings = _acceptable("pem", lambda: check_certificate(certificate, SELF_SIGNED_TLS_CLIENT_AUTH, now_ms))
    if blank.expires_at_ms is not None and blank.expires_at_ms > certificate.not_after_ms:
        raise InvalidField("expires_at", "The certificate itself ends earlier", check="credential.expires_at")
    return Draft(
        credential=msgspec.structs.replace(
            blank,
            pem=certificate.pem,
            thumbprint_sha256=certificate.thumbprint,
            key_sha256=certificate.spki_sha256,
            expires_at_ms=blank.expires_at_ms if blank.expires_at_ms is not None else certificate.not_after_ms,
        ),
        warnings=tuple(warnings),
        allow_withdrawn_key=values.get("allow_withdrawn_key", False),
    )


def _cert_subject_dn(blank: Credential, values: Json, now_ms: int) -> Draft:
    if "subject_dn" in values:
        lines = _acceptable("subject_dn", lambda: to_lines(parse_dn(values["subject_dn"])))
        return Draft(credential=msgspec.structs.replace(blank, subject_dn=lines))
    certificate = _certificate(values["pem"])
    warnings = _acceptable("pem", lambda: check_certificate(certificate, TLS_CLIENT_AUTH, now_ms))
    lines = _acceptable("pem", lambda: to_multiline(certificate))
    return Draft(credential=msgspec.structs.replace(blank, subject_dn=lines), warnings=tuple(warnings))


def _cert_san(blank: Credential, values: Json, _now_ms: int) -> Draft:
    member, kind = SAN_FIELDS[blank.credential_type]
    name = _acceptable(member, lambda: canonical_san(kind, values[member]))
    return Draft(credential=msgspec.structs.replace(blank, subject_san=name))


def _client_secret(blank: Credential, _values: Json, _now_ms: int) -> Draft:
    return Draft(credential=blank)


_READERS: dict[str, Callable[[Credential, Json, int], Draft]] = {
    PUBLIC_KEY: _public_key,
    X509_CERT: _x509_cert,
    CERT_SUBJECT_DN: _cert_subject_dn,
    CLIENT_SECRET: _client_secret,
    **dict.fromkeys(SAN_FIELDS, _cert_san),
}


def _certificate(pem: str) -> Certificate:
    return _acceptable("pem", lambda: certificate_from_pem(pem))


def _acceptable(path: str, read: Callable[[], T]) -> T:
    """What ``read`` answers; what the lower rooms refuse is told as the field's fault."""
    try:
        return read()
    except InvalidField:
        raise
    except Refused as refusal:
        raise on_field(path, refusal) from None

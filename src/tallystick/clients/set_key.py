"""One key of a JWK Set of an application: whether it may serve, and for what.

The rules are those of keys that are uploaded (`jose.goodkey`), and a key serves one purpose: it verifies signatures,
or it is encrypted to. It says so by ``use``, ``key_ops`` or ``alg``; one that says nothing is for signatures.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
import structlog

from ..certs.certificate import Certificate
from ..errors import Refused
from ..jose.algorithms import ALGORITHMS, HEADER_NAMES, canonical_alg
from ..jose.encryption_algorithms import KEY_ALGS
from ..jose.goodkey import check_key
from ..jose.jwt import KID_CHARS_MAX
from ..jose.keys import PublicKey, jwk_of, public_key_from_jwk
from ..jose.refusals import KeyRefused
from ..records import Json
from .jwk_certificate import certificate_of

_PURPOSES = {"sig": "signatures", "enc": "encryption"}
_ALGS_OF_OTHER_USE = {"sig": frozenset(KEY_ALGS), "enc": frozenset(HEADER_NAMES)}
_log = structlog.get_logger(__name__)


class SetKey(msgspec.Struct, frozen=True, kw_only=True):
    """One key of a set that may serve."""

    use: str
    """``sig`` or ``enc``."""
    kid: str | None
    public_key: PublicKey
    alg: str | None
    """The one algorithm that it is for; None is every one that fits."""
    certificate: Certificate | None = None
    """Over a key for signatures, where it has one that may serve (`jwk_certificate`)."""

    @property
    def key_sha256(self) -> str:
        """What identifies the key, whatever wraps it."""
        return self.public_key.spki_sha256

    @property
    def credential_id(self) -> str:
        """By what name logs, tokens and tallies know the key, which is no credential row."""
        return f"jwk_{self.public_key.thumbprint}"

    @property
    def algs(self) -> tuple[str, ...]:
        """What it may be used with."""
        return (self.alg,) if self.alg is not None else fitting_algs(self.public_key, self.use)

    @property
    def jwk(self) -> Json:
        """As it is kept and shown: the public members, and what decides about it."""
        x5c = None if self.certificate is None else [b64encode(self.certificate.der).decode()]
        named = {"kid": self.kid, "alg": self.alg, "use": self.use, "x5c": x5c}
        return {**jwk_of(self.public_key), **{name: value for name, value in named.items() if value is not None}}


def read_key(jwk: Mapping[str, Any], use: str) -> SetKey:
    """One JWK for ``use``; raises Refused with a check ``key.…`` or ``private_key``."""
    alg = jwk.get("alg")
    contradicts = isinstance(alg, str) and alg in _ALGS_OF_OTHER_USE[use]
    if use_of(jwk) != use or contradicts:
        raise KeyRefused(f"The key is not for {_PURPOSES[use]}: use, key_ops or alg say so.", check="key.use")
    public_key = public_key_from_jwk(jwk, use=use)
    if alg is not None:
        # What is in neither table does not fit; `check_key` says so.
        check_key(public_key, alg if isinstance(alg, str) else "")
    elif not fitting_algs(public_key, use):
        raise KeyRefused(f"A key of this type is not for {_PURPOSES[use]}.", check="key.alg")
    else:
        check_key(public_key)
    return SetKey(use=use, kid=_kid_of(jwk), public_key=public_key, alg=alg if use == "enc" else canonical_alg(alg))


def stored_keys(jwks: Iterable[Mapping[str, Any]], **whose: str) -> Iterator[SetKey]:
    """The keys that :func:`read_key` took before, as they were kept.

    Where rules became stricter since, one may no longer read: it serves nobody, and the log says ``whose`` it is.
    """
    for jwk in jwks:
        use, alg = use_of(jwk), jwk.get("alg")
        try:
            public_key = public_key_from_jwk(jwk, use=use or "sig")
        except Refused as refusal:
            _log.warning("client.unreadable_key", kid=jwk.get("kid"), check=refusal.check, **whose)
            continue
        named = alg if use == "enc" else canonical_alg(alg)
        certificate = _stored_certificate(jwk, public_key) if use == "sig" else None
        yield SetKey(use=use, kid=jwk.get("kid"), public_key=public_key, alg=named, certificate=certificate)


def _stored_certificate(jwk: Mapping[str, Any], public_key: PublicKey) -> Certificate | None:
    """The certificate that was taken; of a key that serves without one, whatever stands there counts for nothing."""
    try:
        return certificate_of(jwk, public_key) if "x5c" in jwk else None
    except Refused:
        return None


def use_of(jwk: Mapping[str, Any]) -> str:
    """What a key says it is for. Where it contradicts itself, reading it will refuse it."""
    use, alg, operations = jwk.get("use"), jwk.get("alg"), jwk.get("key_ops")
    if use is not None:
        return use if use in ("sig", "enc") else ""
    if isinstance(alg, str) and alg in KEY_ALGS:
        return "enc"
    is_for_encryption = isinstance(operations, list) and "verify" not in operations
    return "enc" if alg is None and is_for_encryption else "sig"


def fitting_algs(public_key: PublicKey, use: str) -> tuple[str, ...]:
    """Every algorithm for ``use`` that the key can serve."""
    shape = (public_key.kty, public_key.crv, public_key.bits)
    if use == "enc":
        return tuple(name for name, entry in KEY_ALGS.items() if entry.fits(*shape))
    return tuple(name for name, entry in ALGORITHMS.items() if entry.fits(*shape))


def _kid_of(jwk: Mapping[str, Any]) -> str | None:
    kid = jwk.get("kid")
    if kid is None:
        return None
    # NUL and the like would not come back from every database, and no JWT of ours could name them.
    if not isinstance(kid, str) or not 1 <= len(kid) <= KID_CHARS_MAX or not kid.isprintable():
        raise KeyRefused(f"A kid is a string of 1 to {KID_CHARS_MAX} printable characters.", check="key.kid")
    return kid

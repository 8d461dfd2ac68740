"""JWK Sets (RFC 7517 5) of applications: which of their keys are taken, and for what. Pure.

The rules are those of keys that are uploaded (`jose.goodkey`), and a key serves one purpose: it verifies signatures,
or it is encrypted to. It says so by ``use``, ``key_ops`` or ``alg``; one that says nothing is for signatures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from ..errors import Refused
from ..jose.algorithms import ALGORITHMS, HEADER_NAMES, canonical_alg
from ..jose.encryption_algorithms import KEY_ALGS
from ..jose.goodkey import check_key
from ..jose.jwt import KID_CHARS_MAX
from ..jose.keys import PublicKey, jwk_of, public_key_from_jwk
from ..jose.refusals import KeyRefused
from ..jose.strict_json import JsonRefused, decode_object
from ..records import Json
from .credential import PUBLIC_KEY, Credential
from .loaded_key import LoadedKey
from .metadata_types import KEYS_MAX
from .usage import ENCRYPTION_USAGES

SET_BYTES_MAX = 128 * 1024
"""A hundred keys of 4096 bits, with some room; a set with chains of certificates has fewer keys."""
_MEMBERS_MAX = 20 * KEYS_MAX
REFUSED_MAX = 20
"""Refused keys that are told of."""


class SetUnusable(Exception):
    """This is no JWK Set of ours; ``reason`` is a word for programs, the text a sentence."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class SetKey(msgspec.Struct, frozen=True, kw_only=True):
    """One key of a set that may serve."""

    use: str
    """``sig`` or ``enc``."""
    kid: str | None
    public_key: PublicKey
    alg: str | None
    """The one algorithm that it is for; None is every one that fits."""

    @property
    def jwk(self) -> Json:
        """As it is kept and shown: the public members, and what decides about it."""
        named = {"kid": self.kid, "alg": self.alg, "use": self.use}
        return {**jwk_of(self.public_key), **{name: value for name, value in named.items() if value is not None}}


def use_of_usage(usage: str) -> str:
    """What the keys of a usage are for: ``sig`` or ``enc``."""
    return "enc" if usage in ENCRYPTION_USAGES else "sig"


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


def stored_key(jwk: Mapping[str, Any]) -> SetKey:
    """A key that :func:`read_key` took before. Raises Refused if it no longer reads (rules became stricter)."""
    use, alg = use_of(jwk), jwk.get("alg")
    public_key = public_key_from_jwk(jwk, use=use or "sig")
    return SetKey(use=use, kid=jwk.get("kid"), public_key=public_key, alg=alg if use == "enc" else canonical_alg(alg))


_PURPOSES = {"sig": "signatures", "enc": "encryption"}
_ALGS_OF_OTHER_USE = {"sig": frozenset(KEY_ALGS), "enc": frozenset(HEADER_NAMES)}


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


def read_document(content: bytes) -> tuple[list[SetKey], list[Json]]:
    """The keys of a published set, and ``{kid, check}`` of those that are not taken. Raises :class:`SetUnusable`."""
    try:
        document = decode_object(content, members_max=_MEMBERS_MAX)
    except JsonRefused:
        raise SetUnusable("json", "The answer is not acceptable JSON.") from None
    jwks = document.get("keys")
    if not isinstance(jwks, list) or not all(isinstance(jwk, dict) for jwk in jwks):
        raise SetUnusable("keys", "The answer is no JWK Set.")
    if len(jwks) > KEYS_MAX:
        raise SetUnusable("keys", f"The JWK Set has more than {KEYS_MAX} keys.")
    return _read_all(jwks)


def _read_all(jwks: Sequence[Mapping[str, Any]]) -> tuple[list[SetKey], list[Json]]:
    taken: dict[tuple[str, str | None, str | None], SetKey] = {}
    refused: list[Json] = []
    uses: dict[str, str] = {}
    for jwk in jwks:
        try:
            key = read_key(jwk, use_of(jwk) or "sig")
            if uses.setdefault(key.public_key.spki_sha256, key.use) != key.use:
                raise KeyRefused("One key for signatures and for encryption.", check="credential.key_usage")
        except Refused as refusal:
            refused.append(told(jwk.get("kid"), refusal.check))
            continue
        taken[(key.public_key.thumbprint, key.kid, key.alg)] = key
    return list(taken.values()), refused[:REFUSED_MAX]


def told(kid: object, check: str) -> Json:
    """What is kept of a key that was not taken."""
    shown = kid if isinstance(kid, str) and kid.isprintable() else None
    return {"kid": shown[:KID_CHARS_MAX] if shown is not None else None, "check": check}


def loaded_keys(tenant_id: str, client_id: str, keys: Iterable[SetKey]) -> tuple[LoadedKey, ...]:
    """Keys of a set, ready to use: one for each algorithm that a key serves. None of them is a row."""
    return tuple(
        LoadedKey(credential=_credential(tenant_id, client_id, key, alg), public_key=key.public_key, algorithm=alg)
        for key in keys
        for alg in ((key.alg,) if key.alg is not None else fitting_algs(key.public_key, key.use))
    )


def _credential(tenant_id: str, client_id: str, key: SetKey, alg: str) -> Credential:
    return Credential(
        tenant_id=tenant_id,
        id=credential_id_of(key.public_key),
        client_id=client_id,
        credential_type=PUBLIC_KEY,
        kid=key.kid,
        alg=alg,
        public_jwk=jwk_of(key.public_key),
        key_sha256=key.public_key.spki_sha256,
        created_at_ms=0,
        updated_at_ms=0,
    )


def credential_id_of(public_key: PublicKey) -> str:
    """By what name logs, tokens and tallies know a key that is no credential row."""
    return f"jwk_{public_key.thumbprint}"

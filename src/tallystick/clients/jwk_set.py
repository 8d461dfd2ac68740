"""JWK Sets (RFC 7517 5) that applications publish: read with limits, and each key judged (`set_key`). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from ..errors import Refused
from ..jose.jwt import KID_CHARS_MAX
from ..jose.refusals import KeyRefused
from ..jose.strict_json import JsonRefused, decode_object
from ..records import Json
from .jwk_certificate import new_certificate
from .metadata_types import KEYS_MAX
from .set_key import SetKey, read_key, use_of

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


def read_document(content: bytes, now_ms: int) -> tuple[list[SetKey], list[Json]]:
    """The keys of a published set, and ``{kid, check}`` of what is not taken. Raises :class:`SetUnusable`."""
    try:
        document = decode_object(content, members_max=_MEMBERS_MAX)
    except JsonRefused:
        raise SetUnusable("json", "The answer is not acceptable JSON.") from None
    jwks = document.get("keys")
    if not isinstance(jwks, list) or not all(isinstance(jwk, dict) for jwk in jwks):
        raise SetUnusable("keys", "The answer is no JWK Set.")
    if len(jwks) > KEYS_MAX:
        raise SetUnusable("keys", f"The JWK Set has more than {KEYS_MAX} keys.")
    return _read_all(jwks, now_ms)


def _read_all(jwks: Sequence[Mapping[str, Any]], now_ms: int) -> tuple[list[SetKey], list[Json]]:
    taken: dict[tuple[object, ...], SetKey] = {}
    refused: list[Json] = []
    uses: dict[str, str] = {}
    for jwk in jwks:
        try:
            key = read_key(jwk, use_of(jwk) or "sig")
            if uses.setdefault(key.key_sha256, key.use) != key.use:
                raise KeyRefused("One key for signatures and for encryption.", check="credential.key_usage")
        except Refused as refusal:
            refused.append(told(jwk.get("kid"), refusal.check))
            continue
        if key.use == "sig" and "x5c" in jwk:
            try:
                key = replace(key, certificate=new_certificate(jwk, key.public_key, now_ms)[0])
            except Refused as refusal:
                # Who signs with the key needs no certificate: the key itself is taken.
                refused.append(told(key.kid, refusal.check))
        taken[(key.public_key.thumbprint, key.kid, key.alg, key.certificate)] = key
    return list(taken.values()), refused[:REFUSED_MAX]


def told(kid: object, check: str) -> Json:
    """What is kept of a key that was not taken."""
    shown = kid if isinstance(kid, str) and kid.isprintable() else None
    return {"kid": shown[:KID_CHARS_MAX] if shown is not None else None, "check": check}

"""Checks of ID tokens, verified by a JOSE implementation that is not the server's own policy (conformance.md 0)."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from hashlib import sha256, sha512
from typing import Any

from joserfc import jwt

from tests.administrator import Json
from tests.conformance.relying_party import RelyingParty

PROTOCOL_CLAIMS = {
    *("iss", "sub", "aud", "exp", "iat", "nbf", "jti", "auth_time", "nonce", "acr", "amr", "azp", "sid"),
    *("at_hash", "c_hash", "s_hash"),
}
"""What an ID token may say unasked."""
TEXTS = (
    *("name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture"),
    *("website", "email", "gender", "birthdate", "zoneinfo", "locale", "phone_number"),
)
FLAGS = ("email_verified", "phone_number_verified")
_BIRTHDATE = re.compile(r"\d{4}(-\d{2}-\d{2})?")


def check_standard_claims(claims: Json, now_s: int) -> None:
    """OpenID Connect Core 5.1: JSON types; no time in the future."""
    for name, value in claims.items():
        if name in TEXTS:
            assert isinstance(value, str), name
            assert value, name
        elif name in FLAGS:
            assert isinstance(value, bool), name
    if "birthdate" in claims:
        assert _BIRTHDATE.fullmatch(claims["birthdate"])
    if "updated_at" in claims:
        assert type(claims["updated_at"]) in (int, float)
        assert 0 < claims["updated_at"] <= now_s
    if "address" in claims:
        assert claims["address"]
        assert all(isinstance(value, str) for value in claims["address"].values())


def check_id_token(
    party: RelyingParty,
    id_token: str,
    *,
    nonce: str | None,
    requested: set[str],
    hashed: dict[str, str],
    mandatory: set[str],
) -> Json:
    """The claims of a good ID token. ``hashed``: name of a hash → its text; the ``mandatory`` ones must be there."""
    now_s = party.provider.now_s()
    token = jwt.decode(id_token, party.provider.keys, algorithms=[party.id_token_alg])
    header, claims = token.header, token.claims
    assert header["alg"] == party.id_token_alg
    assert header["kid"] in {key["kid"] for key in party.provider.jwks["keys"]}
    assert claims["iss"] == party.provider.issuer
    assert claims["sub"]
    _check_audience(party, claims)
    assert claims["exp"] > now_s
    assert abs(now_s - claims["iat"]) <= 300
    assert 0 <= now_s - claims.get("auth_time", now_s) <= 366 * 86_400
    assert claims.get("nonce") == nonce
    assert claims.get("acr", "-")
    _check_hashes(claims, party.id_token_alg, hashed, mandatory)
    check_standard_claims(claims, now_s)
    unasked = set(claims) - PROTOCOL_CLAIMS - requested
    assert not unasked, f"not asked for: {unasked}"
    return claims


def _check_audience(party: RelyingParty, claims: Json) -> None:
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    assert audience == [party.client_id]
    assert claims.get("azp", party.client_id) == party.client_id


def _check_hashes(claims: Json, alg: str, hashed: dict[str, str], mandatory: set[str]) -> None:
    for name in ("at_hash", "c_hash", "s_hash"):
        if name in claims:
            assert claims[name] == half_hash(alg, hashed[name]), name
    assert mandatory <= set(claims)


def half_hash(alg: str, text: str) -> str:
    """OpenID Connect Core 3.1.3.6."""
    algorithm: Any = sha512 if alg in ("EdDSA", "Ed25519") else sha256
    digest: bytes = algorithm(text.encode()).digest()
    return urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()

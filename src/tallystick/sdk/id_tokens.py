"""ID tokens: who signed in, how and when; believed only when all of it holds (OpenID Connect Core 3.1.3.7).

     1   it is encrypted, where the application has that                   `server_keys.decrypted`
     2   ``iss`` is the server that was asked
  3 - 5  ``aud`` names the application, and nobody who is not trusted; ``azp``, where it is there, is the application
  6 - 8  signed by a published key, by an algorithm that is expected; never by a secret that both know
 9, 10   ``exp`` and ``nbf`` with some leeway; ``iat`` is there (2)
    11   ``nonce`` is the request's
    12   ``acr`` is one of those that were essential (5.5.1.1)
    13   ``auth_time`` is within ``max_age``

``at_hash``, ``c_hash`` and ``s_hash``, where they are there, fit access token, code and ``state``
(3.1.3.8, 3.3.2.11). One that came by a refresh is of the same sign-in as the first one (12.2).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Any, NamedTuple

from ..jose import base64url
from ..jose.algorithms import ALGORITHMS
from ..jose.claims import VerifiedClaims
from ..jose.refusals import JwtRefused
from .server_keys import KeySet, parsed_from

LEEWAY_MS = 30_000
"""How far clocks may differ."""
_OWN_HASH = "sha512"
"""Of Ed25519, whose name says none (RFC 8032 5.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What an ID token has to fit; what is None is not asked for."""

    issuer: str
    client_id: str
    now_ms: int
    nonce: str | None = field(default=None, repr=False)
    """What the request had."""
    max_age_s: int | None = None
    """The person must have signed in within it."""
    acr_values: Collection[str] = ()
    access_token: str | None = field(default=None, repr=False)
    code: str | None = field(default=None, repr=False)
    state: str | None = field(default=None, repr=False)
    signed_in: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The claims of the sign-in, for a token that came by a refresh."""
    trusted_audiences: Collection[str] = ()
    """Who may read it too."""
    algorithms: Collection[str] = tuple(ALGORITHMS)
    """Canonical names."""


class _Read(NamedTuple):
    claims: VerifiedClaims
    expected: Expected
    alg: str


def id_token_claims(id_token: str, keys: KeySet, expected: Expected) -> dict[str, Any]:
    """What it says, for this application and this sign-in. Raises :class:`JwtRefused`."""
    parsed = parsed_from(id_token)
    if parsed.alg not in expected.algorithms:
        raise JwtRefused("The ID token's algorithm is not acceptable.", check="jwt.alg", alg=parsed.alg)
    read = _Read(keys.verified(parsed), expected, parsed.alg)
    for name, holds in _RULES.items():
        if not holds(read):
            raise JwtRefused("The ID token is not for this application and sign-in.", check=f"jwt.claim.{name}")
    return read.claims.members


def _is_for_us(read: _Read) -> bool:
    audience = read.claims.audience()
    audiences = (audience,) if isinstance(audience, str) else audience or ()
    return read.expected.client_id in audiences and set(audiences) <= {
        read.expected.client_id,
        *read.expected.trusted_audiences,
    }


def _is_by_us(read: _Read) -> bool:
    return "azp" not in read.claims.members or read.claims.string("azp") == read.expected.client_id


def _is_of_the_subject(read: _Read) -> bool:
    subject = read.claims.string("sub")
    return subject is not None and read.expected.signed_in.get("sub", subject) == subject


def _is_not_over(read: _Read) -> bool:
    expires_at_ms = read.claims.numeric_date_ms("exp")
    return expires_at_ms is not None and read.expected.now_ms < expires_at_ms + LEEWAY_MS


def _has_begun(read: _Read) -> bool:
    begins_at_ms = read.claims.numeric_date_ms("nbf")
    return begins_at_ms is None or begins_at_ms <= read.expected.now_ms + LEEWAY_MS


def _is_fresh(read: _Read) -> bool:
    expected, signed_in_at_ms = read.expected, read.claims.numeric_date_ms("auth_time")
    if expected.max_age_s is not None and (
        signed_in_at_ms is None or signed_in_at_ms < expected.now_ms - expected.max_age_s * 1000 - LEEWAY_MS
    ):
        return False
    return _is_as_before("auth_time")(read)


def _is_the_requests(read: _Read) -> bool:
    expected, found = read.expected.nonce, read.claims.string("nonce")
    if expected is None:
        return _is_as_before("nonce")(read)
    return found is not None and compare_digest(found.encode(), expected.encode())


def _is_as_before(name: str) -> Callable[[_Read], bool]:
    """Whether a claim that a refresh repeats is as it was (12.2)."""

    def holds(read: _Read) -> bool:
        found, before = read.claims.members.get(name), read.expected.signed_in.get(name)
        return found is None or before is None or found == before

    return holds


def _fits(hash_name: str, name: str) -> Callable[[_Read], bool]:
    """Whether a hash, where there is one, is that of what came along: its left half, by the token's algorithm."""

    def holds(read: _Read) -> bool:
        found, text = read.claims.string(hash_name), getattr(read.expected, name)
        if found is None or text is None:
            return True
        digest = hashlib.new(ALGORITHMS[read.alg].hash_name or _OWN_HASH, text.encode()).digest()
        return found == base64url.encode(digest[: len(digest) // 2])

    return holds


_RULES: dict[str, Callable[[_Read], bool]] = {
    "iss": lambda read: read.claims.string("iss") == read.expected.issuer,
    "sub": _is_of_the_subject,
    "aud": _is_for_us,
    "azp": _is_by_us,
    "exp": _is_not_over,
    "nbf": _has_begun,
    "iat": lambda read: read.claims.numeric_date_ms("iat") is not None,
    "nonce": _is_the_requests,
    "acr": lambda read: not read.expected.acr_values or read.claims.string("acr") in read.expected.acr_values,
    "auth_time": _is_fresh,
    "at_hash": _fits("at_hash", "access_token"),
    "c_hash": _fits("c_hash", "code"),
    "s_hash": _fits("s_hash", "state"),
}

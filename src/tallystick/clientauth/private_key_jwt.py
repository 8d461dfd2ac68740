"""``private_key_jwt``: an assertion signed with a registered key (RFC 7523 3, rfc7523bis, auth0.md 2.2).

The checks, in order, as :func:`verify` makes them:

1. ``typ``; that it is a strict compact JWS of bounded size, `presented` has seen to
2. the algorithm: one that the client's profile allows
3. the key: the client's own, live, registered for that algorithm; by ``kid`` if there is one; and the signature
4. ``iss`` = ``sub`` = the client
5. ``aud``: this server, as the profile demands
6. ``exp``, ``iat``, ``nbf``: a short life, little skew
7. ``jti``: present. Spending it is the caller's, last
"""

from __future__ import annotations

import contextlib

from ..clients.directory import LoadedKey
from ..jose.claims import VerifiedClaims
from ..jose.jwt import UnverifiedJwt
from ..jose.jwt import verify as verify_signature
from ..jose.refusals import JwtRefused
from ..onetime import OneTimeValue
from .decoy import decoy_key
from .method import ClientAuthenticationFailed, Evidence, Proof
from .presented import PresentedAssertion

LIFE_MS_MAX = 300_000
SKEW_MS = 10_000
"""conformance.md 1: 8 s ahead is accepted, more than 60 s refused."""
NAME_CHARS_MAX = 64
PURPOSE = "client_assertion"

TYPES = frozenset({None, "jwt", "client-authentication+jwt"})
"""Any other kind of JWT, such as a DPoP proof or a request object, is not an assertion (attacks.md 45)."""


def verify(evidence: Evidence) -> Proof:
    """The credential whose key signed the assertion, and the ``jti`` to spend."""
    shown = evidence.presented
    assert isinstance(shown, PresentedAssertion)  # noqa: S101 - the table pairs the method with what was presented
    try:
        jwt = shown.jwt
        if jwt.typ not in TYPES:  # 1
            raise _unverified(jwt, "private_key_jwt.typ", typ=jwt.typ)
        if jwt.alg not in evidence.registered.profile.assertion_algs:  # 2
            raise _unverified(jwt, "private_key_jwt.alg", alg=jwt.alg)
        key, claims = _signed_by(jwt, evidence)  # 3
        _check_subject(claims, evidence.client_id)  # 4
        _check_audience(claims, evidence)  # 5
        expires_at_ms = _check_life(claims, evidence.now_ms)  # 6
        jti = claims.string("jti", chars_max=NAME_CHARS_MAX)  # 7
    except JwtRefused as refusal:
        raise ClientAuthenticationFailed(refusal.check, **refusal.evidence) from None
    if jti is None:
        raise ClientAuthenticationFailed("private_key_jwt.jti_missing")
    one_time = OneTimeValue(
        tenant_id=evidence.tenant.tenant_id,
        purpose=PURPOSE,
        subject=evidence.client_id,
        value=jti,
        # Until then the assertion would pass check 6; afterwards its age alone refuses it.
        expires_at_ms=expires_at_ms + SKEW_MS,
    )
    return Proof(credential=key.credential, one_time=one_time)


def _signed_by(jwt: UnverifiedJwt, evidence: Evidence) -> tuple[LoadedKey, VerifiedClaims]:
    """The client's live key that signed it. A ``kid`` picks among the client's own keys and can do nothing else."""
    candidates = [
        key
        for key in evidence.registered.keys
        if key.algorithm == jwt.alg
        and (jwt.kid is None or key.credential.kid == jwt.kid)
        and key.credential.is_live(evidence.now_ms)
    ]
    if not candidates:
        raise _unverified(jwt, "private_key_jwt.key", alg=jwt.alg, kid=jwt.kid)
    for key in candidates[:-1]:
        try:
            return key, verify_signature(jwt, key.public_key, key.algorithm)
        except JwtRefused:
            continue
    return candidates[-1], verify_signature(jwt, candidates[-1].public_key, candidates[-1].algorithm)


def _unverified(jwt: UnverifiedJwt, check: str, **evidence: object) -> ClientAuthenticationFailed:
    """A refusal before there was a key to verify with. It costs a verification all the same (attacks.md 15)."""
    decoy = decoy_key(jwt.alg)
    with contextlib.suppress(JwtRefused):
        verify_signature(jwt, decoy.public_key, decoy.algorithm)
    return ClientAuthenticationFailed(check, **evidence)


def _check_subject(claims: VerifiedClaims, client_id: str) -> None:
    """RFC 7523 3 items 1 and 2: for client authentication, issuer and subject are both the client."""
    for name in ("iss", "sub"):
        if claims.string(name, chars_max=NAME_CHARS_MAX) != client_id:
            raise ClientAuthenticationFailed(f"private_key_jwt.{name}")


def _check_audience(claims: VerifiedClaims, evidence: Evidence) -> None:
    """RFC 7523 3 item 3; rfc7523bis: the issuer as one string (CVE-2025-27370). All of an array must be ours."""
    audience = claims.audience()
    issuer = evidence.tenant.issuer
    if evidence.registered.profile.assertion_audience_issuer_only:
        if audience != issuer:
            raise ClientAuthenticationFailed(
                "private_key_jwt.aud", expected=issuer, profile=evidence.registered.profile.name
            )
        return
    named = (audience,) if isinstance(audience, str) else audience or ()
    ours = (
        issuer,
        evidence.tenant.url("oauth/token"),
        evidence.tenant.mtls_url("oauth/token"),
        *evidence.endpoint_urls,
    )
    if not named or not all(value in ours for value in named):
        raise ClientAuthenticationFailed("private_key_jwt.aud", expected=issuer)


def _check_life(claims: VerifiedClaims, now_ms: int) -> int:
    """RFC 7523 3 items 4 to 6, with the limits of auth0.md 2.2; answers ``exp`` in milliseconds."""
    expires_at_ms = claims.numeric_date_ms("exp")
    issued_at_ms = claims.numeric_date_ms("iat")
    not_before_ms = claims.numeric_date_ms("nbf")
    if expires_at_ms is None:
        raise ClientAuthenticationFailed("private_key_jwt.exp_missing")
    if expires_at_ms + SKEW_MS <= now_ms:
        raise ClientAuthenticationFailed("private_key_jwt.exp_past", seconds_past=(now_ms - expires_at_ms) // 1000)
    for name, begins_ms in (("iat", issued_at_ms), ("nbf", not_before_ms)):
        if begins_ms is not None and begins_ms > now_ms + SKEW_MS:
            raise ClientAuthenticationFailed(
                f"private_key_jwt.{name}_future", seconds_ahead=(begins_ms - now_ms) // 1000
            )
    # Without `iat` the life is measured from now, so that leaving the claim out gains nothing.
    from_ms = issued_at_ms if issued_at_ms is not None else now_ms + SKEW_MS
    if expires_at_ms - from_ms > LIFE_MS_MAX:
        raise ClientAuthenticationFailed("private_key_jwt.exp_far", life_s=(expires_at_ms - from_ms) // 1000)
    return expires_at_ms

"""The walk of one client assertion, and the rules for what it may claim (RFC 7523 3, rfc7523bis, auth0.md 2.2). Pure.

Which key signed it is asked in `private_key_jwt`, which has the whole table.
"""

from __future__ import annotations

import msgspec

from ..clients.loaded_key import LoadedKey
from ..jose.claims import UnverifiedClaims, VerifiedClaims
from ..jose.jwt import UnverifiedJwt
from ..rules import Rule
from .method import ClientAuthenticationFailed, Evidence

LIFE_MS_MAX = 300_000
SKEW_MS = 10_000
"""conformance.md 1: 8 s ahead is accepted, more than 60 s refused."""
NAME_CHARS_MAX = 64


class AssertionWalk(msgspec.Struct, kw_only=True):
    """How far one assertion got."""

    evidence: Evidence
    jwt: UnverifiedJwt
    claims: UnverifiedClaims | VerifiedClaims
    """Verified once the signature held. Before, a debugger may read them, and nobody else does."""
    candidates: list[LoadedKey] = []
    key: LoadedKey | None = None
    """Whose signature it is."""
    expires_at_ms: int | None = None
    issued_at_ms: int | None = None
    not_before_ms: int | None = None
    jti: str = ""


def acceptable_audiences(evidence: Evidence) -> tuple[str, ...]:
    """What ``aud`` may name: under a strict profile the issuer alone, else also this endpoint's and the token URL."""
    tenant = evidence.tenant
    if evidence.registered.profile.assertion_audience_issuer_only:
        return (tenant.issuer,)
    return (tenant.issuer, tenant.url("oauth/token"), tenant.mtls_url("oauth/token"), *evidence.endpoint_urls)


def _check_issuer(walk: AssertionWalk) -> None:
    client_id = walk.evidence.registered.client.client_id
    if walk.claims.string("iss", chars_max=NAME_CHARS_MAX) != client_id:
        raise ClientAuthenticationFailed("private_key_jwt.iss", expected=client_id)


def _check_subject(walk: AssertionWalk) -> None:
    client_id = walk.evidence.registered.client.client_id
    if walk.claims.string("sub", chars_max=NAME_CHARS_MAX) != client_id:
        raise ClientAuthenticationFailed("private_key_jwt.sub", expected=client_id)


def _check_audience(walk: AssertionWalk) -> None:
    evidence, audience = walk.evidence, walk.claims.audience()
    if evidence.registered.profile.assertion_audience_issuer_only:
        # rfc7523bis: the issuer as one string (CVE-2025-27370).
        if audience != evidence.tenant.issuer:
            raise _wrong_audience(evidence)
        return
    named = (audience,) if isinstance(audience, str) else audience or ()
    ours = acceptable_audiences(evidence)
    # All of an array must be ours, or it could be shown elsewhere too.
    if not named or not all(value in ours for value in named):
        raise _wrong_audience(evidence)


def _wrong_audience(evidence: Evidence) -> ClientAuthenticationFailed:
    expected = list(dict.fromkeys(acceptable_audiences(evidence)))
    return ClientAuthenticationFailed(
        "private_key_jwt.aud", expected=expected, profile=evidence.registered.profile.name
    )


def _read_dates(walk: AssertionWalk) -> None:
    claims = walk.claims
    walk.expires_at_ms = claims.numeric_date_ms("exp")
    walk.issued_at_ms = claims.numeric_date_ms("iat")
    walk.not_before_ms = claims.numeric_date_ms("nbf")


def _check_expiry(walk: AssertionWalk) -> None:
    now_ms = walk.evidence.now_ms
    if walk.expires_at_ms is None:
        raise ClientAuthenticationFailed("private_key_jwt.exp_missing")
    if walk.expires_at_ms + SKEW_MS <= now_ms:
        seconds = (now_ms - walk.expires_at_ms) // 1000
        raise ClientAuthenticationFailed("private_key_jwt.exp_past", seconds_past=seconds)


def _check_issued(walk: AssertionWalk) -> None:
    if walk.issued_at_ms is not None and walk.issued_at_ms > walk.evidence.now_ms + SKEW_MS:
        seconds = (walk.issued_at_ms - walk.evidence.now_ms) // 1000
        raise ClientAuthenticationFailed("private_key_jwt.iat_future", seconds_ahead=seconds)


def _check_not_before(walk: AssertionWalk) -> None:
    if walk.not_before_ms is not None and walk.not_before_ms > walk.evidence.now_ms + SKEW_MS:
        seconds = (walk.not_before_ms - walk.evidence.now_ms) // 1000
        raise ClientAuthenticationFailed("private_key_jwt.nbf_future", seconds_ahead=seconds)


def _check_life(walk: AssertionWalk) -> None:
    expires_at_ms = walk.expires_at_ms
    assert expires_at_ms is not None  # noqa: S101 - the rule `exp` refuses without one
    # Without `iat` the life is measured from now, so that leaving the claim out gains nothing.
    from_ms = walk.issued_at_ms if walk.issued_at_ms is not None else walk.evidence.now_ms + SKEW_MS
    if expires_at_ms - from_ms > LIFE_MS_MAX:
        life_s = (expires_at_ms - from_ms) // 1000
        raise ClientAuthenticationFailed("private_key_jwt.exp_far", life_s=life_s, life_s_max=LIFE_MS_MAX // 1000)


def _read_jti(walk: AssertionWalk) -> None:
    jti = walk.claims.string("jti", chars_max=NAME_CHARS_MAX)
    if jti is None:
        raise ClientAuthenticationFailed("private_key_jwt.jti_missing")
    walk.jti = jti


CLAIM_RULES: tuple[Rule[AssertionWalk], ...] = (
    Rule(name="iss", demands="iss is the client_id", clause="RFC 7523 3 (1)", check=_check_issuer),
    Rule(name="sub", demands="sub is the client_id", clause="RFC 7523 3 (2) B", check=_check_subject),
    Rule(name="aud", demands="aud names this server alone", clause="RFC 7523 3 (3), rfc7523bis", check=_check_audience),
    Rule(name="dates", demands="exp, iat and nbf are numbers", clause="RFC 7519 2, 4.1.4", check=_read_dates),
    Rule(
        name="exp",
        demands="exp is there, and not past",
        clause="RFC 7523 3 (4)",
        check=_check_expiry,
        needs=("dates",),
    ),
    Rule(
        name="iat", demands="iat is not ahead of time", clause="RFC 7523 3 (6)", check=_check_issued, needs=("dates",)
    ),
    Rule(name="nbf", demands="nbf has begun", clause="RFC 7523 3 (5)", check=_check_not_before, needs=("dates",)),
    Rule(
        name="life",
        demands=f"it lives for {LIFE_MS_MAX // 1000} s at most",
        clause="RFC 7523 3 (4)",
        check=_check_life,
        needs=("dates", "exp"),
    ),
    Rule(name="jti", demands="jti is there", clause="RFC 7523 3 (7), FAPI 2.0", check=_read_jti),
)
"""What an assertion may claim, in the order in which it is asked."""

"""What a proof claims: that it was made now, for this request, with this token and this nonce (RFC 9449 4.2, 4.3)."""

from __future__ import annotations

from hashlib import sha256
from hmac import compare_digest

from ..jose import base64url
from ..jose.shown import start_of
from ..rules import Rule
from .proof_walk import ProofWalk
from .refusals import NonceWanted, ProofRefused
from .target_uri import normalised

AGE_MS_MAX = 60_000
"""How long ago a proof may have been made: the way to us takes seconds."""
SKEW_MS = 10_000
"""How far the clock of its maker may be ahead (FAPI 2 Security Profile 5.3.2.1-13)."""
JTI_CHARS_MAX = 256
HTU_CHARS_MAX = 2048
HTM_CHARS_MAX = 32
ATH_CHARS_MAX = 64
NONCE_CHARS_MAX = 2048


def _read_jti(walk: ProofWalk) -> None:
    jti = walk.claims.string("jti", chars_max=JTI_CHARS_MAX)
    if jti is None:
        raise ProofRefused("dpop.jti")
    walk.jti = jti


def _check_method(walk: ProofWalk) -> None:
    htm = walk.claims.string("htm", chars_max=HTM_CHARS_MAX)
    if htm != walk.expected.method:
        raise ProofRefused("dpop.htm", htm=start_of(htm or ""), expected=walk.expected.method)


def _check_url(walk: ProofWalk) -> None:
    htu = walk.claims.string("htu", chars_max=HTU_CHARS_MAX)
    shown = normalised(htu) if htu is not None else None
    if shown is None or shown not in (normalised(url) for url in walk.expected.urls):
        raise ProofRefused("dpop.htu", htu=start_of(htu or ""), expected=list(walk.expected.urls))


def _check_issued(walk: ProofWalk) -> None:
    issued_at_ms, now_ms = walk.claims.numeric_date_ms("iat"), walk.expected.now_ms
    if issued_at_ms is None:
        raise ProofRefused("dpop.iat")
    if issued_at_ms > now_ms + SKEW_MS:
        raise ProofRefused("dpop.iat_future", seconds_ahead=(issued_at_ms - now_ms) // 1000)
    if issued_at_ms < now_ms - AGE_MS_MAX:
        raise ProofRefused("dpop.iat_past", seconds_past=(now_ms - issued_at_ms) // 1000)
    walk.issued_at_ms = issued_at_ms


def _check_dates(walk: ProofWalk) -> None:
    """RFC 9449 asks for neither; whoever sends them means them (RFC 7519 4.1.4, 4.1.5)."""
    expires_at_ms, not_before_ms = walk.claims.numeric_date_ms("exp"), walk.claims.numeric_date_ms("nbf")
    now_ms = walk.expected.now_ms
    if expires_at_ms is not None and expires_at_ms + SKEW_MS <= now_ms:
        raise ProofRefused("dpop.exp", seconds_past=(now_ms - expires_at_ms) // 1000)
    if not_before_ms is not None and not_before_ms > now_ms + SKEW_MS:
        raise ProofRefused("dpop.nbf", seconds_ahead=(not_before_ms - now_ms) // 1000)


def _check_token(walk: ProofWalk) -> None:
    token = walk.expected.access_token
    if token is None:
        return
    ath = walk.claims.string("ath", chars_max=ATH_CHARS_MAX)
    hashed = base64url.encode(sha256(token.encode("latin-1", "replace")).digest())
    if ath is None or not compare_digest(ath.encode(), hashed.encode()):
        raise ProofRefused("dpop.ath", is_missing=ath is None)


def _check_nonce(walk: ProofWalk) -> None:
    """RFC 9449 8: whoever is asked for a nonce shows one of ours; whoever shows one shows a fresh one."""
    expected = walk.expected
    nonces, realm, now_ms = expected.nonces, expected.realm, expected.now_ms
    if nonces is None:
        return
    nonce = walk.claims.string("nonce", chars_max=NONCE_CHARS_MAX)
    if nonce is None:
        if expected.needs_nonce:
            raise NonceWanted("dpop.nonce_missing", nonces.current(realm, now_ms))
        return
    if not nonces.is_fresh(nonce, realm, now_ms):
        raise NonceWanted("dpop.nonce", nonces.current(realm, now_ms))
    if not nonces.is_current(nonce, realm, now_ms):
        walk.next_nonce = nonces.current(realm, now_ms)


_TESTS = "tests/sender/test_proof_claims.py"

CLAIM_RULES: tuple[Rule[ProofWalk], ...] = (
    Rule(name="jti", demands="jti is there", clause="RFC 9449 4.2", check=_read_jti, refuted_by=f"{_TESTS}::test_jti"),
    Rule(
        name="htm",
        demands="htm is the request's method",
        clause="RFC 9449 4.3 (8)",
        check=_check_method,
        refuted_by=f"{_TESTS}::test_htm",
    ),
    Rule(
        name="htu",
        demands="htu is the request's URL without query and fragment",
        clause="RFC 9449 4.3 (9)",
        check=_check_url,
        refuted_by=f"{_TESTS}::test_htu",
    ),
    Rule(
        name="iat",
        demands=f"it was made within the last {AGE_MS_MAX // 1000} s",
        clause="RFC 9449 4.3 (11)",
        check=_check_issued,
        refuted_by=f"{_TESTS}::test_iat",
    ),
    Rule(
        name="dates",
        demands="exp and nbf, where they are there, hold",
        clause="RFC 7519 4.1",
        check=_check_dates,
        refuted_by=f"{_TESTS}::test_dates_that_nobody_asked_for",
    ),
    Rule(
        name="ath",
        demands="ath is the hash of the token that is shown with it",
        clause="RFC 9449 4.3 (12)",
        check=_check_token,
        refuted_by=f"{_TESTS}::test_ath",
    ),
    Rule(
        name="nonce",
        demands="nonce is fresh where there is one, and there where one is needed",
        clause="RFC 9449 4.3 (10), 8",
        check=_check_nonce,
        refuted_by=f"{_TESTS}::test_nonce",
    ),
)
"""In the order in which it is asked; the nonce last, so that only a proof that is good otherwise is given one."""

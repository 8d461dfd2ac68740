"""``private_key_jwt``: an assertion signed with a registered key (RFC 7523 3, rfc7523bis, auth0.md 2.2).

:data:`RULES` is the whole of it, in order; :func:`verify` ends at the first that fails, a debugger walks on. That it is
a strict compact JWS of bounded size, `presented` has seen to; spending the ``jti`` is the caller's, last.
"""

from __future__ import annotations

import contextlib

from ..jose.claims import VerifiedClaims
from ..jose.jwt import UnverifiedJwt
from ..jose.jwt import verify as verify_signature
from ..jose.refusals import JwtRefused
from ..jose.shown import start_of
from ..onetime import OneTimeValue
from ..rules import Rule
from .assertion import CLAIM_RULES, AssertionWalk
from .assertion import LIFE_MS_MAX as LIFE_MS_MAX
from .assertion import NAME_CHARS_MAX as NAME_CHARS_MAX
from .assertion import SKEW_MS as SKEW_MS
from .decoy import decoy_key
from .method import ClientAuthenticationFailed, Evidence, Proof
from .presented import PresentedAssertion
from .registered_keys import about_key_set, candidates_of, verified_by_one, why_not

PURPOSE = "client_assertion"

TYPES = frozenset({None, "jwt", "client-authentication+jwt"})
"""Any other kind of JWT, such as a DPoP proof or a request object, is not an assertion (attacks.md 45)."""


def verify(evidence: Evidence) -> Proof:
    """The credential whose key signed the assertion, and the ``jti`` to spend."""
    walk = walk_of(evidence)
    try:
        for check in _CHECKS:
            check(walk)
    except JwtRefused as refusal:
        raise ClientAuthenticationFailed(refusal.check, **refusal.evidence) from None
    # Both are what the signature rule left behind; without it there is no proof, whatever else holds.
    assert walk.key is not None  # noqa: S101 - the signature rule refuses without one
    assert isinstance(walk.claims, VerifiedClaims)  # noqa: S101 - likewise
    return Proof(credential=walk.key.credential, one_time=one_time_of(walk))


def walk_of(evidence: Evidence) -> AssertionWalk:
    """The walk at its beginning."""
    shown = evidence.presented
    assert isinstance(shown, PresentedAssertion)  # noqa: S101 - the table pairs the method with what was presented
    return AssertionWalk(evidence=evidence, jwt=shown.jwt, claims=shown.jwt.claims)


def one_time_of(walk: AssertionWalk) -> OneTimeValue:
    """What the assertion spends, at the end of the walk."""
    return OneTimeValue(
        tenant_id=walk.evidence.tenant.tenant_id,
        purpose=PURPOSE,
        subject=walk.evidence.client_id,
        value=walk.jti,
        # Until then the assertion would pass the rule `exp`; afterwards its age alone refuses it.
        expires_at_ms=(walk.expires_at_ms or 0) + SKEW_MS,
        issued_at_ms=walk.issued_at_ms,
    )


def _check_type(walk: AssertionWalk) -> None:
    if walk.jwt.typ not in TYPES:
        raise _unverified(
            walk.jwt, "private_key_jwt.typ", typ=start_of(walk.jwt.typ or ""), expected=sorted(filter(None, TYPES))
        )


def _check_algorithm(walk: AssertionWalk) -> None:
    profile = walk.evidence.registered.profile
    if walk.jwt.alg not in profile.assertion_algs:
        expected = sorted(profile.assertion_algs)
        raise _unverified(walk.jwt, "private_key_jwt.alg", alg=walk.jwt.alg, expected=expected, profile=profile.name)


def _choose_keys(walk: AssertionWalk) -> None:
    """The client's own live keys for that algorithm. A ``kid`` picks among them and can do nothing else."""
    evidence, jwt = walk.evidence, walk.jwt
    walk.candidates = candidates_of(evidence.registered.keys, jwt, evidence.now_ms)
    if not walk.candidates:
        others = why_not(evidence.registered, jwt, evidence.now_ms)
        kid = start_of(jwt.kid, [str(other["kid"]) for other in others]) if jwt.kid is not None else None
        about = about_key_set(evidence.registered)
        if about is None:
            raise _unverified(jwt, "private_key_jwt.key", alg=jwt.alg, kid=kid, registered=others)
        check = "private_key_jwt.key" if evidence.registered.keys else "private_key_jwt.key_set"
        raise _unverified(jwt, check, alg=jwt.alg, kid=kid, registered=others, key_set=about)


def _check_signature(walk: AssertionWalk) -> None:
    walk.claims, walk.key = verified_by_one(walk.jwt, walk.candidates)


def _unverified(jwt: UnverifiedJwt, check: str, **evidence: object) -> ClientAuthenticationFailed:
    """A refusal before there was a key to verify with. It costs a verification all the same (attacks.md 15)."""
    decoy = decoy_key(jwt.alg)
    with contextlib.suppress(JwtRefused):
        verify_signature(jwt, decoy.public_key, decoy.algorithm)
    return ClientAuthenticationFailed(check, **evidence)


RULES: tuple[Rule[AssertionWalk], ...] = (
    Rule(
        name="typ", demands="typ is that of a client assertion", clause="RFC 8725 3.11, rfc7523bis", check=_check_type
    ),
    Rule(name="alg", demands="the profile allows the algorithm", clause="RFC 8725 3.1", check=_check_algorithm),
    Rule(
        name="key",
        demands="a live key of the client is registered for that alg and kid",
        clause="RFC 7523 3 (9)",
        check=_choose_keys,
    ),
    Rule(
        name="signature",
        demands="that key signed it",
        clause="RFC 7515 5.2, RFC 7523 3 (9)",
        check=_check_signature,
        needs=("key",),
    ),
    *CLAIM_RULES,
)
"""The checks in order; the first that fails refuses."""
_CHECKS = tuple(rule.check for rule in RULES)

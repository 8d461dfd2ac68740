"""The request object: an authorization request as a JWT that the client signed (RFC 9101, OpenID Connect Core 6). Pure.

:data:`HEAD` and then :data:`BODY` are the whole of it, in order; the first rule that fails refuses. Between the two
the client's keys are looked up, so that an object which cannot pass has nobody fetch any. Spending the ``jti`` is the
caller's, last; that nothing beside the object counts is `incoming`'s.

Each rule names the test that turns red without it; `tests/authorization/request_objects/test_table.py` takes each out
to see that.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..clientauth.registered_keys import TOLD_MAX, candidates_of, told_of, unfit_because, verified_by_one
from ..clients.chosen_algs import request_object_alg
from ..jose.jwt import parse
from ..jose.refusals import JwtRefused
from ..jose.shown import start_of
from ..onetime import LONG_LIFE_MS_MAX, OneTimeValue
from ..rules import Rule
from .pending import PENDING_LIFE_MS
from .provenance import Provenance
from .request_object_claims import CLAIM_RULES
from .request_object_walk import RequestObjectRefused, RequestObjectWalk

PURPOSE = "request_object"
USAGE = "signed_request_object"
SIZE_BYTES_MAX = 32_768
"""Twice what a query may hold (`web.parameters`): by way of a pushed request it may be longer."""
_TESTS = "tests/authorization/request_objects/test_envelope.py"


def decide(walk: RequestObjectWalk, rules: Iterable[Rule[RequestObjectWalk]]) -> None:
    """Walk the rules; raises :class:`RequestObjectRefused` at the first that fails."""
    try:
        for rule in rules:
            rule.check(walk)
    except JwtRefused as refusal:
        raise RequestObjectRefused(refusal.check, **refusal.evidence) from None


def provenance_of_object(walk: RequestObjectWalk) -> Provenance:
    """What is known of a request whose object passed every rule."""
    if walk.key is None:
        raise AssertionError("the request object was not verified, and no rule said so")
    credential_id = walk.key.credential.id
    return Provenance(
        signing_alg=walk.key.algorithm,
        credential_id=credential_id if credential_id in walk.registered.signer_ids else None,
        jti=walk.jti,
        issued_at_ms=walk.made_at_ms,
        expires_at_ms=walk.end_ms,
    )


def one_time_of(tenant_id: str, client_id: str, provenance: Provenance) -> OneTimeValue | None:
    """What the object spends, as the last thing: at its push, or by the answer when a browser carried it."""
    if provenance.jti is None or provenance.expires_at_ms is None:
        return None
    return OneTimeValue(
        tenant_id=tenant_id,
        purpose=PURPOSE,
        subject=client_id,
        value=provenance.jti,
        # Whoever came with it in time may be at the sign-in page for so long, twice too.
        expires_at_ms=provenance.expires_at_ms + PENDING_LIFE_MS,
        issued_at_ms=provenance.issued_at_ms,
        life_ms_max=LONG_LIFE_MS_MAX,
    )


def _parse(walk: RequestObjectWalk) -> None:
    walk.envelope = parse(walk.text, size_bytes_max=SIZE_BYTES_MAX)


def _check_type(walk: RequestObjectWalk) -> None:
    types = walk.registered.profile.request_object_types
    if walk.jwt.typ not in types:
        typ = start_of(walk.jwt.typ) if walk.jwt.typ is not None else None
        raise RequestObjectRefused("request_object.typ", typ=typ, expected=sorted(filter(None, types)))


def _check_algorithm(walk: RequestObjectWalk) -> None:
    profile = walk.registered.profile
    if walk.jwt.alg not in profile.request_object_algs:
        expected = sorted(profile.request_object_algs)
        raise RequestObjectRefused("request_object.alg", alg=walk.jwt.alg, expected=expected, profile=profile.name)


def _check_registered_algorithm(walk: RequestObjectWalk) -> None:
    chosen = request_object_alg(walk.registered.client)
    if chosen is not None and walk.jwt.alg != chosen:
        raise RequestObjectRefused("request_object.alg_registered", alg=walk.jwt.alg, expected=chosen)


def _choose_keys(walk: RequestObjectWalk) -> None:
    """The client's live keys for this one purpose. A ``kid`` picks among them and can do nothing else."""
    jwt, now_ms = walk.jwt, walk.now_ms
    walk.candidates = candidates_of(walk.keys, jwt, now_ms)
    if not walk.candidates:
        kid = None if jwt.kid is None else start_of(jwt.kid, [key.credential.kid or "" for key in walk.keys])
        told = [told_of(key.credential, unfit_because(key, jwt, now_ms) or "") for key in walk.keys[:TOLD_MAX]]
        raise RequestObjectRefused("request_object.key", alg=jwt.alg, kid=kid, registered=told)


def _check_signature(walk: RequestObjectWalk) -> None:
    walk.verified, walk.key = verified_by_one(walk.jwt, walk.candidates)


HEAD: tuple[Rule[RequestObjectWalk], ...] = (
    Rule(
        name="envelope",
        demands=f"it is a signed JWT in compact form, of {SIZE_BYTES_MAX} bytes at most",
        clause="RFC 9101 4, RFC 7515 7.1",
        check=_parse,
        refuted_by=f"{_TESTS}::test_what_is_no_signed_jwt_is_refused",
    ),
    Rule(
        name="typ",
        demands="typ is that of a request object, or left out",
        clause="RFC 9101 4, 10.8, RFC 8725 3.11",
        check=_check_type,
        needs=("envelope",),
        refuted_by=f"{_TESTS}::test_another_kind_of_jwt_is_refused",
    ),
    Rule(
        name="alg",
        demands="the profile allows the algorithm",
        clause="RFC 8725 3.1, FAPI 2 Security Profile 5.4.1",
        check=_check_algorithm,
        needs=("envelope",),
        refuted_by=f"{_TESTS}::test_an_algorithm_that_the_profile_does_not_allow_is_refused",
    ),
    Rule(
        name="alg_registered",
        demands="the algorithm is the client's request_object_signing_alg, where it has one",
        clause="OpenID Connect Dynamic Client Registration 2",
        check=_check_registered_algorithm,
        needs=("envelope",),
        refuted_by=f"{_TESTS}::test_another_algorithm_than_the_registered_one_is_refused",
    ),
)
"""What is asked before any key is looked up."""
BODY: tuple[Rule[RequestObjectWalk], ...] = (
    Rule(
        name="key",
        demands="a live key of the client's for request objects fits that alg and kid",
        clause="RFC 9101 6.2",
        check=_choose_keys,
        needs=("envelope",),
        refuted_by=f"{_TESTS}::test_a_key_that_is_not_live_is_refused",
    ),
    Rule(
        name="signature",
        demands="that key signed it",
        clause="RFC 9101 6.2, RFC 7515 5.2",
        check=_check_signature,
        needs=("key",),
        refuted_by=f"{_TESTS}::test_a_signature_of_somebody_elses_is_refused",
    ),
    *CLAIM_RULES,
)
"""The rest."""

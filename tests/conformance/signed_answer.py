"""Checks of a signed authorization response (conformance.md 2, JARM 2.1 and 2.4), by a library that is not ours."""

from __future__ import annotations

from joserfc import jwt

from tests.conformance.relying_party import RelyingParty

ALGS = ("PS256", "ES256")
"""Of those that FAPI allows the ones that parties of these tests take."""


def check_signed_answer(party: RelyingParty, carried: dict[str, str]) -> dict[str, str]:
    """What is within the one parameter ``response``: the members that a plain answer would have."""
    assert set(carried) == {"response"}, carried
    token = jwt.decode(carried["response"], party.provider.keys, algorithms=list(ALGS))
    assert token.header["kid"] in {key["kid"] for key in party.provider.jwks["keys"]}
    claims = dict(token.claims)
    assert claims.pop("aud") == party.client_id
    assert 10 <= claims.pop("exp") - party.provider.now_s() <= 600
    return claims

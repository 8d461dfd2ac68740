"""The key of a proof: the one JWT here that brings its own (RFC 9449 4.2). It proves that key, and no name."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from ..errors import Refused
from ..jose.algorithms import ALGORITHMS
from ..jose.goodkey import check_key
from ..jose.jwt import verify
from ..jose.keys import PublicKey, public_key_from_jwk
from ..jose.shown import start_of
from ..rules import Rule
from .proof_walk import ProofWalk
from .refusals import ProofRefused

TYP = "dpop+jwt"


def _check_type(walk: ProofWalk) -> None:
    if walk.jwt.typ != TYP:
        raise ProofRefused("dpop.typ", typ=start_of(walk.jwt.typ or ""), expected=TYP)


def _check_algorithm(walk: ProofWalk) -> None:
    if walk.jwt.alg not in walk.expected.algs:
        raise ProofRefused("dpop.alg", alg=walk.jwt.alg, expected=sorted(walk.expected.algs))


def _read_key(walk: ProofWalk) -> None:
    jwk = walk.jwt.header.get("jwk")
    if not isinstance(jwk, dict):
        raise ProofRefused("dpop.jwk", is_missing="jwk" not in walk.jwt.header)
    try:
        key = _good_key(msgspec.json.encode(jwk, order="sorted"))
    except Refused as refusal:
        # Private members too: whoever sends them has lost the key (RFC 9449 4.3, 7).
        raise ProofRefused("dpop.jwk_refused", reason=refusal.check) from None
    if not ALGORITHMS[walk.jwt.alg].fits(key.kty, key.crv, key.bits):
        raise ProofRefused("dpop.jwk_alg", alg=walk.jwt.alg, kty=key.kty, crv=key.crv)
    walk.key = key


@lru_cache(maxsize=1024)
def _good_key(jwk: bytes) -> PublicKey:
    """The key, if nobody can know its private half (`jose.goodkey`). A holder shows the same one again and again."""
    members: dict[str, Any] = msgspec.json.decode(jwk)
    key = public_key_from_jwk(members)
    check_key(key)
    return key


def _check_signature(walk: ProofWalk) -> None:
    assert walk.key is not None  # noqa: S101 - the rule before leaves one
    walk.claims = verify(walk.jwt, walk.key, walk.jwt.alg)


_TESTS = "tests/sender/test_proof_key.py"

KEY_RULES: tuple[Rule[ProofWalk], ...] = (
    Rule(
        name="typ",
        demands=f"typ is {TYP}",
        clause="RFC 9449 4.3 (4)",
        check=_check_type,
        refuted_by=f"{_TESTS}::test_the_type",
    ),
    Rule(
        name="alg",
        demands="the algorithm is asymmetric and acceptable here",
        clause="RFC 9449 4.3 (5), FAPI 2 Security Profile 5.4.1",
        check=_check_algorithm,
        refuted_by=f"{_TESTS}::test_the_algorithm_is_one_of_those_expected",
    ),
    Rule(
        name="jwk",
        demands="jwk is one good public key that fits the algorithm, without private members",
        clause="RFC 9449 4.3 (7)",
        check=_read_key,
        refuted_by=f"{_TESTS}::test_the_key_is_one_good_public_key",
    ),
    Rule(
        name="signature",
        demands="that key signed it",
        clause="RFC 9449 4.3 (6)",
        check=_check_signature,
        needs=("jwk",),
        refuted_by=f"{_TESTS}::test_the_signature_is_by_the_key_that_is_shown",
    ),
)

"""The key of a proof (RFC 9449 4.3 (4) to (7)): it comes along, and is good, public, and the one that signed."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.jose.private_keys import generate_private_key
from tallystick.sender.algorithms import DPOP_ALGS
from tallystick.sender.proof_key import _good_key
from tests.forge import LEFT_OUT, Key, b64
from tests.sender.proving import KEY, OTHER, RSA, claims, judged, proof, refuses, shown, takes, thumbprint


def test_it_proves_the_key_that_it_shows() -> None:
    found = takes(proof(jti="its own"))
    assert (found.jkt, found.jti, found.next_nonce) == (thumbprint(KEY), "its own", None)
    assert (found.binding.mechanism, found.binding.confirmation) == ("dpop", {"jkt": thumbprint(KEY)})


def test_without_a_header_nothing_is_proven() -> None:
    assert judged() is None


def test_d30_of_two_headers_none_is_chosen() -> None:
    assert refuses("dpop.once", proof(), proof(jti="k")).evidence == {"count": 2}
    refuses("dpop.once", proof(), "")


def test_the_type() -> None:
    for typ in ("jwt", "dpop", "dpop+jwt2", "at+jwt", LEFT_OUT):
        refuses("dpop.typ", proof(header={"typ": typ}))
    # RFC 7515 4.1.9: as a media type it may be spelled so, too.
    for typ in ("DPoP+JWT", "application/dpop+jwt"):
        takes(proof(header={"typ": typ}))


def test_the_algorithm_is_one_of_those_expected() -> None:
    refuses("dpop.alg", proof(), algs=frozenset({"PS256"}))
    # FAPI 2 Security Profile 5.4.1: PKCS #1 v1.5 makes no proofs.
    refuses("dpop.alg", proof(Key("RS256", private=RSA.private)))
    takes(proof(RSA), algs=frozenset({"PS256"}))


@pytest.mark.parametrize("alg", ["none", "HS256", "ES256K", "", LEFT_OUT])
def test_d30_no_algorithm_that_is_none_or_symmetric(alg: Any) -> None:
    refuses("jwt.alg", proof(header={"alg": alg}))


@pytest.mark.parametrize("alg", sorted(DPOP_ALGS - {"PS256", "PS384", "PS512"}))
def test_every_other_algorithm(alg: str) -> None:
    """Those of RSA are taken at the endpoint (tests/endpoints/test_token_dpop.py): their keys cost."""
    key = Key(alg)
    assert takes(proof(key)).jkt == thumbprint(key)


def test_the_key_is_one_good_public_key() -> None:
    for jwk in (LEFT_OUT, None, "jwk", [shown(KEY)], 7):
        refuses(("dpop.jwk",), proof(header={"jwk": jwk}))
    members = shown(KEY)
    for jwk in (
        {},
        {**members, "x": members["y"]},
        {**members, "crv": "secp256k1"},
        {name: value for name, value in members.items() if name != "y"},
        {"kty": "oct", "k": "c2VjcmV0"},
    ):
        assert "reason" in refuses("dpop.jwk_refused", proof(header={"jwk": jwk})).evidence


@pytest.mark.parametrize("member", ["d", "k", "priv", "p", "q", "dp", "dq", "qi", "oth"])
def test_d30_private_members_are_refused_whatever_the_kind(member: str) -> None:
    """RFC 9449 4.3 (7): whoever sends them has lost the key; `priv` is that of ML-DSA."""
    found = refuses("dpop.jwk_refused", proof(header={"jwk": {**shown(KEY), member: "AQAB"}}))
    assert "AQAB" not in repr((found.evidence, found.description, str(found)))


def test_the_key_fits_the_algorithm() -> None:
    for other in (RSA, Key("ES384"), Key("Ed25519")):
        refuses("dpop.jwk_alg", proof(header={"jwk": shown(other)}))


def test_a_key_with_which_anybody_could_sign_is_refused() -> None:
    """`jose.goodkey`: under a point of small order one signature holds for many messages."""
    forged = {"kty": "OKP", "crv": "Ed25519", "x": b64((1).to_bytes(32, "little"))}
    for key, jwk, reason in (
        (Key("Ed25519"), forged, "key.okp_small_order"),
        (RSA, {**shown(RSA), "e": "Aw"}, "key.rsa_exponent"),
    ):
        assert refuses("dpop.jwk_refused", proof(key, header={"jwk": jwk})).evidence == {"reason": reason}


def test_the_signature_is_by_the_key_that_is_shown() -> None:
    refuses("jwt.signature", proof(OTHER, header={"jwk": shown(KEY)}))
    head, body, signature = proof().split(".")
    refuses("jwt.signature", f"{head}.{body}.{signature[:-8]}AAAAAAAA")
    refuses("jwt.signature", f"{head}.{proof(iat=0).split('.')[1]}.{signature}")


@pytest.mark.parametrize("text", ["", "x", "a.b", "e30.e30.e30", "not a jwt", "\xe9.\xe9.\xe9", "." * 3, "x" * 9_000])
def test_a_malformed_proof(text: str) -> None:
    with pytest.raises(Exception, match=r".+") as refusal:
        judged(text)
    assert str(getattr(refusal.value, "check", "")).startswith("jwt."), refusal.value


def test_a6_no_header_names_another_key() -> None:
    more = {"kid": "x", "jku": "https://evil.example/", "x5u": "https://evil.example/", "x5c": ["MIIB"]}
    assert takes(proof(header=more)).jkt == thumbprint(KEY)
    refuses(("jwt.crit", "jwt.b64"), proof(header={"crit": ["b64"], "b64": False}))


def test_a_key_is_parsed_once() -> None:
    key = Key("ES256")
    before = _good_key.cache_info()
    takes(proof(key))
    reordered = dict(reversed(shown(key).items()))
    takes(key.jwt(claims(), typ="dpop+jwt", jwk=reordered))
    after = _good_key.cache_info()
    assert (after.misses - before.misses, after.hits - before.hits) == (1, 1)


def test_what_is_remembered_of_keys_is_bounded_and_never_a_refused_one() -> None:
    assert _good_key.cache_info().maxsize == 1024
    bad = {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}
    size = _good_key.cache_info().currsize
    refuses("dpop.jwk_refused", proof(header={"jwk": bad}))
    assert _good_key.cache_info().currsize == size


def test_no_key_of_anybody_is_needed() -> None:
    assert takes(proof(Key("Ed25519", private=generate_private_key("Ed25519")))).jkt

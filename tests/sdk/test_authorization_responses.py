"""Signed answers as an application reads them: the honest one is believed, and none that differs in one point."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import import_key

from tallystick.jose import jwe
from tallystick.jose.private_keys import generate_private_key, private_key_to_pem, public_key_for
from tallystick.jose.refusals import JwtRefused
from tallystick.sdk.authorization_responses import authorization_response
from tallystick.sdk.keys import public_jwk
from tallystick.sdk.server_keys import Decryption, key_set

NOW_MS = 1_790_000_000_000
ISSUER = "https://as.example/"
KEY, OTHER = generate_private_key("ES256"), generate_private_key("ES256")
KEYS = key_set([public_jwk(public_key_for(KEY), "ES256", "k-1"), public_jwk(public_key_for(OTHER), "ES256", "k-2")])
CLAIMS = {"iss": ISSUER, "aud": "c1", "exp": 1_790_000_060, "code": "abc", "state": "s-1"}


def answer(key: Any = KEY, kid: str = "k-1", **claims: Any) -> str:
    said = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
    return jwt.encode({"alg": "ES256", "kid": kid}, said, import_key(private_key_to_pem(key), "EC"))


def read(response: str, **changed: Any) -> dict[str, Any]:
    expected = {"issuer": ISSUER, "client_id": "c1", "state": "s-1", "now_ms": NOW_MS}
    return authorization_response(response, KEYS, **{**expected, **changed})


def test_what_holds_is_told() -> None:
    assert read(answer()) == read(answer(aud=["c1"])) == {"code": "abc", "state": "s-1"}
    refused = answer(code=None, error="access_denied", state=None)
    assert read(refused, state=None) == {"error": "access_denied"}


@pytest.mark.parametrize(
    ("response", "check"),
    [
        (answer(iss="https://other.example/"), "jwt.claim.iss"),
        (answer(iss=None), "jwt.claim.iss"),
        (answer(aud="c2"), "jwt.claim.aud"),
        (answer(aud=["c1", "c2"]), "jwt.claim.aud"),
        (answer(aud=None), "jwt.claim.aud"),
        (answer(exp=1_790_000_000), "jwt.claim.exp"),
        (answer(exp=None), "jwt.claim.exp"),
        (answer(state="s-2"), "jwt.claim.state"),
        (answer(state=None), "jwt.claim.state"),
        (answer(key=OTHER), "jwt.signature"),
        (answer(kid="k-3"), "jwt.kid"),
        (answer()[:-4] + "AAAA", "jwt.signature"),
    ],
)
def test_jarm_2_4_what_does_not_hold_is_refused(response: str, check: str) -> None:
    with pytest.raises(JwtRefused) as refused:
        read(response)
    assert refused.value.check == check


def test_an_algorithm_that_is_not_expected_is_refused() -> None:
    assert read(answer(), algorithms={"ES256"})["code"] == "abc"
    with pytest.raises(JwtRefused) as refused:
        read(answer(), algorithms={"PS256"})
    assert refused.value.check == "jwt.alg"


def test_who_had_answers_encrypted_takes_no_plain_one() -> None:
    key = generate_private_key("ES256")
    inner, public = answer().encode(), public_key_for(key)
    sealed = jwe.encrypt(inner, public, alg="ECDH-ES", enc="A256GCM", kid=None)
    how = {"decryption": Decryption(key, "ECDH-ES")}
    assert read(sealed, **how)["code"] == "abc"
    unsigned = jwe.encrypt(msgspec.json.encode(CLAIMS), public, alg="ECDH-ES", enc="A256GCM", kid=None)
    for refused in (answer(), unsigned):
        with pytest.raises(JwtRefused):
            read(refused, **how)
    with pytest.raises(JwtRefused):
        read(sealed)

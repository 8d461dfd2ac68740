"""What the demo checks in the tokens it gets."""

from __future__ import annotations

import msgspec
import pytest

from tallystick.cli.demo_token import check_binding, verified
from tallystick.cli.exits import Failed
from tallystick.jose.private_keys import generate_private_key, public_key_for
from tallystick.jose.signer import Signer
from tallystick.sdk.keys import public_jwk

KEY = generate_private_key("ES256")
JWKS = [public_jwk(public_key_for(KEY), "ES256", "k1")]
CLAIMS = {"sub": "c1", "cnf": {"x5t#S256": "abc"}}


def token(key: object = KEY, kid: str = "k1") -> str:
    return Signer(kid, "ES256", key).sign(msgspec.json.encode(CLAIMS))  # type: ignore[arg-type]  # a private key


def test_a_token_is_verified_with_the_published_key() -> None:
    assert verified(token(), [dict(jwk) for jwk in JWKS])[1] == CLAIMS


@pytest.mark.parametrize("made", [token(generate_private_key("ES256")), token(kid="k2"), "opaque", "a.b.c"])
def test_any_other_token_fails_the_demo(made: str) -> None:
    with pytest.raises(Failed):
        verified(made, [dict(jwk) for jwk in JWKS])


def test_rfc8705_3_1_a_token_must_name_the_certificate_that_was_shown() -> None:
    check_binding(CLAIMS, "abc")
    check_binding({}, None)
    for claims, thumbprint in ((CLAIMS, "other"), ({}, "abc"), ({"cnf": {}}, "abc"), (CLAIMS, None)):
        with pytest.raises(Failed):
            check_binding(claims, thumbprint)

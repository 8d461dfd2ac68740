"""Who signed a request object, how, and what it is: RFC 9101 4, 6.2, 10.8."""

from __future__ import annotations

import json

import pytest

from tests.authorization.request_objects.signing import (
    FAPI,
    LEFT_OUT,
    Signing,
    by_key,
    refused,
    refuses,
    signing,
    takes,
    with_key,
)
from tests.forge import Key, b64
from tests.inprocess import InProcess
from tests.publisher import public_jwk


def test_what_is_no_signed_jwt_is_refused(house: InProcess) -> None:
    """attacks.md 6, 8; FAPI: ensure-request-object-signature-algorithm-is-not-none."""
    app = signing(house)
    claims = json.dumps(app.claims())
    header, payload, signature = app.object().split(".")
    none = b64(json.dumps({"alg": "none"}).encode())
    refused(app, app.carry(f"{none}.{b64(claims.encode())}."), "jwt.alg")
    refused(app, app.carry(claims), "jwt.parts")
    refused(app, app.carry(f"{header}.{payload}"), "jwt.parts")
    refused(app, app.carry(f"{header}.{payload}.{signature}="), "jwt.base64")
    refused(app, app.carry(app.object(header={"crit": ["exp"]})), "jwt.crit")
    refused(app, app.carry(app.object(padding="x" * 33_000)), "jwt.size")
    assert "code" in app.answer(padding="x" * 3_000)


def test_another_kind_of_jwt_is_refused(house: InProcess) -> None:
    """RFC 8725 3.11. express-openid-connect sends no typ, and FAPI's suite none for one of its clients."""
    app, strict = signing(house), signing(house, level=FAPI)
    for each in (app, strict):
        for typ in ("client-authentication+jwt", "dpop+jwt", "at+jwt"):
            refuses(each, each.object(header={"typ": typ}), "request_object.typ")
    for header in ({"typ": LEFT_OUT}, {"typ": "JWT"}, {"typ": "application/oauth-authz-req+jwt"}):
        assert "code" in app.carry(app.object(header=header)).answer
    takes(strict, strict.object(header={"typ": LEFT_OUT}))
    refuses(strict, strict.object(header={"typ": "JWT"}), "request_object.typ")


def test_an_algorithm_that_the_profile_does_not_allow_is_refused(house: InProcess) -> None:
    """FAPI: ensure-signed-request-object-with-RS256-fails."""
    app = signing(house, level=FAPI)
    rsa = Key("RS256")
    refuses(app, app.object(key=rsa), "request_object.alg")


def test_another_algorithm_than_the_registered_one_is_refused(house: InProcess) -> None:
    es256, ps256 = Key("ES256"), Key("PS256")
    both = [with_key(key)["signed_request_object"]["credentials"][0] for key in (es256, ps256)]
    app = signing(house, signed_request_object={"credentials": both}, request_object_signing_alg="PS256")
    refused(app, app.carry(app.object(key=es256)), "request_object.alg_registered")
    assert "code" in app.carry(app.object(key=ps256)).answer


def test_a_key_that_is_not_live_is_refused(house: InProcess) -> None:
    """A key ends with its credential, and what the kid does not name is not tried."""
    app = signing(house, kid="the-first-key", key_life_s=60)
    refused(app, app.carry(app.object(header={"kid": "other"})), "request_object.key")
    assert "code" in app.carry(app.object(header={"kid": LEFT_OUT})).answer
    house.clock.advance(61)
    refused(app, app.carry(app.object()), "request_object.key")


def test_a_signature_of_somebody_elses_is_refused(house: InProcess) -> None:
    """FAPI: ensure-matching-key-in-authorization-request, ensure-request-object-with-invalid-signature-fails."""
    app, other = signing(house), signing(house)
    refused(app, app.carry(app.object(key=other.key)), "jwt.signature")
    header, _, signature = app.object().split(".")
    forged = b64(json.dumps(app.claims(scope="openid email")).encode())
    refused(app, app.carry(f"{header}.{forged}.{signature}"), "jwt.signature")


def test_a_key_that_proves_the_client_signs_no_request(house: InProcess) -> None:
    """RFC 8725 3.12: one key, one purpose."""
    own = Key("ES256")
    app = signing(house, **by_key(own))
    refused(app, app.carry(app.object(key=own)), "jwt.signature")
    assert "code" in app.answer()


def test_without_a_key_nothing_is_signed(house: InProcess) -> None:
    app = signing(house, signed_request_object=None)
    refused(app, app.carry(app.object()), "request_object.key")


@pytest.mark.parametrize("alg", ["RS256", "PS384", "ES512", "Ed25519"])
def test_every_algorithm_of_ours_will_do(house: InProcess, alg: str) -> None:
    assert "code" in signing(house, alg).answer()


def test_of_several_keys_any_signs(house: InProcess) -> None:
    """So that a key can be changed without a pause."""
    keys = [Key("ES256"), Key("ES256")]
    both = [with_key(key)["signed_request_object"]["credentials"][0] for key in keys]
    app: Signing = signing(house, signed_request_object={"credentials": both})
    for key in keys:
        assert "code" in app.carry(app.object(key=key)).answer


def test_of_many_keys_that_fit_a_bounded_number_is_tried(house: InProcess) -> None:
    """Anybody may send a browser here with an object: each of them must not cost a hundred verifications."""
    keys = [Key("ES256") for _ in range(12)]
    app = signing(house, signed_request_object={"jwks": {"keys": [public_jwk(key) for key in keys]}})
    assert "code" in app.carry(app.object(key=keys[9])).answer
    refused(app, app.carry(app.object(key=keys[11])), "jwt.signature")

"""A6 algorithm confusion, A7 key smuggling, A9 method policy, A11 two methods, F45 type confusion."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from tallystick.jose.keys import jwk_of, public_key_of
from tests.administrator import Administrator
from tests.application import JWT_BEARER, Application
from tests.attacks.expect import accepted, refused, refused_for
from tests.forge import LEFT_OUT, Key, compact, good_claims

ALGS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"]


@pytest.mark.parametrize("alg", ALGS)
def test_every_algorithm_of_the_table_authenticates(admin: Administrator, audience: str, alg: str) -> None:
    accepted(admin.key_application(alg, audience).by_assertion())


def test_eddsa_with_an_ed25519_key_is_the_same_algorithm(admin: Administrator, audience: str) -> None:
    application = admin.key_application("Ed25519", audience)
    accepted(
        application.by_assertion(
            application.key.assertion(application.client_id, application.server.issuer, {"alg": "EdDSA"})
        )
    )


@pytest.fixture(scope="module")
def rsa(admin: Administrator, audience: str) -> Application:
    """An application registered for PS256."""
    return admin.key_application("PS256", audience)


@pytest.mark.parametrize("form", ["pem", "der", "jwk"])
@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_a6_hmac_with_the_public_key(admin: Administrator, rsa: Application, alg: str, form: str) -> None:
    public = public_key_of(rsa.key.private.public_key())
    pem = rsa.key.public_pem.encode()
    shared = {"pem": pem, "der": b"".join(pem.splitlines()[1:-1]), "jwk": json.dumps(jwk_of(public)).encode()}[form]
    digest = getattr(hashlib, "sha" + alg[2:])
    claims = good_claims(rsa.client_id, rsa.server.issuer)
    forged = compact({"alg": alg}, claims, lambda signing_input: hmac.digest(shared, signing_input, digest))
    refused_for(admin, rsa.by_assertion(forged), "jwt.alg")


@pytest.mark.parametrize(
    "alg", ["none", "None", "nOnE", "NONE", "", " ", "ES256 ", "es256", None, 5, ["ES256"], "x" * 17]
)
@pytest.mark.parametrize("signature", [b"", b"\x00" * 64])
def test_a6_none_and_names_that_look_like_algorithms(keyed: Application, alg: Any, signature: bytes) -> None:
    claims = good_claims(keyed.client_id, keyed.server.issuer)
    refused(keyed.by_assertion(compact({"alg": alg}, claims, lambda _: signature)))


def test_a6_alg_missing(keyed: Application) -> None:
    refused(keyed.by_assertion(keyed.key.jwt(good_claims(keyed.client_id, keyed.server.issuer), alg=LEFT_OUT)))


@pytest.mark.parametrize("alg", ["RS256", "RS384", "PS384", "RS512", "PS512"])
def test_a6_the_algorithm_is_the_registered_one(admin: Administrator, rsa: Application, alg: str) -> None:
    same_key = Key(alg, private=rsa.key.private)
    refused_for(admin, rsa.by_assertion(same_key.assertion(rsa.client_id, rsa.server.issuer)), "private_key_jwt.key")


@pytest.mark.parametrize("alg", ["ES384", "RS256", "Ed25519"])
def test_a6_alg_of_another_key_type(keyed: Application, alg: str) -> None:
    claims = good_claims(keyed.client_id, keyed.server.issuer)
    refused(keyed.by_assertion(compact({"alg": alg}, claims, keyed.key.sign)))


@pytest.mark.parametrize("signature", [b"\x00" * 64, b"", b"\x00" * 63, b"\x00" * 65, b"\xff" * 64])
def test_a6_empty_and_zero_signatures(keyed: Application, signature: bytes) -> None:
    claims = good_claims(keyed.client_id, keyed.server.issuer)
    refused(keyed.by_assertion(compact({"alg": "ES256"}, claims, lambda _: signature)))


@pytest.mark.parametrize("alg", ["RS256", "ES384", "RS512"])
def test_a6_fapi2_refuses_what_the_profile_does_not_list(admin: Administrator, fapi2: Application, alg: str) -> None:
    answer = fapi2.by_assertion(Key(alg).assertion(fapi2.client_id, fapi2.server.issuer))
    refused_for(admin, answer, "private_key_jwt.alg")


SMUGGLED = ["jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256"]


@pytest.mark.parametrize("name", SMUGGLED)
def test_a7_keys_in_the_header_are_ignored(keyed: Application, name: str) -> None:
    thief = Key("ES256")
    values = {"jwk": jwk_of(public_key_of(thief.private.public_key())), "x5c": ["AAAA"]}
    header = {name: values.get(name, "https://victim.example/keys")}
    refused(keyed.by_assertion(thief.assertion(keyed.client_id, keyed.server.issuer, header)))
    # Beside a good signature it changes nothing.
    accepted(keyed.by_assertion(keyed.key.assertion(keyed.client_id, keyed.server.issuer, header)))


@pytest.mark.parametrize(
    "kid", ["../../../../dev/null", "' OR '1'='1", "https://victim.example/k", "", "x" * 300, "\u0000", None, 5, ["a"]]
)
def test_a7_kid_only_picks_among_registered_keys(keyed: Application, kid: Any) -> None:
    refused(keyed.by_assertion(keyed.key.assertion(keyed.client_id, keyed.server.issuer, {"kid": kid})))


def test_a7_kid_of_another_client(admin: Administrator, keyed: Application, audience: str) -> None:
    stranger = admin.key_application("ES256", audience)
    kid = admin.ask("GET", f"clients/{stranger.client_id}/credentials/{stranger.credential_id}")["kid"]
    refused_for(
        admin,
        keyed.by_assertion(stranger.key.assertion(keyed.client_id, keyed.server.issuer, {"kid": kid})),
        "private_key_jwt.key",
    )


def test_a7_kid_picks_the_right_one_of_two(admin: Administrator, keyed: Application) -> None:
    kid = admin.ask("GET", f"clients/{keyed.client_id}/credentials/{keyed.credential_id}")["kid"]
    accepted(keyed.by_assertion(keyed.key.assertion(keyed.client_id, keyed.server.issuer, {"kid": kid})))


def test_a9_a_key_client_is_not_let_in_by_its_old_secret(admin: Administrator, audience: str) -> None:
    application = admin.application(audience)
    key = application.new_key()
    credential = admin.credential(application.client_id, credential_type="public_key", pem=key.public_pem, alg="ES256")
    admin.use(application.client_id, "private_key_jwt", credential["id"])
    refused_for(admin, application.by_secret(), "client.method_is_private_key_jwt")
    refused(application.post(application.form(), auth=(application.client_id, application.secret)))
    refused_for(
        admin, application.post(application.form(client_id=application.client_id)), "client.method_is_private_key_jwt"
    )


def test_a9_a_secret_client_is_not_let_in_by_an_assertion(admin: Administrator, secret: Application) -> None:
    assert secret.secret is not None
    claims = good_claims(secret.client_id, secret.server.issuer)
    shared = secret.secret.encode()
    hs256 = compact({"alg": "HS256"}, claims, lambda signing_input: hmac.digest(shared, signing_input, "sha256"))
    refused(secret.by_assertion(hs256))
    refused_for(
        admin,
        secret.by_assertion(Key("ES256").assertion(secret.client_id, secret.server.issuer)),
        "client.method_is_client_secret_post",
    )


def test_a9_an_unsigned_header_satisfies_nothing(keyed: Application) -> None:
    refused(keyed.post(keyed.form(client_assertion_type=JWT_BEARER, client_id=keyed.client_id)), "invalid_request")


def test_a11_two_methods_in_one_request(keyed: Application, secret: Application) -> None:
    assertion = keyed.good_assertion()
    both = {"client_assertion_type": JWT_BEARER, "client_assertion": assertion}
    refused(keyed.by_assertion(assertion, client_id=keyed.client_id, client_secret="x" * 40), "invalid_request")
    refused(keyed.post(keyed.form(**both), auth=(secret.client_id, secret.secret)), "invalid_request")
    refused(
        secret.post(
            secret.form(client_id=secret.client_id, client_secret=secret.secret), auth=(secret.client_id, secret.secret)
        ),
        "invalid_request",
    )
    accepted(keyed.by_assertion(assertion))  # nothing was consumed


@pytest.mark.parametrize("name", ["client_id", "client_secret", "grant_type", "audience", "client_assertion", "scope"])
def test_a11_duplicated_parameters(secret: Application, name: str) -> None:
    pairs = list(secret.form(client_id=secret.client_id, client_secret=secret.secret).items())
    value = dict(pairs).get(name, "x")
    content = "&".join(f"{key}={each}" for key, each in [*pairs, (name, value), (name, value)])
    refused(
        secret.post(content=content, headers={"Content-Type": "application/x-www-form-urlencoded"}), "invalid_request"
    )


def test_a11_credentials_in_the_query(secret: Application) -> None:
    query = {"client_id": secret.client_id, "client_secret": secret.secret}
    refused(secret.post(secret.form(), params=query), "invalid_request")


OTHER_TYPES = [
    "at+jwt",
    "dpop+jwt",
    "logout+jwt",
    "oauth-authz-req+jwt",
    "secevent+jwt",
    "JOSE",
    "application/at+jwt",
    "",
]


@pytest.mark.parametrize("typ", OTHER_TYPES)
def test_f45_other_kinds_of_jwt_are_not_assertions(admin: Administrator, keyed: Application, typ: str) -> None:
    refused_for(
        admin,
        keyed.by_assertion(keyed.key.assertion(keyed.client_id, keyed.server.issuer, {"typ": typ})),
        "private_key_jwt.typ",
    )


@pytest.mark.parametrize(
    "typ", [LEFT_OUT, "JWT", "jwt", "client-authentication+jwt", "application/client-authentication+jwt"]
)
def test_f45_the_kinds_that_are(keyed: Application, typ: Any) -> None:
    accepted(keyed.by_assertion(keyed.key.assertion(keyed.client_id, keyed.server.issuer, {"typ": typ})))


def test_f45_an_access_token_is_not_an_assertion_and_an_assertion_not_an_access_token(
    admin: Administrator, keyed: Application
) -> None:
    token = accepted(keyed.by_assertion())
    refused(keyed.by_assertion(token))
    for shown in (keyed.good_assertion(), token):
        answer = admin.http.get("api/v2/clients", headers={"Authorization": f"Bearer {shown}"})
        assert answer.status_code == 401, answer.text

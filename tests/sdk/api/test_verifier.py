"""Tokens that are JWTs: the honest one passes, whichever server wrote it, and none that differs in one point."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tallystick.jose import jwe
from tallystick.jose.jwk import SECRET_MEMBERS
from tallystick.jose.private_keys import generate_private_key, public_key_for
from tallystick.sdk.api import ApiRefused, Decryption, ProtectedResource, TokenVerifier
from tallystick.sdk.api.fetching import Answer, Ask
from tallystick.sdk.api.jwt_rules import CLAIM_RULES, HEADER_RULES, NOT_OF_ACCESS_TOKENS
from tests.forge import LEFT_OUT, Key, compact

from .issuer import API, BASE, ISSUER, JWKS, METADATA, NOW_MS, Issuer, asked, bearer, check_of

S = NOW_MS // 1000


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


def check(issuer: Issuer, token: str, **options: Any) -> str:
    resource = issuer.resource(**options)
    return check_of(lambda: asked(resource, bearer(token)))


def test_rfc9068_what_a_token_says(issuer: Issuer) -> None:
    token = asked(issuer.resource(), bearer(issuer.token(permissions=["refund"], aud=["x", API])))
    assert (token.subject, token.client_id, token.audiences) == ("user|1", "c1", ("x", API))
    assert sorted(token.scopes) == ["read:orders", "write:orders"]
    assert token.permissions == {"refund"}
    assert (token.expires_at_ms, token.confirmation) == (NOW_MS + 300_000, None)
    assert "user|1" in repr(token)
    assert "t-1" not in repr(token)


def test_other_servers_dialects(issuer: Issuer) -> None:
    resource = issuer.resource()
    auth0 = issuer.token({"typ": "JWT"}, client_id=LEFT_OUT, jti=LEFT_OUT, azp="c2", gty="client-credentials")
    assert asked(resource, bearer(auth0)).client_id == "c2"
    assert asked(resource, bearer(issuer.token({"typ": "application/at+jwt"}))).client_id == "c1"
    listed = issuer.token(scope=LEFT_OUT, scp=["read:orders"], sub=LEFT_OUT)
    assert asked(resource, bearer(listed)).scopes == {"read:orders"}
    words = issuer.token(scope=LEFT_OUT, scp="read:orders write:orders")
    assert sorted(asked(resource, bearer(words)).scopes) == ["read:orders", "write:orders"]
    assert asked(resource, bearer(issuer.token(scope="read:orders", scp=["admin"]))).scopes == {"read:orders"}
    for nothing in (LEFT_OUT, ""):
        assert asked(resource, bearer(issuer.token(scope=nothing))).scopes == set()
    assert asked(issuer.resource(types=["at+jwt", ""]), bearer(issuer.token({"typ": LEFT_OUT})))


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"iss": "https://as.example"}, "jwt.claim.iss"),
        ({"iss": "https://AS.example/"}, "jwt.claim.iss"),
        ({"iss": LEFT_OUT}, "jwt.claim.iss"),
        ({"aud": "https://orders.example.com"}, "jwt.claim.aud"),
        ({"aud": [API + "x", "https://ORDERS.example.com/"]}, "jwt.claim.aud"),
        ({"aud": []}, "jwt.claim.aud"),
        ({"aud": LEFT_OUT}, "jwt.claim.aud"),
        ({"aud": [API, 1]}, "jwt.claim.aud"),
        ({"exp": S}, "jwt.claim.exp"),
        ({"exp": LEFT_OUT}, "jwt.claim.exp"),
        ({"exp": str(S + 60)}, "jwt.claim.exp"),
        ({"nbf": S + 61}, "jwt.claim.nbf"),
        ({"iat": S + 61}, "jwt.claim.iat"),
        ({"iat": "now"}, "jwt.claim.iat"),
        ({"scope": ["read:orders"]}, "jwt.claim.scope"),
        ({"permissions": "refund"}, "jwt.claim.permissions"),
        ({"permissions": None}, "jwt.claim.permissions"),
        ({"permissions": ["refund", 1]}, "jwt.claim.permissions"),
        ({"sub": 7}, "jwt.claim.sub"),
        ({"auth_time": "long ago"}, "jwt.claim.auth_time"),
        ({"acr": ["mfa"]}, "jwt.claim.acr"),
        ({"jti": 1}, "jwt.claim.jti"),
        ({"client_id": LEFT_OUT}, "jwt.client"),
        ({"client_id": 7}, "jwt.claim.client_id"),
        ({"cnf": None}, "jwt.claim.cnf"),
        ({"cnf": "jkt"}, "jwt.claim.cnf"),
        ({"cnf": {}}, "possession.confirmation"),
        ({"cnf": {"kid": "k"}}, "possession.confirmation"),
        ({"cnf": {"jkt": "a", "x5t#S256": "b"}}, "possession.confirmation"),
    ],
)
def test_each_claim_counts(issuer: Issuer, claims: dict[str, Any], expected: str) -> None:
    assert check(issuer, issuer.token(**claims)) == expected


def test_clocks_may_differ_a_little(issuer: Issuer) -> None:
    assert asked(issuer.resource(), bearer(issuer.token(iat=S + 60, nbf=S + 60, exp=S + 61)))


@pytest.mark.parametrize(
    "typ",
    ["dpop+jwt", "logout+jwt", "oauth-authz-req+jwt", "statuslist+jwt", "token-introspection+jwt", "at", LEFT_OUT],
)
def test_f45_a_jwt_of_another_type_is_no_access_token(issuer: Issuer, typ: Any) -> None:
    assert check(issuer, issuer.token({"typ": typ})) == "jwt.typ"


@pytest.mark.parametrize("member", sorted(NOT_OF_ACCESS_TOKENS))
def test_f45_what_says_that_it_is_something_else_is_no_access_token(issuer: Issuer, member: str) -> None:
    assert check(issuer, issuer.token({"typ": "JWT"}, None, **{member: "x"})) == "jwt.kind"


def test_f45_an_id_token_for_an_application_by_the_apis_name_is_none(issuer: Issuer) -> None:
    for client in ({"client_id": LEFT_OUT}, {"client_id": LEFT_OUT, "azp": API}, {"client_id": API}):
        assert check(issuer, issuer.token({"typ": "JWT"}, None, **client)) == "jwt.client"
    # RFC 9068 3: without an API the audience is what the server makes of it; at+jwt is never an ID token.
    assert asked(issuer.resource(), bearer(issuer.token(client_id=API)))


@pytest.mark.parametrize("alg", ["none", "None", "HS256", "HS512", "ES256K", "", 1, None, LEFT_OUT])
def test_f46_an_unknown_algorithm_is_refused(issuer: Issuer, alg: Any) -> None:
    assert check(issuer, issuer.token({"alg": alg})) == "jwt.alg"


def test_only_algorithms_on_the_list(issuer: Issuer) -> None:
    assert check(issuer, issuer.token(), algorithms=["PS256", "EdDSA"]) == "jwt.alg"
    assert asked(issuer.resource(algorithms=["ES256"]), bearer(issuer.token()))
    with pytest.raises(ValueError, match="audience"):
        TokenVerifier("", issuer=ISSUER, fetch=issuer)
    for nothing in ([], ["HS256"], ["none"]):
        with pytest.raises(ValueError, match="algorithms"):
            TokenVerifier(API, issuer=ISSUER, fetch=issuer, algorithms=nothing)


def test_rfc8725_3_1_the_published_algorithm_is_the_keys(issuer: Issuer) -> None:
    key = Key("RS256", "r-1")
    issuer.published = [{**issuer.jwk(key), "alg": "PS256"}]
    assert check(issuer, issuer.token(key=key)) == "jwt.kid"
    issuer.published = [{name: value for name, value in issuer.jwk(key).items() if name != "alg"}]
    assert asked(issuer.resource(), bearer(issuer.token(key=key)))


def test_a_signature_of_another_key_is_refused(issuer: Issuer) -> None:
    assert check(issuer, issuer.token(key=Key("ES256", "k-1"))) == "jwt.signature"
    head, _, tail = issuer.token().rpartition(".")
    assert check(issuer, f"{head}.{'A' * len(tail)}") == "jwt.signature"
    unsigned = compact({"alg": "ES256", "typ": "at+jwt", "kid": "k-1"}, issuer.claims(), lambda _: b"")
    assert check(issuer, unsigned) == "jwt.signature"


def test_the_header_brings_no_key_of_its_own(issuer: Issuer) -> None:
    own = Key("ES256", "own")
    jwk = issuer.jwk(own)
    token = issuer.token({"jwk": jwk, "jku": "https://evil.example/jwks", "kid": "k-1"}, key=own)
    assert check(issuer, token) == "jwt.signature"
    assert set(issuer.asked) == {METADATA, JWKS}
    assert check(issuer, issuer.token({"crit": ["exp"]})) == "jwt.crit"


@pytest.mark.parametrize("token", ["a", "a.b", "ey.ey.ey", "eyJ9.e30.AA", "x" * 17_000])
def test_what_is_no_token_is_refused(issuer: Issuer, token: str) -> None:
    assert check(issuer, token).startswith(("jwt.", "token."))
    assert issuer.asked == []


def test_keys_that_cannot_serve_are_passed_over(issuer: Issuer) -> None:
    spoiled: list[Any] = [
        "x",
        {**issuer.jwk(issuer.key), "use": "enc"},
        {**issuer.jwk(issuer.key), "alg": "HS256"},
        {"kty": "oct", "k": "AAAA", "kid": "k-1"},
        {**issuer.jwk(issuer.key), next(iter(SECRET_MEMBERS)): "AA"},
        {"kty": "OKP", "crv": "X25519", "x": "AA"},
    ]
    good = issuer.published
    issuer.published = [*spoiled, *good]
    assert asked(issuer.resource(), bearer(issuer.token()))
    issuer.published = spoiled
    assert check(issuer, issuer.token()) == "jwt.kid"


def test_without_a_kid_one_key_must_fit(issuer: Issuer) -> None:
    token = issuer.token({"kid": LEFT_OUT})
    assert asked(issuer.resource(), bearer(token))
    issuer.published = [issuer.jwk(issuer.key), issuer.jwk(Key("ES256", "k-2"))]
    assert check(issuer, token) == "jwt.kid"


def test_encrypted_tokens_are_opened_with_the_apis_key_and_must_be_signed(issuer: Issuer) -> None:
    key = generate_private_key("ES256")
    options = {"decryption": Decryption(key, "ECDH-ES")}

    def sealed(content: bytes) -> str:
        return jwe.encrypt(content, public_key_for(key), alg="ECDH-ES", enc="A256GCM", kid=None)

    token = sealed(issuer.token().encode())
    assert asked(issuer.resource(**options), bearer(token)).client_id == "c1"
    assert check(issuer, token) == "token.encrypted"
    assert check(issuer, sealed(b'{"iss":"https://as.example/"}'), **options) == "token.unsigned"
    assert check(issuer, sealed(sealed(issuer.token().encode()).encode()), **options) == "token.unsigned"


def test_every_rule_names_its_clause() -> None:
    for rule in (*HEADER_RULES, *CLAIM_RULES):
        assert rule.demands
        assert rule.clause.startswith("RFC ")


@pytest.mark.parametrize(
    "wrong",
    [
        {"introspects_jwts": True},
        {"types": []},
        {"issuer": ""},
        {"issuer": "", "jwks_uri": JWKS},
        {"issuer": "as.example"},
        {"issuer": "http://as.example/"},
        {"base_url": "orders.example.com"},
        {"base_url": "ftp://orders.example.com"},
        {"base_url": "https:///orders"},
        {"base_url": []},
        {"base_url": f"{BASE}?x"},
        {"base_url": f"{BASE}#x"},
        {"required_bindings": ["jkt"]},
        {"proof_algs": ["RS256"]},
        {"proof_algs": []},
    ],
)
def test_settings_that_make_no_sense_are_refused_at_once(issuer: Issuer, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        issuer.resource(**wrong)


def test_an_issuer_that_is_no_url_needs_its_keys_named(issuer: Issuer) -> None:
    api = issuer.resource(issuer="accounts.example", jwks_uri=JWKS)
    assert asked(api, bearer(issuer.token(iss="accounts.example"))).client_id == "c1"


@pytest.mark.parametrize("claim", ["iss", "aud"])
def test_the_log_hears_what_came_in_place_of_what_was_expected(issuer: Issuer, claim: str) -> None:
    wrong: dict[str, Any] = {claim: "https://other.example" + "x" * 400}
    with pytest.raises(ApiRefused) as refused:
        asked(issuer.resource(), bearer(issuer.token(**wrong)))
    assert refused.value.evidence["expected"] in (ISSUER, API)
    assert refused.value.evidence["came"].startswith("https://other.examplexx")
    assert len(refused.value.evidence["came"]) == 200


def test_a_verifier_of_ones_own_is_for_the_same_api_and_issuer(issuer: Issuer) -> None:
    def verifier(audience: str) -> TokenVerifier:
        return TokenVerifier(audience, issuer=ISSUER, fetch=issuer, algorithms=["PS256"], clock=issuer.clock.now_ms)

    api = ProtectedResource(API, base_url=BASE, verifier=verifier(API))
    assert check_of(lambda: asked(api, bearer(issuer.token()))) == "jwt.alg"
    for audience, named in (("https://other.example/", ISSUER), (API, "https://other.example/")):
        with pytest.raises(ValueError, match="another"):
            ProtectedResource(API, issuer=named, base_url=BASE, verifier=verifier(audience))


def test_a_verifier_alone_serves_too(issuer: Issuer) -> None:
    verifier = TokenVerifier(API, issuer=ISSUER, fetch=issuer, clock=issuer.clock.now_ms)
    assert asyncio.run(verifier.verify(issuer.token())).client_id == "c1"


@pytest.mark.parametrize("cnf", [{"jkt": "x"}, {"x5t#S256": "x"}, {}, {"kid": "x"}])
def test_a_verifier_alone_takes_no_token_whose_proof_it_cannot_see(issuer: Issuer, cnf: dict[str, str]) -> None:
    verifier = TokenVerifier(API, issuer=ISSUER, fetch=issuer, clock=issuer.clock.now_ms)
    token = issuer.token(cnf=cnf)
    assert check_of(lambda: asyncio.run(verifier.verify(token))) == "possession.not_asked"
    assert asyncio.run(verifier.verify_without_possession(token)).confirmation == cnf


def test_types_are_compared_as_media_types(issuer: Issuer) -> None:
    for name in ("JWT", "application/jwt"):
        assert asked(issuer.resource(types=[name]), bearer(issuer.token({"typ": "jwt"})))
    with pytest.raises(ValueError, match="types"):
        issuer.resource(types="at+jwt")


def test_a_token_that_ends_while_keys_are_fetched_is_over(issuer: Issuer) -> None:
    async def slowly(ask: Ask) -> Answer:
        issuer.clock.advance(200)
        return await issuer(ask)

    assert check(issuer, issuer.token(exp=S + 300), fetch=slowly) == "jwt.claim.exp"
    assert asked(issuer.resource(fetch=slowly), bearer(issuer.token(exp=issuer.now_s() + 500)))

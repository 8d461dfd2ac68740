"""OpenID Connect Core 3.1.3.7, point by point: what holds is believed, and nothing that differs in one point."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from typing import Any

import httpx
import msgspec
import pytest

from tallystick.jose import jwe
from tallystick.jose.private_keys import generate_private_key, public_key_for
from tallystick.jose.refusals import JwtRefused
from tallystick.jose.signer import Signer
from tallystick.sdk.adapters.httpx import perform
from tallystick.sdk.application import Application
from tallystick.sdk.exchange import Answer
from tallystick.sdk.id_tokens import LEEWAY_MS, Expected, id_token_claims
from tallystick.sdk.keys import public_jwk
from tallystick.sdk.methods import ClientSecretBasic
from tallystick.sdk.server_keys import Decryption, key_set
from tallystick.sdk.tokens import Tokens, read_tokens
from tests.sdk.fake_server import Fake, said

NOW_MS = 1_700_000_000_000
NOW_S = NOW_MS // 1000
ISSUER = "https://as.example"
KEYS: dict[str, Any] = {alg: generate_private_key(alg) for alg in ("ES256", "ES384", "Ed25519", "RS256")}
JWKS = [dict(public_jwk(public_key_for(key), alg, alg)) for alg, key in KEYS.items()]
GOOD = {"iss": ISSUER, "sub": "u", "aud": "c1", "exp": NOW_S + 60, "iat": NOW_S, "nonce": "n"}


def signed(claims: dict[str, Any], alg: str = "ES256", key: Any = None, kid: str | None = "") -> str:
    signer = Signer(alg if kid == "" else kid, alg, key or KEYS[alg])
    return signer.sign(msgspec.json.encode(claims))


def read(claims: dict[str, Any], jwks: list[dict[str, Any]] = JWKS, **more: Any) -> dict[str, Any]:
    how = {name: more.pop(name) for name in ("alg", "key", "kid") if name in more}
    expected = Expected(**{"issuer": ISSUER, "client_id": "c1", "nonce": "n", "now_ms": NOW_MS, **more})
    present = {name: value for name, value in {**GOOD, **claims}.items() if value is not ...}
    return id_token_claims(signed(present, **how), key_set(jwks), expected)


def half(hash_name: str, text: str) -> str:
    digest = hashlib.new(hash_name, text.encode()).digest()
    return urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


BOTH = ["c1", "other"]
SIGN_IN = {"sub": "u", "auth_time": NOW_S - 900, "nonce": "n"}


@pytest.mark.parametrize(
    ("claims", "more"),
    [
        ({}, {}),
        ({"aud": ["c1"]}, {}),
        ({"aud": BOTH}, {"trusted_audiences": ["other"]}),
        ({"aud": BOTH, "azp": "c1"}, {"trusted_audiences": {"other", "third"}}),
        ({"azp": "c1"}, {}),
        ({"nonce": "whatever"}, {"nonce": None}),
        ({"exp": (NOW_MS - LEEWAY_MS) // 1000 + 1}, {}),
        ({"nbf": (NOW_MS + LEEWAY_MS) // 1000}, {}),
        ({"auth_time": NOW_S - 60}, {"max_age_s": 60}),
        ({"auth_time": (NOW_MS - LEEWAY_MS) // 1000 - 60}, {"max_age_s": 60}),
        ({"acr": "loa2"}, {"acr_values": ("loa2", "loa3")}),
        ({"acr": "loa1"}, {}),
        ({}, {"kid": None}),
        ({}, {"alg": "RS256", "algorithms": {"RS256"}}),
        ({"at_hash": half("sha256", "at"), "c_hash": half("sha256", "c"), "s_hash": half("sha256", "s")}, {}),
        ({"at_hash": half("sha384", "at"), "c_hash": half("sha384", "c")}, {"alg": "ES384"}),
        ({"at_hash": half("sha512", "at")}, {"alg": "Ed25519"}),
        ({"at_hash": half("sha256", "at")}, {"alg": "RS256"}),
        ({"nonce": ..., "auth_time": NOW_S - 900}, {"nonce": None, "signed_in": SIGN_IN}),
        ({"nonce": "n"}, {"nonce": None, "signed_in": SIGN_IN}),
    ],
)
def test_oidcc_core_3_1_3_7_an_id_token_for_us_is_believed(claims: dict[str, Any], more: dict[str, Any]) -> None:
    assert read(claims, **{"access_token": "at", "code": "c", "state": "s", **more})["sub"] == "u"


STRANGER = generate_private_key("ES256")
REFUSED: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("2", {"iss": "https://as.example/"}, {}, "jwt.claim.iss"),
    ("2", {"iss": ...}, {}, "jwt.claim.iss"),
    ("3", {"aud": "c2"}, {}, "jwt.claim.aud"),
    ("3", {"aud": []}, {}, "jwt.claim.aud"),
    ("3", {"aud": ...}, {}, "jwt.claim.aud"),
    ("3, others whom nobody trusts", {"aud": BOTH}, {}, "jwt.claim.aud"),
    ("3, azp is no trust", {"aud": BOTH, "azp": "c1"}, {}, "jwt.claim.aud"),
    ("3, trusted alone", {"aud": ["other"]}, {"trusted_audiences": ["other"]}, "jwt.claim.aud"),
    ("5", {"azp": "other"}, {}, "jwt.claim.azp"),
    ("5", {"aud": BOTH, "azp": "other"}, {"trusted_audiences": ["other"]}, "jwt.claim.azp"),
    ("6, another's key", {}, {"key": STRANGER}, "jwt.signature"),
    ("6, no such key", {}, {"kid": "k2"}, "jwt.kid"),
    ("6, two that it may be", {}, {"kid": None, "jwks": [*JWKS, {**JWKS[0], "kid": "k2"}]}, "jwt.kid"),
    ("6, no key", {}, {"jwks": []}, "jwt.kid"),
    ("6, a key to encrypt to", {}, {"jwks": [{**JWKS[0], "use": "enc"}]}, "jwt.kid"),
    ("6, a key for something else", {}, {"jwks": [{**JWKS[0], "alg": "ES384"}]}, "jwt.kid"),
    ("7", {}, {"algorithms": {"RS256"}}, "jwt.alg"),
    ("9", {"exp": (NOW_MS - LEEWAY_MS) // 1000}, {}, "jwt.claim.exp"),
    ("9", {"exp": "later"}, {}, "jwt.claim.exp"),
    ("9", {"exp": ...}, {}, "jwt.claim.exp"),
    ("9", {"nbf": (NOW_MS + LEEWAY_MS) // 1000 + 1}, {}, "jwt.claim.nbf"),
    ("10", {"iat": ...}, {}, "jwt.claim.iat"),
    ("10", {"iat": "now"}, {}, "jwt.claim.iat"),
    ("11", {"nonce": "m"}, {}, "jwt.claim.nonce"),
    ("11", {"nonce": ...}, {}, "jwt.claim.nonce"),
    ("11, not by its absence", {"nonce": ...}, {"nonce": "None"}, "jwt.claim.nonce"),
    ("12", {}, {"acr_values": ("loa2",)}, "jwt.claim.acr"),
    ("12", {"acr": "loa1"}, {"acr_values": ("loa2", "loa3")}, "jwt.claim.acr"),
    ("13", {"auth_time": NOW_S - 91}, {"max_age_s": 60}, "jwt.claim.auth_time"),
    ("13", {}, {"max_age_s": 60}, "jwt.claim.auth_time"),
    ("13, at once", {"auth_time": NOW_S - 31}, {"max_age_s": 0}, "jwt.claim.auth_time"),
    ("2, a subject", {"sub": ...}, {}, "jwt.claim.sub"),
    ("2, a subject", {"sub": ""}, {}, "jwt.claim.sub"),
    ("3.1.3.8", {"at_hash": half("sha256", "another")}, {}, "jwt.claim.at_hash"),
    ("3.1.3.8, all of the hash", {"at_hash": hashlib.sha256(b"at").hexdigest()}, {}, "jwt.claim.at_hash"),
    ("3.1.3.8, by its algorithm", {"at_hash": half("sha256", "at")}, {"alg": "ES384"}, "jwt.claim.at_hash"),
    ("3.1.3.8, by its algorithm", {"at_hash": half("sha256", "at")}, {"alg": "Ed25519"}, "jwt.claim.at_hash"),
    ("3.1.3.8, no text", {"at_hash": 7}, {}, "jwt.claim.at_hash"),
    ("3.3.2.11", {"c_hash": half("sha256", "another")}, {}, "jwt.claim.c_hash"),
    ("FAPI 1 5.2.3", {"s_hash": half("sha256", "another")}, {}, "jwt.claim.s_hash"),
    ("12.2", {}, {"nonce": None, "signed_in": {**SIGN_IN, "sub": "v"}}, "jwt.claim.sub"),
    ("12.2", {"nonce": "m"}, {"nonce": None, "signed_in": SIGN_IN}, "jwt.claim.nonce"),
    ("12.2", {"auth_time": NOW_S}, {"nonce": None, "signed_in": SIGN_IN}, "jwt.claim.auth_time"),
]


@pytest.mark.parametrize(("point", "claims", "more", "check"), REFUSED)
def test_oidcc_core_3_1_3_7_any_other_id_token_is_refused(
    point: str, claims: dict[str, Any], more: dict[str, Any], check: str
) -> None:
    with pytest.raises(JwtRefused) as refused:
        read(claims, **{"access_token": "at", "code": "c", "state": "s", **more})
    assert refused.value.check == check, point


def unsafe(header: dict[str, str], secret: bytes) -> str:
    """What `jose` does not make: unsigned, or signed with a secret."""
    parts = [urlsafe_b64encode(msgspec.json.encode(part)).rstrip(b"=").decode() for part in (header, GOOD)]
    mac = hmac.digest(secret, ".".join(parts).encode(), "sha256") if secret else b""
    return ".".join([*parts, urlsafe_b64encode(mac).rstrip(b"=").decode()])


@pytest.mark.parametrize(
    ("header", "secret"),
    [
        ({"alg": "none"}, b""),
        ({"alg": "HS256"}, b"the client's secret"),
        ({"alg": "HS256", "kid": "RS256"}, msgspec.json.encode(JWKS[-1])),
    ],
)
def test_8_neither_unsigned_nor_by_a_secret_that_both_know(header: dict[str, str], secret: bytes) -> None:
    expected = Expected(issuer=ISSUER, client_id="c1", nonce="n", now_ms=NOW_MS)
    with pytest.raises(JwtRefused) as refused:
        id_token_claims(unsafe(header, secret), key_set(JWKS), expected)
    assert refused.value.check == "jwt.alg"


def test_a_key_that_nobody_here_can_use_does_not_stand_in_the_way_of_the_others() -> None:
    odd: list[Any] = [
        {"kty": "OKP", "crv": "Ed448", "x": "AA", "kid": "odd"},
        {**JWKS[0], "kid": "bad", "x": "AA"},
        "no key",
    ]
    assert read({}, [*odd, *JWKS])["sub"] == "u"
    with pytest.raises(JwtRefused):
        read({}, [*odd, *JWKS], kid="bad")


def tokens_with(id_token: str) -> Tokens:
    members = {"access_token": "at", "token_type": "Bearer", "id_token": id_token}
    return read_tokens(Answer(200, {}, msgspec.json.encode(members)), NOW_MS, bound_to_key=False)


def refreshed(tokens: Tokens, signed_in: dict[str, Any] | None = None, **settings: Any) -> Tokens:
    fake = Fake()
    fake.metadata = lambda: Fake.metadata(fake) | {"jwks_uri": f"{ISSUER}/jwks"}  # type: ignore[method-assign]
    fake.pages["/jwks"] = lambda _: said(200, {"keys": JWKS})
    app = Application(ISSUER, "c1", ClientSecretBasic("good"), clock=lambda: NOW_MS, **settings)
    with httpx.Client(transport=fake.transport()) as http:
        return perform(http, app.with_claims(tokens, signed_in))


def test_1_who_had_id_tokens_encrypted_takes_no_plain_one() -> None:
    key = generate_private_key("ES256")
    plain = signed(GOOD)
    sealed = jwe.encrypt(plain.encode(), public_key_for(key), alg="ECDH-ES", enc="A256GCM", kid=None)
    unsigned = jwe.encrypt(msgspec.json.encode(GOOD), public_key_for(key), alg="ECDH-ES", enc="A256GCM", kid=None)
    decryption = Decryption(key, "ECDH-ES")
    assert refreshed(tokens_with(sealed), decryption=decryption).id_claims["sub"] == "u"
    for refused, known in ((plain, decryption), (unsigned, decryption), (sealed, None)):
        with pytest.raises(JwtRefused):
            refreshed(tokens_with(refused), decryption=known)


def test_12_2_a_refresh_does_not_make_somebody_else_of_who_signed_in() -> None:
    came = tokens_with(signed({**GOOD, "at_hash": half("sha256", "at")}))
    assert refreshed(came).id_claims["sub"] == "u"
    assert refreshed(came, {"sub": "u"}).id_claims["sub"] == "u"
    with pytest.raises(JwtRefused):
        refreshed(came, {"sub": "v"})
    with pytest.raises(JwtRefused):
        refreshed(tokens_with(signed({**GOOD, "at_hash": half("sha256", "another's")})))


def test_what_an_application_expects_of_its_server_holds_for_its_id_tokens() -> None:
    shared = tokens_with(signed({**GOOD, "aud": BOTH}))
    assert refreshed(shared, trusted_audiences=["other"]).id_claims["sub"] == "u"
    with pytest.raises(JwtRefused):
        refreshed(shared)
    with pytest.raises(JwtRefused):
        refreshed(shared, trusted_audiences=["other"], algorithms=["PS256", "EdDSA"])


@pytest.mark.parametrize("settings", [{"algorithms": []}, {"algorithms": ["HS256"]}, {"trusted_audiences": "other"}])
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="algorithms"):
        Application(ISSUER, "c1", ClientSecretBasic("good"), **settings)

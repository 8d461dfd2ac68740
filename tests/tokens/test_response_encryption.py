"""What an application wants encrypted comes signed and encrypted, or not at all (OpenID Connect Core 10.2)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tallystick.app.tokens import id_token_hints_of
from tallystick.tokens.recognised import InvalidToken
from tests.application import decoded
from tests.authorization.asking import asking, check_of
from tests.authorization.signed_answer import verified
from tests.inprocess import InProcess
from tests.recipient import Recipient, encrypted_to, recipient
from tests.tokens.allowed import Allowed, allowed


def encrypting(
    recipient: Recipient, *purposes: str, enc: str | None = None, kid: str = "mine-0123456789"
) -> dict[str, Any]:
    """Client fields that want these encrypted to the recipient."""
    credential = {"credential_type": "public_key", "pem": recipient.public_pem, "alg": recipient.alg, "kid": kid}
    fields: dict[str, Any] = {"response_encryption": {"credentials": [credential]}}
    fields |= {f"{purpose}_encrypted_response_alg": recipient.alg for purpose in purposes}
    return fields | ({f"{purpose}_encrypted_response_enc": enc for purpose in purposes} if enc else {})


def inner(house: InProcess, rp: Recipient, text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """JWE header, and the claims of the signed JWT within, verified with the published keys."""
    header, content = rp.opened(text)
    return header, verified(house, content).claims


@pytest.mark.parametrize(
    ("alg", "enc"),
    [("RSA-OAEP", None), ("RSA-OAEP-256", "A256GCM"), ("ECDH-ES", None), ("ECDH-ES+A256KW", "A256CBC-HS512")],
)
def test_an_id_token_is_signed_then_encrypted(house: InProcess, alg: str, enc: str | None) -> None:
    rp = recipient(alg)
    app = allowed(house, **encrypting(rp, "id_token", enc=enc))
    header, claims = inner(house, rp, app.tokens(nonce="n")["id_token"])
    # OpenID Connect Registration 2: A128CBC-HS256 unless another was registered. RFC 7519 5.2: cty JWT.
    named = {name: header[name] for name in header if name != "epk"}
    assert named == {"alg": alg, "enc": enc or "A128CBC-HS256", "kid": "mine-0123456789", "cty": "JWT"}
    assert (claims["aud"], claims["sub"], claims["nonce"]) == (app.client_id, app.user.user_id, "n")


def test_a_refreshed_id_token_is_encrypted_too(house: InProcess) -> None:
    rp = recipient()
    app = allowed(house, **encrypting(rp, "id_token"))
    first = app.tokens(["openid", "offline_access"])
    if "refresh_token" not in first:
        house.api("https://api.example/", allow_offline_access=True)
        first = app.tokens(["openid", "offline_access"], audience="https://api.example/")
    again = app.refresh(first["refresh_token"]).json()
    assert inner(house, rp, again["id_token"])[1]["sub"] == app.user.user_id


def test_tokens_through_the_browser_are_encrypted_too(house: InProcess) -> None:
    house.ask("PATCH", "tenants/settings", {"implicit_and_hybrid_supported": True})
    rp = recipient()
    grants = ["authorization_code", "implicit"]
    app = asking(house, grant_types=grants, **encrypting(rp, "id_token", "authorization"))
    answer = app.ask(response_type="code id_token", nonce="n").answer
    _, claims = inner(house, rp, answer["id_token"])
    assert claims["c_hash"]
    header, response = inner(house, rp, app.ask(response_mode="jwt").answer["response"])
    assert header["cty"] == "JWT"
    assert response["code"]
    # A refusal is as secret as an answer.
    refusal = app.ask(response_mode="jwt", scope="openid", prompt="none login").answer
    assert inner(house, rp, refusal["response"])[1]["error"] == "invalid_request"


def test_userinfo_is_signed_then_encrypted_where_both_are_asked_for(house: InProcess) -> None:
    rp = recipient()
    app = allowed(house, userinfo_signed_response_alg="ES256", **encrypting(rp, "userinfo", enc="A256GCM"))
    answer = app.userinfo(app.tokens()["access_token"])
    assert (answer.status, answer.headers["content-type"]) == (200, "application/jwt")
    header, claims = inner(house, rp, answer.text)
    assert header["cty"] == "JWT"
    assert (claims["iss"], claims["aud"], claims["name"]) == (house.issuer, app.client_id, "Jane Doe")


def test_userinfo_that_is_encrypted_alone_holds_the_plain_claims(house: InProcess) -> None:
    """Core 5.3.2: the response may be encrypted without being signed."""
    rp = recipient()
    app = allowed(house, **encrypting(rp, "userinfo"))
    answer = app.userinfo(app.tokens()["access_token"])
    assert answer.headers["content-type"] == "application/jwt"
    header, content = rp.opened(answer.text)
    assert "cty" not in header
    assert msgspec.json.decode(content)["name"] == "Jane Doe"


def test_each_is_encrypted_only_where_it_was_asked_for(house: InProcess) -> None:
    app = allowed(house, **encrypting(recipient(), "userinfo"))
    tokens = app.tokens()
    assert decoded(tokens["id_token"])[1]["sub"] == app.user.user_id
    assert decoded(tokens["access_token"])[1]["sub"] == app.user.user_id


def expired(house: InProcess, app: Allowed) -> None:
    """Its only key is over."""
    (credential,) = house.ask("GET", f"clients/{app.client_id}/credentials")[-1:]
    body = {"expires_at": house.later_iso(60)}
    house.ask("PATCH", f"clients/{app.client_id}/credentials/{credential['id']}", body)
    house.clock.advance(120)


def test_without_a_live_key_nothing_comes_in_the_clear(house: InProcess) -> None:
    app = allowed(house, **encrypting(recipient(), "id_token", "userinfo"))
    access_token = app.tokens()["access_token"]
    expired(house, app)
    refused = app.redeem(app.code())
    assert (refused.status, refused.json()["error"]) == (400, "unauthorized_client")
    assert "id_token" not in refused.text
    assert check_of(house) == "encryption.key"
    told = app.userinfo(access_token)
    assert (told.status, told.json()["error"]) == (400, "unauthorized_client")
    assert "Jane" not in told.text


def test_an_answer_that_cannot_be_encrypted_stays_with_the_person(house: InProcess) -> None:
    app = asking(house, **encrypting(recipient(), "authorization"))
    expired(house, Allowed(house=house, client=app.client, user=None, session=None))  # type: ignore[arg-type]
    stop = app.ask(response_mode="jwt")
    assert (stop.status, stop.location) == (400, "")
    assert "There is no key of this application" in stop.error


def test_the_newest_live_key_is_encrypted_to(house: InProcess) -> None:
    old, new = recipient(), recipient()
    app = allowed(house, **encrypting(old, "id_token", kid="old-0123456789"))
    more = {"credential_type": "public_key", "pem": new.public_pem, "alg": new.alg, "kid": "new-0123456789"}
    credentials = [
        {"id": row["id"]}
        for row in house.ask("GET", f"clients/{app.client_id}/credentials")
        if row["credential_type"] == "public_key"
    ]
    added = house.ask("POST", f"clients/{app.client_id}/credentials", more)
    house.ask(
        "PATCH",
        f"clients/{app.client_id}",
        {"response_encryption": {"credentials": [*credentials, {"id": added["id"]}]}},
    )
    header, _ = inner(house, new, app.tokens()["id_token"])
    assert header["kid"] == "new-0123456789"


def test_an_encrypted_id_token_comes_back_as_a_hint_signed_or_encrypted_to_us(house: InProcess) -> None:
    """Core 3.1.2.1: decrypted, or decrypted and encrypted to the server. As it is, nobody here can read it."""
    rp = recipient()
    app = allowed(house, **encrypting(rp, "id_token"))
    id_token = app.tokens()["id_token"]
    _, signed = rp.opened(id_token)
    hints = id_token_hints_of(house.worker)
    assert house.run(hints.read(house.tenant, signed)).client_id == app.client_id
    jwks = [jwk for jwk in house.request("GET", "/.well-known/jwks.json").json()["keys"] if jwk["use"] == "enc"]
    for jwk, alg in zip(jwks, ("RSA-OAEP-256", "ECDH-ES+A128KW"), strict=True):
        for header in ({"kid": jwk["kid"], "cty": "JWT"}, {}):
            hinted = house.run(hints.read(house.tenant, encrypted_to(jwk, alg, signed, **header)))
            assert (hinted.client_id, hinted.subject) == (app.client_id, app.user.user_id)
    assert hint_check(house, id_token) == "jwe.kid"


@pytest.mark.parametrize(
    ("content", "check"),
    [
        ("é", "id_token_hint.kind"),
        ('{"sub":"jane"}', "jwt.parts"),
        # attacks.md 33: encryption says nothing of who wrote it.
        ("eyJhbGciOiJub25lIn0.eyJzdWIiOiJqYW5lIn0.", "jwt.alg"),
    ],
)
def test_33_encrypted_does_not_mean_signed(house: InProcess, content: str, check: str) -> None:
    jwk = house.request("GET", "/.well-known/jwks.json").json()["keys"][-1]
    assert hint_check(house, encrypted_to(jwk, "ECDH-ES", content)) == check


def test_a_jwe_in_a_jwe_is_not_opened_further(house: InProcess) -> None:
    jwk = house.request("GET", "/.well-known/jwks.json").json()["keys"][-1]
    within = encrypted_to(jwk, "ECDH-ES", "x")
    assert hint_check(house, encrypted_to(jwk, "ECDH-ES", within)) == "jwt.parts"


def hint_check(house: InProcess, token: str) -> str:
    with pytest.raises(InvalidToken) as refused:
        house.run(id_token_hints_of(house.worker).read(house.tenant, token))
    return refused.value.check


def test_discovery_says_what_can_be_encrypted(house: InProcess) -> None:
    document = house.request("GET", "/.well-known/openid-configuration").json()
    for what in ("id_token", "userinfo", "authorization"):
        algs = document[f"{what}_encryption_alg_values_supported"]
        assert {"RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A256KW"} <= set(algs)
        assert not {"RSA1_5", "dir"} & set(algs)
        assert {"A128CBC-HS256", "A256GCM"} <= set(document[f"{what}_encryption_enc_values_supported"])

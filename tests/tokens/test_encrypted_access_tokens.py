"""Access tokens that only their API can read (auth0.md 3.7, 5.3): in every grant and dialect."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc import jwt
from joserfc.jwk import KeySet

from tallystick.apis import token_encryption
from tallystick.apis.token_encryption import ALGS, ENC
from tallystick.app.tokens import recogniser_of
from tallystick.jose import jwe
from tallystick.jose.keys import pem_of, public_key_of
from tallystick.jose.private_keys import private_key_to_pem
from tallystick.tokens.opaque_token import OpaqueToken
from tallystick.tokens.recognised import InvalidToken
from tests.application import decoded
from tests.authorization.asking import check_of
from tests.certificate_mill import certify
from tests.endpoints.introspecting import gateway
from tests.forge import Key, b64
from tests.inprocess import FORM, Answered, InProcess
from tests.recipient import Recipient, header_of, recipient
from tests.tokens.allowed import Allowed, allowed
from tests.tokens.status_reader import bits_of
from tests.vectors import vectors

API = "https://api.example/"
KID = "the API's key"
IN_A_FORM = {b"content-type": FORM}
ROCA = pem_of(public_key_of(rsa.RSAPublicNumbers(65537, int(vectors("weak_rsa_moduli")["roca"], 16)).public_key()))


def encryption_to(key: Recipient, **more: Any) -> dict[str, Any]:
    return {"format": "compact-nested-jwe", "encryption_key": {"alg": key.alg, "pem": key.public_pem, **more}}


def opened(house: InProcess, key: Recipient, token: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """JWE header, and header and claims of the JWS within, verified with the published key of its kid."""
    header = header_of(token)
    content = jwe.decrypt(jwe.parse(token, size_bytes_max=16_384), key.private, key.alg).decode()
    keys = KeySet.import_key_set(house.request("GET", "/.well-known/jwks.json").json())
    inner = jwt.decode(content, keys, algorithms=["RS256", "PS256", "ES256"])
    return header, inner.header, inner.claims


def own_token(house: InProcess, client: dict[str, Any], **form: Any) -> Answered:
    return house.token(client_id=client["client_id"], client_secret=client["client_secret"], audience=API, **form)


@pytest.mark.parametrize("alg", ALGS)
@pytest.mark.parametrize("dialect", ["access_token", "rfc9068_profile"])
def test_an_applications_own_token_is_signed_then_encrypted(house: InProcess, alg: str, dialect: str) -> None:
    key = recipient(alg)
    house.api(API, token_dialect=dialect, token_encryption=encryption_to(key, kid=KID))
    client = house.client(API)
    answer = own_token(house, client).json()
    assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("Bearer", 86_400, "read write")
    header, inner, claims = opened(house, key, answer["access_token"])
    named = {name: header[name] for name in header if name != "epk"}
    assert named == {"alg": alg, "enc": ENC, "kid": KID, "cty": "JWT"}
    assert inner["typ"] == {"access_token": "JWT", "rfc9068_profile": "at+jwt"}[dialect]
    assert (claims["aud"], claims["scope"]) == (API, "read write")


def test_joserfc_and_the_thumbprint_find_the_key(house: InProcess) -> None:
    key = recipient("RSA-OAEP-256")
    made = house.api(API, token_encryption=encryption_to(key, name="ours"))
    shown = {"alg": "RSA-OAEP-256", "name": "ours", "thumbprint_sha256": key.thumbprint}
    assert made["token_encryption"] == {"format": "compact-nested-jwe", "encryption_key": shown}
    assert house.ask("GET", f"resource-servers/{made['id']}")["token_encryption"]["encryption_key"] == shown
    header, content = key.opened(own_token(house, house.client(API)).json()["access_token"])
    assert "kid" not in header
    assert decoded(content)[1]["aud"] == API


def test_a_persons_tokens_are_encrypted_too_from_code_and_refresh(house: InProcess) -> None:
    key = recipient()
    house.api(API, allow_offline_access=True, token_encryption=encryption_to(key))
    app = allowed(house)
    first = app.tokens(["openid", "read", "offline_access"], audience=API)
    again = app.refresh(first["refresh_token"]).json()
    for tokens in (first, again):
        claims = opened(house, key, tokens["access_token"])[2]
        # Nobody but the API can read it, so /userinfo is no audience of it.
        assert (claims["aud"], claims["sub"]) == (API, app.user.user_id)
    assert app.userinfo(first["access_token"]).status == 401


def test_what_userinfo_cannot_tell_stands_in_the_id_token(house: InProcess) -> None:
    """Core 5.4: where no access token can fetch the claims, they are in the ID token."""
    app = allowed(house, is_first_party=False)
    house.api(API, token_encryption=encryption_to(recipient()))
    house.api("https://plain.example/")
    sealed = decoded(app.tokens(["openid", "email", "read"], audience=API)["id_token"])[1]
    plain = decoded(app.tokens(["openid", "email", "read"], audience="https://plain.example/")["id_token"])[1]
    assert "email" in sealed
    assert "email" not in plain


def test_the_hash_in_the_id_token_is_that_of_the_encrypted_token(house: InProcess) -> None:
    """Core 3.1.3.6: of what the application holds."""
    house.api(API, token_encryption=encryption_to(recipient()))
    tokens = allowed(house).tokens(["openid", "read"], audience=API)
    assert decoded(tokens["id_token"])[1]["at_hash"] == b64(sha256(tokens["access_token"].encode()).digest()[:16])


def test_revoking_an_encrypted_token_is_refused_and_its_refresh_token_takes_all_with_it(house: InProcess) -> None:
    house.api(API, allow_offline_access=True, token_encryption=encryption_to(recipient()))
    app = allowed(house)
    tokens = app.tokens(["openid", "read", "offline_access"], audience=API)
    answer = app.revoke(tokens["access_token"])
    assert (answer.status, answer.json()["error"]) == (400, "unsupported_token_type")
    assert check_of(house) == "revoke.encrypted"
    assert app.revoke(tokens["refresh_token"]).status == 200
    assert app.refresh(tokens["refresh_token"]).status == 400


def test_of_an_api_that_publishes_the_status_each_can_be_revoked(house: InProcess) -> None:
    """Nobody here can read them, so they are known by their hash, and their place by what is kept beside it."""
    key = recipient()
    house.api(API, allow_offline_access=True, token_status_list=True, token_encryption=encryption_to(key))
    app = allowed(house)
    own = Allowed(house=house, client=house.client(API), user=app.user, session=app.session)
    tokens = [own_token(house, own.client).json()["access_token"] for _ in range(2)]
    body = app.tokens(["openid", "read", "offline_access"], audience=API)

    def statuses() -> list[int]:
        house.clock.advance(1)
        places = [opened(house, key, one)[2]["status"]["status_list"] for one in (*tokens, body["access_token"])]
        return [bits_of(house, one["uri"])[one["idx"] // 8] >> (one["idx"] % 8) & 1 for one in places]

    assert statuses() == [0, 0, 0]
    assert app.revoke(tokens[0]).json()["error"] == "invalid_grant", "another application's"
    assert [own.revoke(tokens[0]).status for _ in range(2)] == [200, 200]
    assert app.revoke(body["access_token"]).status == 200
    assert statuses() == [1, 0, 1]
    assert app.refresh(body["refresh_token"]).status == 400
    assert own.revoke(tokens[1][:-1]).json()["error"] == "unsupported_token_type"
    kept = house.run(house.worker.storage.find(OpaqueToken, house.tenant.tenant_id))
    assert {name for row in kept for name in row.claims} == {"aud", "status", "jwt_hash"}, (
        "nothing of what is encrypted"
    )


def test_a_revoked_one_is_over_for_the_api_that_opened_it_and_asks(house: InProcess) -> None:
    """What the application revokes is the JWE, what the API shows at introspection the JWT within: one token."""
    key = recipient()
    house.api(API, token_status_list=True, token_encryption=encryption_to(key))
    client, api = house.client(API), gateway(house)
    sealed, other = (own_token(house, client).json()["access_token"] for _ in range(2))
    within, other_within = (key.opened(one)[1] for one in (sealed, other))
    assert api.told(within)["active"]
    proof = {name: client[name] for name in ("client_id", "client_secret")}
    assert (
        house.request("POST", "/oauth/revoke", urlencode({**proof, "token": sealed}).encode(), IN_A_FORM).status == 200
    )
    assert api.is_blind(within)
    assert api.told(other_within)["active"]


def test_a_kept_encrypted_token_is_no_token_to_anybody_else(house: InProcess) -> None:
    house.api(API, token_status_list=True, token_encryption=encryption_to(recipient()))
    token = own_token(house, house.client(API)).json()["access_token"]
    with pytest.raises(InvalidToken) as refused:
        house.run(recogniser_of(house.worker).recognise(house.tenant, token))
    assert refused.value.check == "jwt.parts"


def test_an_update_keeps_replaces_and_clears(house: InProcess) -> None:
    first, second = recipient(), recipient()
    path = f"resource-servers/{house.api(API, token_encryption=encryption_to(first, kid='one'))['id']}"
    client = house.client(API)
    # A member that is left out is kept; so is a key that is named by its thumbprint, as an export has it.
    house.ask("PATCH", path, {"token_lifetime": 60})
    exported = house.ask("GET", path)["token_encryption"]
    exported["encryption_key"]["kid"] = "two"
    assert house.ask("PATCH", path, {"token_encryption": exported})["token_encryption"] == exported
    assert opened(house, first, own_token(house, client).json()["access_token"])[0]["kid"] == "two"
    house.ask("PATCH", path, {"token_encryption": encryption_to(second)})
    header, _, claims = opened(house, second, own_token(house, client).json()["access_token"])
    assert ("kid" in header, claims["exp"] - claims["iat"]) == (False, 60)
    assert "token_encryption" not in house.ask("PATCH", path, {"token_encryption": None})
    assert decoded(own_token(house, client).json()["access_token"])[1]["aud"] == API


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pem": None}, "pem"),
        ({"pem": ...}, "pem"),
        ({"pem": "no key"}, "not a PEM block"),
        ({"pem": private_key_to_pem(recipient().private)}, "private key"),
        ({"pem": Key("Ed25519").public_pem}, "is not for"),
        ({"pem": recipient("RSA-OAEP-256").public_pem}, "is not for"),
        ({"pem": ROCA, "alg": "RSA-OAEP-256"}, "faulty chip"),
        ({"alg": "RSA1_5"}, "alg must be one of"),
        ({"alg": "RSA-OAEP"}, "alg must be one of"),
        ({"alg": "dir"}, "alg must be one of"),
        ({"alg": "RS256"}, "alg must be one of"),
        ({"alg": ...}, "alg"),
        ({"kid": ""}, "kid"),
        ({"kid": "k" * 129}, "kid"),
        ({"enc": "A128GCM"}, "enc"),
        ({"thumbprint_sha256": "other"}, "thumbprint_sha256"),
        ({"pem": ..., "thumbprint_sha256": "other"}, "pem"),
    ],
)
def test_a_key_that_would_not_do_is_refused(house: InProcess, change: dict[str, Any], words: str) -> None:
    value = encryption_to(recipient())
    key = {**value["encryption_key"], **change}
    value["encryption_key"] = {name: member for name, member in key.items() if member is not ...}
    answer = house.call("POST", "resource-servers", {"identifier": API, "token_encryption": value})
    assert answer.status == 400
    assert words in answer.json()["message"]


def test_a_thumbprint_names_only_the_key_that_is_there(house: InProcess) -> None:
    first, other = recipient(), recipient()
    path = f"resource-servers/{house.api(API, token_encryption=encryption_to(first))['id']}"
    key = {"alg": "ECDH-ES", "thumbprint_sha256": other.thumbprint}
    body = {"token_encryption": {"format": "compact-nested-jwe", "encryption_key": key}}
    assert house.call("PATCH", path, body).status == 400
    key |= {"thumbprint_sha256": first.thumbprint, "alg": "RSA-OAEP-256"}
    assert house.call("PATCH", path, body).status == 400


@pytest.mark.parametrize("value", [{"format": "jwe"}, {"format": "compact-nested-jwe"}, {}, [], "yes", False])
def test_other_forms_are_refused(house: InProcess, value: Any) -> None:
    assert house.call("POST", "resource-servers", {"identifier": API, "token_encryption": value}).status == 400


def test_the_management_api_reads_its_tokens_itself(house: InProcess) -> None:
    """Encrypted to somebody else nobody could administer any more."""
    audience = house.bootstrap["management"]["audience"]
    (system,) = (api for api in house.ask("GET", "resource-servers") if api["identifier"] == audience)
    answer = house.call("PATCH", f"resource-servers/{system['id']}", {"token_encryption": encryption_to(recipient())})
    assert (answer.status, answer.json()["errorCode"]) == (403, "operation_not_supported")


def test_a_key_is_read_once_and_not_per_token(house: InProcess) -> None:
    house.api(API, token_encryption=encryption_to(recipient()))
    client = house.client(API)
    own_token(house, client)
    with patch.object(token_encryption, "public_key_from_pem", side_effect=AssertionError("read again")):
        assert own_token(house, client).status == 200


def test_a_bound_token_says_so_inside(house: InProcess) -> None:
    key = recipient()
    house.api(API, proof_of_possession={"mechanism": "mtls", "required": True}, token_encryption=encryption_to(key))
    certificate = certify("client").certificate.public_bytes(Encoding.DER)
    client = house.client(API)
    credentials = {name: client[name] for name in ("client_id", "client_secret")}
    token = house.token((certificate,), audience=API, **credentials).json()["access_token"]
    assert "x5t#S256" in opened(house, key, token)[2]["cnf"]

"""``/keys/signing`` through the door (auth0.md 4.7); each algorithm has its own previous, current and next key."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import load_pem_pkcs7_certificates

from tallystick.management.routes import Resource
from tallystick.management.signing_keys import SigningKeyResource
from tallystick.records import Json, Writer
from tallystick.sealing import Sealer
from tallystick.signing.key import SigningKey
from tallystick.signing.make import SIGNING_ALGS, missing_keys
from tallystick.signing.registry import SigningKeys
from tests.certs import NOW_MS
from tests.memory import MemoryRecords

from .conftest import OTHER_TENANT, TENANT, Api, Management

PATH = "/keys/signing"
SEALER = Sealer(bytes(32), "signing-key")


def resources(_records: MemoryRecords, writer: Writer) -> Sequence[Resource]:
    return (SigningKeyResource(SigningKeys(writer, SEALER)),)


@pytest.fixture(scope="module")
def keys() -> list[SigningKey]:
    return asyncio.run(missing_keys(SEALER, TENANT, (), NOW_MS))


@pytest.fixture
def management(keys: list[SigningKey]) -> Management:
    made = Management(resources)
    for key in keys:
        made.records._save(key)
    return made


def states(api: Api, alg: str) -> dict[str, str]:
    listed: list[Json] = api("GET", PATH, expect=200)
    return {
        key["kid"]: next(state for state in ("current", "next", "previous") if key[state])
        for key in listed
        if key["alg"] == alg
    }


def kid_of(api: Api, alg: str, state: str) -> str:
    return next(kid for kid, is_in in states(api, alg).items() if is_in == state)


def test_the_list_has_current_and_next_of_every_algorithm(api: Api) -> None:
    listed = api("GET", PATH, expect=200)
    assert {(key["alg"], key["current"], key["next"], key["previous"]) for key in listed} == {
        (alg, current, not current, False) for alg in SIGNING_ALGS for current in (True, False)
    }


def test_a_key_has_the_documented_members(api: Api) -> None:
    key = api("GET", f"{PATH}/{kid_of(api, 'RS256', 'current')}", expect=200)
    assert set(key) == {
        "kid",
        "alg",
        "use",
        "cert",
        "pkcs7",
        "current",
        "next",
        "previous",
        "current_since",
        "fingerprint",
        "thumbprint",
        "revoked",
    }
    certificate = x509.load_pem_x509_certificate(key["cert"].encode())
    sha1 = hashlib.sha1(certificate.public_bytes(Encoding.DER)).hexdigest().upper()
    assert key["thumbprint"] == key["fingerprint"].replace(":", "") == sha1
    assert load_pem_pkcs7_certificates(key["pkcs7"].encode()) == [certificate]
    assert key["current_since"].endswith("Z")
    assert key["revoked"] is False


def test_no_answer_holds_a_private_half(api: Api, keys: list[SigningKey]) -> None:
    text = api("GET", PATH).text
    assert "PRIVATE" not in text
    assert all(key.private_key_sealed.hex() not in text for key in keys)


def test_rotating_answers_201_with_the_next_key_of_rs256(api: Api) -> None:
    current, next_ = kid_of(api, "RS256", "current"), kid_of(api, "RS256", "next")
    others = {alg: states(api, alg) for alg in SIGNING_ALGS[1:]}
    answer = api("POST", f"{PATH}/rotate", expect=201)
    assert set(answer) == {"kid", "use", "cert", "alg"}
    assert states(api, "RS256") == {current: "previous", next_: "current", answer["kid"]: "next"}
    assert {alg: states(api, alg) for alg in SIGNING_ALGS[1:]} == others
    old = api("GET", f"{PATH}/{current}", expect=200)
    assert {"current_since", "current_until"} <= old.keys()


@pytest.mark.parametrize(("alg", "named"), [("PS256", "PS256"), ("ES256", "ES256"), ("Ed25519", "EdDSA")])
def test_rotating_takes_an_algorithm(api: Api, alg: str, named: str) -> None:
    current = kid_of(api, alg, "current")
    assert api("POST", f"{PATH}/rotate", {"alg": named}, expect=201)["alg"] == alg
    assert states(api, alg)[current] == "previous"


@pytest.mark.parametrize("body", [{"alg": "HS256"}, {"alg": None}, {"alg": 1}, {"alg": ""}, {"kid": "x"}])
def test_rotating_refuses_what_it_does_not_know(api: Api, body: Json) -> None:
    before = api("GET", PATH, expect=200)
    assert api("POST", f"{PATH}/rotate", body, expect=400)["errorCode"] == "invalid_body"
    assert api("GET", PATH, expect=200) == before


def test_only_a_previous_key_is_revoked_and_stays_listed(api: Api) -> None:
    kid = kid_of(api, "ES256", "current")
    refusal = api("PUT", f"{PATH}/{kid}/revoke", expect=400)
    assert "The current signing key cannot be revoked" in refusal["message"]
    api("PUT", f"{PATH}/{kid_of(api, 'ES256', 'next')}/revoke", expect=400)
    api("POST", f"{PATH}/rotate", {"alg": "ES256"}, expect=201)
    answer = api("PUT", f"{PATH}/{kid}/revoke", expect=200)
    assert (set(answer), answer["kid"]) == ({"kid", "use", "cert", "alg"}, kid)
    key = api("GET", f"{PATH}/{kid}", expect=200)
    assert (key["revoked"], key["previous"], key["revoked_at"][-1]) == (True, True, "Z")


@pytest.mark.parametrize(("method", "path"), [("GET", f"{PATH}/none"), ("PUT", f"{PATH}/none/revoke")])
def test_an_unknown_kid_is_404(api: Api, method: str, path: str) -> None:
    assert api(method, path, expect=404)["message"] == "The signing key does not exist"


def test_another_tenants_keys_do_not_exist(api: Api, management: Management, keys: list[SigningKey]) -> None:
    management.tenant = OTHER_TENANT
    assert api("GET", PATH, expect=200) == []
    api("GET", f"{PATH}/{keys[0].kid}", expect=404)
    api("PUT", f"{PATH}/{keys[0].kid}/revoke", expect=404)


@pytest.mark.parametrize(
    ("method", "path", "scopes"),
    [
        ("GET", PATH, "read:signing_keys"),
        ("GET", f"{PATH}/x", "read:signing_keys"),
        ("POST", f"{PATH}/rotate", "create:signing_keys,update:signing_keys"),
        ("PUT", f"{PATH}/x/revoke", "update:signing_keys"),
    ],
)
def test_each_call_needs_its_scope(api: Api, method: str, path: str, scopes: str) -> None:
    refusal = api(method, path, scope="read:clients", expect=403)
    assert refusal["message"] == f"Insufficient scope, expected any of: {scopes}"


def test_rotation_and_revocation_are_rows_of_the_log(api: Api, management: Management) -> None:
    kid = kid_of(api, "ES256", "current")
    answer = api("POST", f"{PATH}/rotate", {"alg": "ES256"}, expect=201)
    api("PUT", f"{PATH}/{kid}/revoke", expect=200)
    rotated, revoked = management.records.events
    assert (rotated.description, rotated.details["next_kid"]) == ("Rotate the application signing key", answer["kid"])
    assert (revoked.description, revoked.details["kid"]) == ("Revoke an application signing key", kid)


def test_keys_that_others_encrypt_to_are_listed_for_themselves(api: Api) -> None:
    # Auth0's tools read /keys/signing and expect keys that sign, with certificates.
    listed = api("GET", f"{PATH}?use=enc", expect=200)
    assert {key["alg"] for key in listed} == {"RSA-OAEP-256", "ECDH-ES"}
    assert {key["use"] for key in api("GET", PATH, expect=200)} == {"sig"}
    for key in listed:
        members = {"kid", "alg", "use", "public_key", "current", "next", "previous", "current_since", "revoked"}
        assert set(key) == members
        assert (key["current"], key["public_key"].splitlines()[0]) == (True, "-----BEGIN PUBLIC KEY-----")
        assert api("GET", f"{PATH}/{key['kid']}", expect=200) == key
    api("GET", f"{PATH}?use=both", expect=400)


def test_a_key_that_others_encrypt_to_is_rotated_and_revoked_by_the_same_calls(
    api: Api, management: Management
) -> None:
    (old,) = (key for key in api("GET", f"{PATH}?use=enc", expect=200) if key["alg"] == "ECDH-ES")
    api("PUT", f"{PATH}/{old['kid']}/revoke", {}, expect=400)
    fresh = api("POST", f"{PATH}/rotate", {"alg": "ECDH-ES"}, expect=201)
    after = {key["kid"]: key for key in api("GET", f"{PATH}?use=enc", expect=200) if key["alg"] == "ECDH-ES"}
    assert (after[fresh["kid"]]["current"], after[old["kid"]]["previous"]) == (True, True)
    assert api("PUT", f"{PATH}/{old['kid']}/revoke", {}, expect=200)["kid"] == old["kid"]
    api("PUT", f"{PATH}/{fresh['kid']}/revoke", {}, expect=400)
    said = [event.description for event in management.records.events]
    assert "Rotate the application encryption key" in said
    assert "Revoke an application encryption key" in said

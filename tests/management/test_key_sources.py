"""Where the keys of a usage come from: exactly one of ``credentials``, ``jwks`` and ``jwks_uri``."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tallystick.clients.client import KEY_METHODS, SOURCED_USAGES
from tallystick.jose.keys import jwk_of, public_key_of
from tests.certificate_mill import leaf

from .conftest import Api
from .test_clients import by_key, key_body, message

URI = "https://app.example/jwks.json"


def jwk(**more: Any) -> dict[str, Any]:
    """A fresh P-256 key, its public half."""
    return {**jwk_of(public_key_of(ec.generate_private_key(ec.SECP256R1()).public_key())), **more}


def holder_at(usage: str, holder: Any) -> dict[str, Any]:
    """The body that sets the keys of a usage."""
    return {"client_authentication_methods": {usage: holder}} if usage in KEY_METHODS else {usage: holder}


def listed(usage: str, holder: dict[str, Any]) -> dict[str, Any]:
    """``holder`` as it is shown: the methods have the list that Auth0's tools want."""
    return {"credentials": [], **holder} if usage in KEY_METHODS else holder


def certificate_body() -> dict[str, Any]:
    """A new certificate that is the client."""
    return {"credential_type": "x509_cert", "pem": leaf("CN=client").pem}


def encryption_body(**more: Any) -> dict[str, Any]:
    """A new key that answers are encrypted to."""
    return {"credential_type": "public_key", "jwk": jwk(use="enc"), "alg": "ECDH-ES", **more}


@pytest.mark.parametrize("usage", SOURCED_USAGES)
class TestOneSource:
    def test_several_sources_are_refused(self, api: Api, usage: str) -> None:
        row = {"id": "cred_x"}
        for holder in ({"jwks_uri": URI, "credentials": [row]}, {"jwks_uri": URI, "jwks": {"keys": [jwk()]}}):
            answer = api("POST", "/clients", {"name": "a", **holder_at(usage, holder)}, expect=400)
            assert "Exactly one of credentials, jwks, jwks_uri" in message(answer)
            assert message(answer).count(usage) == 1

    def test_an_empty_list_beside_a_source_says_nothing(self, api: Api, usage: str) -> None:
        # Auth0's tools want the list of each method, and send back what they read.
        client = api.new_client(**holder_at(usage, {"jwks_uri": URI, "credentials": []}))
        shown = client["client_authentication_methods"] if usage in KEY_METHODS else client
        assert shown[usage] == listed(usage, {"jwks_uri": URI})
        again = api.change(client, **holder_at(usage, shown[usage]))
        assert (again["client_authentication_methods"] if usage in KEY_METHODS else again)[usage] == shown[usage]

    @pytest.mark.parametrize("uri", ["", "http://app.example/jwks.json", f"{URI}#a", "https://a@app.example/"])
    def test_an_address_is_https_without_a_fragment(self, api: Api, usage: str, uri: str) -> None:
        answer = api("POST", "/clients", {"name": "a", **holder_at(usage, {"jwks_uri": uri})}, expect=400)
        assert f"{usage}.jwks_uri" in message(answer)

    def test_another_source_replaces_the_one_of_before(self, api: Api, usage: str) -> None:
        bodies = {"response_encryption": encryption_body, "self_signed_tls_client_auth": certificate_body}
        body = bodies.get(usage, key_body)()
        client = api.new_client(**holder_at(usage, {"credentials": [body]}))
        changed = api.change(client, **holder_at(usage, {"jwks_uri": URI}), token_endpoint_auth_method=None)
        holder = (changed["client_authentication_methods"] if usage in KEY_METHODS else changed)[usage]
        assert holder == listed(usage, {"jwks_uri": URI})


def test_an_update_without_a_source_keeps_it(api: Api) -> None:
    client = api.new_client(signed_request_object={"jwks_uri": URI})
    changed = api.change(client, signed_request_object={"required": True})
    assert changed["signed_request_object"] == {"jwks_uri": URI, "required": True}
    changed = api.change(client, signed_request_object={"credentials": []})
    assert changed["signed_request_object"] == {"credentials": [], "required": True}


def test_a_key_is_for_signatures_or_for_encryption(api: Api) -> None:
    client = api.new_client()
    row = {"id": api.add(client, **encryption_body())["id"]}
    answer = api.change(client, 400, **by_key(row))
    assert "private_key_jwt.credentials[0]" in message(answer)
    answer = api.change(client, 400, response_encryption={"credentials": [{"id": api.add(client, **key_body())["id"]}]})
    assert "response_encryption.credentials[0]" in message(answer)
    api.change(client, response_encryption={"credentials": [row]})


@pytest.mark.parametrize("alg", [[], {}, 7, ["ECDH-ES"], True])
def test_an_alg_that_is_no_text_is_refused(api: Api, alg: Any) -> None:
    api.add(api.new_client(), 400, credential_type="public_key", jwk=jwk(alg=alg))
    body = {"name": "a", **holder_at("private_key_jwt", {"jwks": {"keys": [jwk(alg=alg, use=alg, key_ops=alg)]}})}
    api("POST", "/clients", body, expect=400)


@pytest.mark.parametrize("what", ["id_token", "userinfo", "authorization"])
def test_what_is_encrypted_needs_a_key_for_its_algorithm(api: Api, what: str) -> None:
    """OpenID Connect Registration 2: an ``enc`` needs its ``alg``."""
    alg, enc = f"{what}_encrypted_response_alg", f"{what}_encrypted_response_enc"
    client = api.new_client()
    assert alg in message(api.change(client, 400, **{enc: "A256GCM"}))
    assert "response_encryption" in message(api.change(client, 400, **{alg: "ECDH-ES"}))
    keys = {"credentials": [{"id": api.add(client, **encryption_body())["id"]}]}
    assert "RSA-OAEP-256" in message(api.change(client, 400, **{alg: "RSA-OAEP-256"}, response_encryption=keys))
    api.change(client, 400, **{alg: "RSA1_5"}, response_encryption=keys)
    assert api.change(client, **{alg: "ECDH-ES", enc: "A256GCM"}, response_encryption=keys)[alg] == "ECDH-ES"


def test_where_request_objects_may_be_fetched(api: Api) -> None:
    uris = ["https://app.example/r.jwt", "https://app.example/r.jwt#n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg"]
    client = api.new_client(request_uris=uris, request_object_signing_alg="EdDSA")
    assert client["request_uris"] == uris
    for uri in ("http://app.example/r.jwt", "#a", "urn:ietf:params:oauth:request_uri:a"):
        assert "request_uris" in message(api.change(client, 400, request_uris=[uri]))
    assert "request_object_signing_alg" in message(api.change(client, 400, request_object_signing_alg="none"))


class TestInlineKeys:
    @pytest.mark.parametrize("usage", ["private_key_jwt", "signed_request_object", "response_encryption"])
    @pytest.mark.parametrize(
        ("wrong", "reason"),
        [
            ({"d": "AAAA"}, "private or secret"),
            ({"crv": "P-192"}, "crv must be"),
            ({"x": "AAAA"}, "octets"),
            ({"alg": "RS256"}, ""),
            ({"use": None}, "use"),
            ({"kid": ""}, "kid"),
            ({"key_ops": ["sign"]}, "key_ops"),
            ({"key_ops": "verify"}, "key_ops"),
        ],
    )
    def test_each_is_held_against_the_rules_of_upload(
        self, api: Api, usage: str, wrong: dict[str, Any], reason: str
    ) -> None:
        use = "enc" if usage == "response_encryption" else "sig"
        body = {"name": "a", **holder_at(usage, {"jwks": {"keys": [jwk(use=use), jwk(**{"use": use, **wrong})]}})}
        answer = api("POST", "/clients", body, expect=400)
        assert f"{usage}.jwks.keys[1]" in message(answer)
        assert reason in message(answer)

    def test_use_and_alg_are_honoured(self, api: Api) -> None:
        for usage, key in (
            ("private_key_jwt", jwk(use="enc")),
            ("private_key_jwt", jwk(alg="ECDH-ES")),
            ("private_key_jwt", jwk(use="sig", alg="ECDH-ES")),
            ("response_encryption", jwk(use="sig")),
            ("response_encryption", jwk()),
            ("response_encryption", jwk(use="enc", alg="ES256")),
        ):
            answer = api("POST", "/clients", {"name": "a", **holder_at(usage, {"jwks": {"keys": [key]}})}, expect=400)
            assert f"{usage}.jwks.keys[0]" in message(answer), key

    @pytest.mark.parametrize("keys", [[], [{}] * 101, "a", [1]])
    def test_a_set_has_one_to_a_hundred_keys(self, api: Api, keys: Any) -> None:
        api("POST", "/clients", {"name": "a", **holder_at("private_key_jwt", {"jwks": {"keys": keys}})}, expect=400)

    def test_one_key_serves_one_usage(self, api: Api) -> None:
        key = jwk()
        both = {"jwks": {"keys": [key]}}
        body = {"name": "a", **holder_at("private_key_jwt", both), "signed_request_object": both}
        answer = api("POST", "/clients", body, expect=400)
        assert "signed_request_object.jwks.keys[0]" in message(answer)
        client = api.new_client(signed_request_object=both)
        row = {"id": api.add(client, credential_type="public_key", jwk=key)["id"]}
        assert "signed_request_object" in message(api.change(client, 400, **by_key(row)))

    def test_one_key_is_held_by_one_application(self, api: Api) -> None:
        key = jwk()
        holder = api.new_client()
        api.add(holder, credential_type="public_key", jwk=key)
        body = {"name": "a", **holder_at("private_key_jwt", {"jwks": {"keys": [key]}})}
        assert api("POST", "/clients", body, expect=409)["errorCode"] == "credential_conflict"
        api.management.set(allow_key_sharing_between_clients=True)
        api("POST", "/clients", body, expect=201)

    def test_the_profile_allows_an_algorithm_of_each(self, api: Api) -> None:
        made = {"name": "a", "compliance_level": "fapi2_sp_pkj_mtls", "grant_types": ["client_credentials"]}
        keys = {"jwks": {"keys": [jwk(), {**jwk_of(public_key_of(P521.public_key()))}]}}
        answer = api("POST", "/clients", {**made, **holder_at("private_key_jwt", keys)}, expect=400)
        assert "private_key_jwt.jwks.keys[1]" in message(answer)

    def test_answers_are_encrypted_to_a_key_of_the_set(self, api: Api) -> None:
        keys = {"jwks": {"keys": [jwk(use="enc", alg="ECDH-ES")]}}
        client = api.new_client(response_encryption=keys)
        assert "RSA-OAEP-256" in message(api.change(client, 400, id_token_encrypted_response_alg="RSA-OAEP-256"))
        api.change(client, id_token_encrypted_response_alg="ECDH-ES+A128KW")


P521 = ec.generate_private_key(ec.SECP521R1())


def test_one_address_does_not_serve_assertions_and_request_objects(api: Api) -> None:
    at = {"jwks_uri": URI}
    body = {"name": "a", **holder_at("private_key_jwt", at), "signed_request_object": at}
    assert "signed_request_object.jwks_uri" in message(api("POST", "/clients", body, expect=400))
    api("POST", "/clients", {"name": "a", **holder_at("private_key_jwt", at), "response_encryption": at}, expect=201)

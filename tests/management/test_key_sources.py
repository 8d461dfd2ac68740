"""Where the keys of a usage come from: exactly one of ``credentials``, ``jwks`` and ``jwks_uri``."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tallystick.jose.keys import jwk_of, public_key_of

from .conftest import Api
from .test_clients import by_key, key_body, message

URI = "https://app.example/jwks.json"


def jwk(**more: Any) -> dict[str, Any]:
    """A fresh P-256 key, its public half."""
    return {**jwk_of(public_key_of(ec.generate_private_key(ec.SECP256R1()).public_key())), **more}


def holder_at(usage: str, holder: Any) -> dict[str, Any]:
    """The body that sets the keys of a usage."""
    return {"client_authentication_methods": {usage: holder}} if usage == "private_key_jwt" else {usage: holder}


def encryption_body(**more: Any) -> dict[str, Any]:
    """A new key that answers are encrypted to."""
    return {"credential_type": "public_key", "jwk": jwk(use="enc"), "alg": "ECDH-ES", **more}


@pytest.mark.parametrize("usage", ["private_key_jwt", "signed_request_object", "response_encryption"])
class TestOneSource:
    def test_several_sources_are_refused(self, api: Api, usage: str) -> None:
        for holder in ({"jwks_uri": URI, "credentials": []}, {"jwks_uri": URI, "jwks": {"keys": [jwk()]}}):
            answer = api("POST", "/clients", {"name": "a", **holder_at(usage, holder)}, expect=400)
            assert "Exactly one of credentials, jwks, jwks_uri" in message(answer)
            assert message(answer).count(usage) == 1

    @pytest.mark.parametrize("uri", ["", "http://app.example/jwks.json", f"{URI}#a", "https://a@app.example/"])
    def test_an_address_is_https_without_a_fragment(self, api: Api, usage: str, uri: str) -> None:
        answer = api("POST", "/clients", {"name": "a", **holder_at(usage, {"jwks_uri": uri})}, expect=400)
        assert f"{usage}.jwks_uri" in message(answer)

    def test_another_source_replaces_the_one_of_before(self, api: Api, usage: str) -> None:
        body = encryption_body() if usage == "response_encryption" else key_body()
        client = api.new_client(**holder_at(usage, {"credentials": [body]}))
        changed = api.change(client, **holder_at(usage, {"jwks_uri": URI}), token_endpoint_auth_method=None)
        holder = (changed["client_authentication_methods"] if usage == "private_key_jwt" else changed)[usage]
        assert holder == {"jwks_uri": URI}


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

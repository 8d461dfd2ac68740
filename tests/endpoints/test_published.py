"""Discovery (RFC 8414) and the key set (RFC 7517): they say what works, and nothing else."""

from __future__ import annotations

import pytest

from tallystick.clientauth.table import METHODS
from tallystick.grants.table import GRANTS
from tests.inprocess import InProcess

PATHS = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"]


@pytest.mark.parametrize("path", PATHS)
def test_both_paths_give_the_same_document(house: InProcess, path: str) -> None:
    answer = house.request("GET", path)
    assert answer.status == 200
    assert answer.json() == house.request("GET", PATHS[0]).json()
    assert answer.headers["access-control-allow-origin"] == "*"


def test_discovery_is_read_from_the_tables(house: InProcess) -> None:
    document = house.request("GET", PATHS[0]).json()
    assert document["issuer"] == house.issuer
    assert document["grant_types_supported"] == list(GRANTS)
    assert document["token_endpoint_auth_methods_supported"] == list(METHODS)
    assert {"EdDSA", "Ed25519", "ES256", "PS256", "RS256"} <= set(
        document["token_endpoint_auth_signing_alg_values_supported"]
    )
    assert not {"none", "HS256"} & set(document["token_endpoint_auth_signing_alg_values_supported"])
    assert document["tls_client_certificate_bound_access_tokens"] is True


def test_types_of_details_are_those_that_apis_register(house: InProcess) -> None:
    """RFC 9396 10."""
    name = "authorization_details_types_supported"
    assert name not in house.request("GET", PATHS[0]).json()
    house.api(authorization_details=[{"type": "payment"}, {"type": "account"}])
    api = house.api("https://other.example/", authorization_details=[{"type": "payment"}])
    assert house.request("GET", PATHS[0]).json()[name] == ["account", "payment"]
    house.ask("PATCH", f"resource-servers/{api['id']}", {"authorization_details": [{"type": "transfer"}]})
    assert house.request("GET", PATHS[0]).json()[name] == ["account", "payment", "transfer"]


def test_every_endpoint_it_names_exists(house: InProcess) -> None:
    document = house.request("GET", PATHS[0]).json()
    for name, url in document.items():
        if name.endswith("_endpoint") or name == "jwks_uri":
            assert house.request("GET", "/" + url.removeprefix(house.issuer)).status != 404, name


def test_mtls_aliases_name_only_endpoints_that_are_also_at_the_top(house: InProcess) -> None:
    document = house.request("GET", PATHS[0]).json()
    assert document["mtls_endpoint_aliases"] == {
        "pushed_authorization_request_endpoint": "https://localhost:8444/oauth/par",
        "token_endpoint": "https://localhost:8444/oauth/token",
        "userinfo_endpoint": "https://localhost:8444/userinfo",
        "revocation_endpoint": "https://localhost:8444/oauth/revoke",
        "introspection_endpoint": "https://localhost:8444/oauth/introspect",
    }
    house.ask("PATCH", "tenants/settings", {"mtls": {"enable_endpoint_aliases": False}})
    assert "mtls_endpoint_aliases" not in house.request("GET", PATHS[0]).json()


def test_the_key_set_is_public_distinct_and_has_the_next_keys(house: InProcess) -> None:
    keys = house.request("GET", "/.well-known/jwks.json").json()["keys"]
    assert len({key["kid"] for key in keys}) == len(keys) == 10
    assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & {member for key in keys for member in key}
    assert [key["use"] for key in keys] == ["sig"] * 8 + ["enc"] * 2


def test_rotation_signs_with_a_key_that_was_already_published(house: InProcess) -> None:
    before = {key["kid"] for key in house.request("GET", "/.well-known/jwks.json").json()["keys"]}
    house.ask("POST", "keys/signing/rotate")
    current = [key for key in house.ask("GET", "keys/signing") if key["alg"] == "RS256" and key.get("current")]
    assert {key["kid"] for key in current} <= before
    after = {key["kid"] for key in house.request("GET", "/.well-known/jwks.json").json()["keys"]}
    assert before < after


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_documents_are_only_read(house: InProcess, method: str) -> None:
    answer = house.request(method, PATHS[0])
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")

"""What our own resources say of themselves, and how a refusal leads there (RFC 9728)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.application import now_ms
from tests.inprocess import InProcess, in_process
from tests.tokens.allowed import PUBLIC, allowed

DOMAIN = b"id.acme.example"


def document(house: InProcess, url: str, host: bytes = b"") -> dict[str, Any]:
    path = "/" + url.partition("//")[2].partition("/")[2]
    answer = house.request("GET", path, host=host)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json"), answer
    assert answer.headers["access-control-allow-origin"] == "*"
    found: dict[str, Any] = answer.json()
    return found


def led_to(house: InProcess, path: str, host: bytes = b"") -> str:
    """Where the challenge of a request without a token leads; each scheme says the same."""
    challenge = house.request("GET", path, host=host).headers["www-authenticate"]
    (url,) = set(re.findall(r'resource_metadata="([^"]+)"', challenge))
    assert challenge.count("resource_metadata=") == 2
    return str(url)


@pytest.mark.parametrize(
    ("path", "resource", "methods", "scope"),
    [
        ("/userinfo", "userinfo", ["header", "body"], "openid"),
        ("/api/v2/clients", "api/v2/", ["header"], "read:clients"),
    ],
)
def test_a_refusal_leads_to_who_issues_tokens(
    house: InProcess, path: str, resource: str, methods: list[str], scope: str
) -> None:
    url = led_to(house, path)
    # RFC 9728 3.1: the well-known part stands between host and path.
    assert url == f"{house.issuer}.well-known/oauth-protected-resource/{resource}"
    found = document(house, url)
    assert found["resource"] == house.issuer + resource
    assert found["authorization_servers"] == [house.issuer]
    assert found["bearer_methods_supported"] == methods
    assert scope in found["scopes_supported"]
    assert found["tls_client_certificate_bound_access_tokens"] is True
    algs = found["dpop_signing_alg_values_supported"]
    assert algs == house.request("GET", "/.well-known/openid-configuration").json()["dpop_signing_alg_values_supported"]
    assert not [alg for alg in algs if alg.startswith("RS")]


def test_the_management_api_is_found_without_the_slash_too(house: InProcess) -> None:
    url = f"{house.issuer}.well-known/oauth-protected-resource/api/v2"
    assert document(house, url) == document(house, url + "/")
    assert house.request("GET", "/.well-known/oauth-protected-resource").status == 404
    assert house.request("POST", "/.well-known/oauth-protected-resource/userinfo").status == 405


def test_the_scopes_are_all_that_the_routes_ask_for(house: InProcess) -> None:
    url = f"{house.issuer}.well-known/oauth-protected-resource/api/v2/"
    (api,) = [row for row in house.ask("GET", "resource-servers") if row.get("is_system")]
    assert document(house, url)["scopes_supported"] == [scope["value"] for scope in api["scopes"]]


def test_at_a_custom_domain(tmp_path: Any) -> None:
    """`/userinfo` has a name there, the Management API has one name alone."""
    with in_process(tmp_path / "data", now_ms(), custom_domain_verification="none") as house:
        made = house.made("POST", "custom-domains", {"domain": DOMAIN.decode(), "type": "self_managed_certs"})
        house.made("POST", f"custom-domains/{made['custom_domain_id']}/verify", {})
        issuer = f"https://{DOMAIN.decode()}/"
        found = document(house, led_to(house, "/userinfo", DOMAIN), DOMAIN)
        assert (found["resource"], found["authorization_servers"]) == (f"{issuer}userinfo", [issuer])
        url = led_to(house, "/api/v2/clients", DOMAIN)
        assert url.startswith(house.issuer)
        assert document(house, url, DOMAIN)["resource"] == f"{house.issuer}api/v2/"


def test_a_page_reads_the_nonce_in_a_refusal_of_its_own_applications_token(house: InProcess) -> None:
    """attacks.md 50: no other page does, and nobody of a token that is none."""
    app = allowed(house, **PUBLIC)
    house.ask("PATCH", "tenants/settings", {"dpop_nonce_required": True})
    token = app.tokens()["access_token"]
    for shown, origin, expected in (
        (token, "https://app.example", "https://app.example"),
        (token, "https://evil.example", None),
        ("x", "https://app.example", None),
    ):
        headers = {b"authorization": f"DPoP {shown}".encode(), b"origin": origin.encode()}
        answer = house.request("GET", "/userinfo", b"", headers)
        assert (answer.status, answer.headers.get("access-control-allow-origin")) == (401, expected)
        assert ("DPoP-Nonce" in answer.headers.get("access-control-expose-headers", "")) is bool(expected)

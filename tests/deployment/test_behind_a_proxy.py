"""Where a deployment is found whose proxy asks for client certificates in its place."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tallystick.deployment.first_start import prepare
from tallystick.deployment.new_tenant import create_tenant
from tallystick.settings import Settings
from tests.application import now_ms
from tests.inprocess import InProcess, in_process

DISCOVERY = "/.well-known/openid-configuration"
PLAIN: dict[str, Any] = {"issuer": "https://id.example/", "insecure_http": True, "port": 8080}
MTLS_HOST = "mtls.id.example"


def at(host: str) -> dict[str, str]:
    """Every endpoint that has an alias, at this host."""
    paths = {
        "pushed_authorization_request_endpoint": "oauth/par",
        "token_endpoint": "oauth/token",
        "userinfo_endpoint": "userinfo",
        "revocation_endpoint": "oauth/revoke",
        "introspection_endpoint": "oauth/introspect",
    }
    return {name: f"https://{host}/{path}" for name, path in paths.items()}


def aliases(house: InProcess, host: str) -> Any:
    answer = house.request("GET", DISCOVERY, host=host.encode())
    assert answer.status == 200, host
    return answer.json().get("mtls_endpoint_aliases")


def test_aliases_are_at_the_mtls_host_when_a_proxy_hands_certificates_on(tmp_path: Path) -> None:
    options = {**PLAIN, "mtls_host": MTLS_HOST, "client_cert_header": "rfc9440", "proxy_addresses": "127.0.0.1"}
    with in_process(tmp_path / "data", now_ms(), **options) as house:
        expected = at(MTLS_HOST)
        for host in ("id.example", "id.example:443", MTLS_HOST, f"{MTLS_HOST}:443", f"{MTLS_HOST}:8080"):
            assert aliases(house, host) == expected
        assert house.request("GET", DISCOVERY, host=b"mtls.other.example").status == 421


def test_a_named_tenant_has_its_own(tmp_path: Path) -> None:
    options = {**PLAIN, "mtls_host": MTLS_HOST, "client_cert_header": "nginx", "unix_socket": tmp_path / "s"}
    asyncio.run(prepare(Settings(data=tmp_path / "data", **options)))
    asyncio.run(create_tenant(Settings(data=tmp_path / "data"), "shop", "shop.example", "mtls.shop.example"))
    asyncio.run(create_tenant(Settings(data=tmp_path / "data"), "mall", "mall.example", "mtls.mall.example:9443"))
    with in_process(tmp_path / "data", now_ms(), **options) as house:
        assert aliases(house, "mtls.shop.example") == at("mtls.shop.example")
        assert aliases(house, "mall.example") == at("mtls.mall.example:9443")
        assert aliases(house, "mtls.mall.example:9443") is not None


@pytest.mark.parametrize(
    "options",
    [
        {"mtls_host": MTLS_HOST},
        {"client_cert_header": "rfc9440", "proxy_addresses": "127.0.0.1"},
    ],
    ids=["nobody hands certificates on", "no host of its own"],
)
def test_without_either_there_is_nothing_to_point_at(tmp_path: Path, options: dict[str, Any]) -> None:
    with in_process(tmp_path / "data", now_ms(), **PLAIN, **options) as house:
        assert aliases(house, "id.example") is None


def test_aliases_follow_when_a_later_start_has_a_proxy(tmp_path: Path) -> None:
    with in_process(tmp_path / "data", now_ms(), **PLAIN, mtls_host=MTLS_HOST) as house:
        assert aliases(house, "id.example") is None
    options = {**PLAIN, "mtls_host": MTLS_HOST, "client_cert_header": "envoy", "proxy_addresses": "127.0.0.1"}
    with in_process(tmp_path / "data", now_ms(), **options) as house:
        assert aliases(house, MTLS_HOST) == at(MTLS_HOST)

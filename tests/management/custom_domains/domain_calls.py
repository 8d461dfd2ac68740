"""What the tests of custom domains ask, and the names they ask about."""

from __future__ import annotations

from typing import Any

from tests.inprocess import InProcess
from tests.nameserver import NameServer

DOMAIN = "id.acme.example"
ISSUER = "https://id.acme.example/"
MTLS = "https://mtls.id.acme.example/"
SELF, MANAGED = {"type": "self_managed_certs"}, {"type": "auth0_managed_certs"}


def create(house: InProcess, domain: str = DOMAIN, **body: Any) -> dict[str, Any]:
    return house.made("POST", "custom-domains", {"domain": domain, **SELF, **body})


def publish(dns: NameServer, made: dict[str, Any]) -> None:
    """Do what the answer says."""
    (method,) = made["verification"]["methods"]
    assert method["name"] == "TXT"
    dns.texts[method["domain"]] = [method["record"]]


def verify(house: InProcess, made: dict[str, Any]) -> dict[str, Any]:
    return house.made("POST", f"custom-domains/{made['custom_domain_id']}/verify", {})


def verified(house: InProcess, dns: NameServer, domain: str = DOMAIN, **body: Any) -> dict[str, Any]:
    made = create(house, domain, **body)
    publish(dns, made)
    found = verify(house, made)
    assert found["status"] == "ready"
    return found


def refused(house: InProcess, status: int, method: str, path: str, body: Any = None) -> str:
    answer = house.call(method, path, body)
    assert answer.status == status, answer
    return str(answer.json()["message"])


def discovery(house: InProcess, host: str) -> Any:
    return house.request("GET", "/.well-known/openid-configuration", host=host.encode())

"""attacks.md 36, 37 and 49 in spirit: which names can be claimed, and whose they are."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tallystick.deployment.new_tenant import create_tenant
from tests.application import now_ms
from tests.inprocess import HOST, InProcess, in_process
from tests.nameserver import NameServer

from .domain_calls import DOMAIN, ISSUER, SELF, create, discovery, publish, refused, verified, verify


@pytest.mark.parametrize(
    "domain",
    [
        "localhost",
        "id.localhost",
        "edge.localhost",
        "tallystick-cd-1.edge.localhost",
        "127.0.0.1",
        "[::1]",
        "192.0.2.1",
        "id.acme.example:8443",
        "id.acme.example:443",
        "ID.acme.example",
        "id.acme.example.",
        ".acme.example",
        "id..example",
        "acme",
        "*.acme.example",
        "id_x.example",
        "-id.example",
        "bücher.example",
        "id.acme.example/",
        "https://id.acme.example",
        "user@id.acme.example",
        "id.acme.example\n",
        "id.acme.example\u0000",
        "\u212ad.example",
        "a" * 64 + ".example",
        ".".join(["a" * 50] * 5),
        "",
        None,
        7,
        ["id.acme.example"],
    ],
)
def test_g36_what_is_no_name_of_somebody_else_is_refused(shared: InProcess, domain: Any) -> None:
    assert shared.call("POST", "custom-domains", {"domain": domain, **SELF}).status == 400
    assert shared.ask("GET", "custom-domains") == []


def test_g36_the_deployments_own_names_are_nobodys(tmp_path: Path, dns: NameServer) -> None:
    own: dict[str, Any] = {"issuer": "https://as.example/", "mtls_host": "mtls.shop.example", "dns_server": dns.address}
    with in_process(tmp_path / "data", now_ms(), **own) as house:
        house.host = b"as.example"
        # The mTLS host of shop.example would be the deployment's.
        own_names = ("as.example", "mtls.shop.example", "shop.example", "edge.as.example", "x.edge.as.example")
        for domain in own_names:
            assert "name of this server" in refused(house, 400, "POST", "custom-domains", {"domain": domain, **SELF})
        # Names that only look alike are others'.
        for domain in ("xas.example", "as.example.org", "id.shop.example", "ledge.as.example", "login.as.example"):
            assert house.call("POST", "custom-domains", {"domain": domain, **SELF}).status == 201, domain
        found = verified(house, dns)
        assert found["origin_domain_name"].endswith(".edge.as.example")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"domain": DOMAIN},
        {"type": "self_managed_certs"},
        {"domain": DOMAIN, "type": "x"},
        {"domain": DOMAIN, **SELF, "verification_method": "cname"},
        {"domain": DOMAIN, **SELF, "status": "ready"},
        {"domain": DOMAIN, **SELF, "custom_domain_id": "cd_1"},
        {"domain": DOMAIN, **SELF, "origin_domain_name": "localhost"},
    ],
)
def test_what_no_domain_can_be_made_of(shared: InProcess, body: dict[str, Any]) -> None:
    assert "validation error" in refused(shared, 400, "POST", "custom-domains", body)


def test_an_internationalised_name_is_its_ascii_form_and_no_other(house: InProcess, dns: NameServer) -> None:
    verified(house, dns, "xn--bcher-kva.example")
    assert discovery(house, "xn--bcher-kva.example").json()["issuer"] == "https://xn--bcher-kva.example/"
    for other in ("b\u00fccher.example", "bucher.example", "xn--bcher-kva.example."):
        answer = house.request("GET", "/.well-known/openid-configuration", host=other.encode("latin-1"))
        assert answer.status == 421


def test_a_domain_stands_once_and_there_is_an_end(house: InProcess) -> None:
    create(house)
    assert "already registered" in refused(house, 409, "POST", "custom-domains", {"domain": DOMAIN, **SELF})
    for number in range(19):
        create(house, f"n{number}.example")
    assert "At most 20" in refused(house, 409, "POST", "custom-domains", {"domain": "one.more.example", **SELF})


def test_an_mtls_host_and_a_domain_of_that_name_cannot_both_be(house: InProcess, dns: NameServer) -> None:
    verified(house, dns)
    other = create(house, f"mtls.{DOMAIN}")
    publish(dns, other)
    assert "already in use" in refused(house, 409, "POST", f"custom-domains/{other['custom_domain_id']}/verify")


@pytest.fixture
def neighbour(house: InProcess) -> dict[str, Any]:
    """Credentials of another tenant's management application, and its host."""
    tenant, contents = house.run(create_tenant(house.settings, "umbrella", "umbrella.example"))
    deadline = 100
    while house.run(house.opened.hosts()).count("umbrella.example") == 0 and deadline:
        house.run(asyncio.sleep(0.01))
        deadline -= 1
    host = b"umbrella.example:8443"
    token = house.token(host=host, **contents.management).json()["access_token"]
    return {"token": token, "host": host, "issuer": tenant.issuer}


def test_neighbours_neither_read_nor_touch_each_others_domains(
    house: InProcess, dns: NameServer, neighbour: dict[str, Any]
) -> None:
    by = {name: neighbour[name] for name in ("token", "host")}
    found = verified(house, dns)
    path = f"custom-domains/{found['custom_domain_id']}"
    assert house.call("GET", "custom-domains", **by).json() == []
    for method, action in (("GET", ""), ("PATCH", ""), ("POST", "/verify"), ("POST", "/test"), ("POST", "/rotate-key")):
        assert house.call(method, path + action, {}, **by).status == 404
    assert house.call("DELETE", path, **by).status == 204
    assert house.call("PATCH", "custom-domains/default", {"domain": DOMAIN}, **by).status == 404
    assert discovery(house, DOMAIN).json()["issuer"] == ISSUER
    # A token of theirs is none here, whichever of our hosts it comes by; nor is ours there.
    for host in (DOMAIN.encode(), HOST):
        assert house.call("GET", "custom-domains", token=neighbour["token"], host=host).status == 401
    token = house.token(host=DOMAIN.encode(), **house.bootstrap["management"]).json()["access_token"]
    assert house.call("GET", "custom-domains", token=token, host=neighbour["host"]).status == 401
    # Nor does our domain name their Management API.
    management = {**house.bootstrap["management"], "audience": f"{neighbour['issuer']}api/v2/"}
    assert house.token(**management).json()["error"] == "invalid_target"


def test_a_claim_blocks_nobody_and_proof_counts_once(
    house: InProcess, dns: NameServer, neighbour: dict[str, Any]
) -> None:
    by = {name: neighbour[name] for name in ("token", "host")}
    ours = create(house)
    theirs = house.call("POST", "custom-domains", {"domain": DOMAIN, **SELF}, **by).json()
    records = [each["verification"]["methods"][0]["record"] for each in (ours, theirs)]
    assert records[0] != records[1]
    # Our record does not prove theirs.
    publish(dns, ours)
    path = f"custom-domains/{theirs['custom_domain_id']}/verify"
    assert house.call("POST", path, **by).json()["status"] == "pending_verification"
    dns.texts[f"_cf-custom-hostname.{DOMAIN}"] = records
    assert verify(house, ours)["status"] == "ready"
    answer = house.call("POST", path, **by)
    assert (answer.status, answer.json()["errorCode"]) == (409, "custom_domain_conflict")
    assert "cname_api_key" not in answer.json()
    assert discovery(house, DOMAIN).json()["jwks_uri"] == f"{ISSUER}.well-known/jwks.json"
    # A host that the operator gave another tenant is nobody else's either.
    claimed = create(house, "umbrella.example")
    publish(dns, claimed)
    refused(house, 409, "POST", f"custom-domains/{claimed['custom_domain_id']}/verify")
    house.ask("DELETE", f"custom-domains/{ours['custom_domain_id']}")
    assert house.call("POST", path, **by).json()["status"] == "ready"

"""``/custom-domains`` (auth0.md 4.8): from the claim over the key to the end, and what the log has of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tallystick.deployment.facts import opened_storage
from tallystick.settings import Settings
from tests.application import now_ms
from tests.inprocess import InProcess, in_process
from tests.nameserver import NameServer

from .domain_calls import DOMAIN, create, discovery, publish, refused, verified, verify


def test_a_new_domain_says_which_record_proves_it_and_leads_nowhere(house: InProcess, dns: NameServer) -> None:
    made = create(house)
    assert made["custom_domain_id"].startswith("cd_")
    assert len(made["custom_domain_id"]) == 19
    assert (made["domain"], made["type"], made["status"]) == (DOMAIN, "self_managed_certs", "pending_verification")
    assert (made["primary"], made["is_default"], made["tls_policy"]) == (False, False, "recommended")
    (method,) = made["verification"]["methods"]
    assert method["domain"] == "_cf-custom-hostname.id.acme.example"
    assert len(method["record"]) == 43
    assert made["verification"]["status"] == "pending"
    assert {"cname_api_key", "origin_domain_name"}.isdisjoint(made)
    assert house.ask("GET", "custom-domains") == [made]
    assert house.ask("GET", f"custom-domains/{made['custom_domain_id']}") == made
    for host in (DOMAIN, f"mtls.{DOMAIN}", f"{DOMAIN}:443"):
        assert discovery(house, host).status == 421
    assert dns.asked == []


def test_the_first_success_tells_the_key_once_and_never_again(house: InProcess, dns: NameServer) -> None:
    found = verified(house, dns)
    key, origin = found["cname_api_key"], found["origin_domain_name"]
    assert len(key) == 128
    assert set(key) <= set("0123456789abcdef")
    id = found["custom_domain_id"]
    assert origin == f"tallystick-{id.replace('_', '-')}.edge.localhost"
    assert found["verification"]["status"] == "verified"
    assert found["verification"]["last_verified_at"].endswith("Z")
    later = [verify(house, found), house.ask("GET", f"custom-domains/{id}"), *house.ask("GET", "custom-domains")]
    for body in later:
        assert "cname_api_key" not in body
        assert body["origin_domain_name"] == origin
        assert body["status"] == "ready"


def test_b19_the_key_is_nowhere_but_in_that_answer(tmp_path: Path, dns: NameServer) -> None:
    data = tmp_path / "data"
    with in_process(data, now_ms(), dns_server=dns.address) as house:
        found = verified(house, dns)
        rotated = house.made("POST", f"custom-domains/{found['custom_domain_id']}/rotate-key", {})
    canaries = [each["cname_api_key"] for each in (found, rotated)]
    assert len({*canaries}) == 2
    written = b"".join(each.read_bytes() for each in data.rglob("*") if each.is_file())
    for canary in canaries:
        for form in (canary.encode(), bytes.fromhex(canary), canary.upper().encode()):
            assert form not in written


def test_the_proxy_proves_itself_by_the_key_and_the_origin(house: InProcess, dns: NameServer) -> None:
    found = verified(house, dns, custom_client_ip_header="cf-connecting-ip")
    origin, key = found["origin_domain_name"], found["cname_api_key"]
    opened = house.opened
    assert house.run(opened.cname_key_holds(origin, key))
    assert house.run(opened.cname_key_holds(f"{DOMAIN}:443", key))
    assert not house.run(opened.cname_key_holds(origin, key[::-1]))
    assert not house.run(opened.cname_key_holds("localhost:8443", key))
    assert house.run(opened.client_ip_header(origin)) == "cf-connecting-ip"
    path = f"custom-domains/{found['custom_domain_id']}"
    house.ask("PATCH", path, {"custom_client_ip_header": None})
    assert house.run(opened.client_ip_header(origin)) is None
    rotated = house.made("POST", f"{path}/rotate-key", {"overlap_s": 60})
    assert house.run(opened.cname_key_holds(origin, rotated["cname_api_key"]))
    assert house.run(opened.cname_key_holds(origin, key))
    house.clock.advance(60)
    assert not house.run(opened.cname_key_holds(origin, key))
    assert house.run(opened.cname_key_holds(origin, rotated["cname_api_key"]))
    at_once = house.made("POST", f"{path}/rotate-key", {"overlap_s": 0})
    assert not house.run(opened.cname_key_holds(origin, rotated["cname_api_key"]))
    assert house.run(opened.cname_key_holds(origin, at_once["cname_api_key"]))
    house.ask("DELETE", path)
    assert not house.run(opened.cname_key_holds(origin, at_once["cname_api_key"]))


def test_what_an_update_may_change(house: InProcess) -> None:
    made = create(house, domain_metadata={"team": "identity"}, custom_client_ip_header="true-client-ip")
    path = f"custom-domains/{made['custom_domain_id']}"
    changed = house.made(
        "PATCH",
        path,
        {
            "tls_policy": "recommended",
            "custom_client_ip_header": "",
            "domain_metadata": {"cost": "7"},
            "relying_party_identifier": "acme.example",
        },
    )
    assert changed["custom_client_ip_header"] == ""
    assert changed["domain_metadata"] == {"team": "identity", "cost": "7"}
    assert changed["relying_party_identifier"] == "acme.example"
    assert changed["verification"] == made["verification"]
    assert house.made("PATCH", path, {"domain_metadata": {"team": None}})["domain_metadata"] == {"cost": "7"}
    cleared = house.made("PATCH", path, dict.fromkeys(("domain_metadata", "relying_party_identifier")))
    assert {"domain_metadata", "relying_party_identifier"}.isdisjoint(cleared)
    house.ask("PATCH", path, {"domain_metadata": {f"k{n}": "v" for n in range(10)}})
    assert "at most 10 keys" in refused(house, 400, "PATCH", path, {"domain_metadata": {"k10": "v"}})


@pytest.mark.parametrize(
    "body",
    [
        {"type": "auth0_managed_certs"},
        {"domain": "other.example"},
        {"verification_method": "txt"},
        {"status": "ready"},
        {"is_default": True},
        {"cname_api_key": "x"},
        {"tls_policy": "compatible"},
        {"tls_policy": None},
        {"custom_client_ip_header": "x-real-ip"},
        {"domain_metadata": {"": "x"}},
        {"domain_metadata": {"k": "x" * 256}},
        {"domain_metadata": {"k": 1}},
        {"relying_party_identifier": "other.example"},
        {"relying_party_identifier": "cme.example"},
        {"relying_party_identifier": f"x.{DOMAIN}"},
        {"relying_party_identifier": "example"},
    ],
)
def test_what_no_update_may_change(shared: InProcess, body: dict[str, Any]) -> None:
    made = create(shared)
    path = f"custom-domains/{made['custom_domain_id']}"
    assert "validation error" in refused(shared, 400, "PATCH", path, body)
    assert shared.ask("GET", path) == made
    shared.ask("DELETE", path)


def test_deleting_takes_the_hosts_and_the_issuer_along(house: InProcess, dns: NameServer) -> None:
    found = verified(house, dns)
    token = house.token(host=DOMAIN.encode(), **house.bootstrap["management"]).json()["access_token"]
    assert house.call("GET", "custom-domains", token=token).status == 200
    house.ask("DELETE", f"custom-domains/{found['custom_domain_id']}")
    assert house.ask("GET", "custom-domains") == []
    for host in (DOMAIN, f"mtls.{DOMAIN}", found["origin_domain_name"]):
        assert discovery(house, host).status == 421
    assert house.call("GET", "custom-domains", token=token).status == 401
    house.ask("DELETE", f"custom-domains/{found['custom_domain_id']}")
    assert "does not exist" in refused(house, 404, "GET", f"custom-domains/{found['custom_domain_id']}")
    assert verified(house, dns)["cname_api_key"] != found["cname_api_key"]


def test_what_is_not_there(shared: InProcess) -> None:
    for method, path in (
        ("GET", "cd_x"),
        ("PATCH", "cd_x"),
        ("POST", "cd_x/verify"),
        ("POST", "cd_x/test"),
        ("POST", "cd_x/rotate-key"),
    ):
        answer = shared.call(method, f"custom-domains/{path}", {})
        assert (answer.status, answer.json()["errorCode"]) == (404, "inexistent_custom_domain"), path


def test_each_change_is_a_row_of_the_log(house: InProcess, dns: NameServer) -> None:
    made = create(house)
    path = f"custom-domains/{made['custom_domain_id']}"
    verify(house, made)
    publish(dns, made)
    verify(house, made)
    house.ask("POST", f"{path}/rotate-key", {})
    house.ask("PATCH", path, {"custom_client_ip_header": ""})
    house.ask("PATCH", "custom-domains/default", {"domain": DOMAIN})
    house.ask("DELETE", path)
    (tenant_id,) = house.run(_tenant_ids(house))
    rows = house.run(_log(house, tenant_id))
    assert [row for row in rows if "ustom domain" in row] == [
        "Create a custom domain",
        "Custom domain verification failed",
        "Verify a custom domain",
        "Rotate the key of a custom domain",
        "Update a custom domain",
        "Set the default custom domain",
        "Delete a custom domain",
    ]


async def _tenant_ids(house: InProcess) -> list[str]:
    from tallystick.tenants.tenant import Tenant

    async with opened_storage(house.settings) as storage:
        return [tenant.tenant_id for tenant in await storage.find(Tenant, None)]


async def _log(house: InProcess, tenant_id: str) -> list[str]:
    async with opened_storage(house.settings) as storage:
        return [row.event.description for row in await storage.log_page(tenant_id, newest_first=False, limit=100)]


def test_the_default_is_the_tenants_own_host_until_a_verified_domain_is_made_it(
    house: InProcess, dns: NameServer
) -> None:
    assert house.ask("GET", "custom-domains/default") == {"domain": "localhost:8443"}
    made = create(house)
    path = "custom-domains/default"
    message = refused(house, 400, "PATCH", path, {"domain": DOMAIN})
    assert message == "The domain must be verified before it can be set as default."
    publish(dns, made)
    verify(house, made)
    chosen = house.made("PATCH", path, {"domain": DOMAIN})
    assert (chosen["domain"], chosen["is_default"], chosen["primary"]) == (DOMAIN, True, True)
    assert house.ask("GET", path) == chosen
    second = verified(house, dns, "login.acme.example")
    house.ask("PATCH", path, {"domain": "login.acme.example"})
    assert [each["is_default"] for each in house.ask("GET", "custom-domains")] == [False, True]
    house.ask("DELETE", f"custom-domains/{second['custom_domain_id']}")
    assert house.ask("GET", path) == {"domain": "localhost:8443"}
    house.ask("PATCH", path, {"domain": DOMAIN})
    assert house.ask("PATCH", path, {"domain": "localhost:8443"}) == {"domain": "localhost:8443"}
    assert house.ask("GET", path) == {"domain": "localhost:8443"}
    assert "does not exist" in refused(house, 404, "PATCH", path, {"domain": "other.example"})
    refused(house, 400, "PATCH", path, {})
    refused(house, 400, "PATCH", path, {"domain": DOMAIN, "more": 1})


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "custom-domains", "read:custom_domains"),
        ("POST", "custom-domains", "create:custom_domains"),
        ("GET", "custom-domains/default", "read:custom_domains"),
        ("PATCH", "custom-domains/default", "update:custom_domains"),
        ("GET", "custom-domains/cd_1", "read:custom_domains"),
        ("PATCH", "custom-domains/cd_1", "update:custom_domains"),
        ("DELETE", "custom-domains/cd_1", "delete:custom_domains"),
        ("POST", "custom-domains/cd_1/verify", "create:custom_domains"),
        ("POST", "custom-domains/cd_1/test", "read:custom_domains"),
        ("POST", "custom-domains/cd_1/rotate-key", "update:custom_domains"),
    ],
)
def test_scopes(shared: InProcess, method: str, path: str, scope: str) -> None:
    audience = shared.bootstrap["management"]["audience"]
    client = shared.client(audience, ["read:clients"])
    form: dict[str, Any] = {name: client[name] for name in ("client_id", "client_secret")}
    form["audience"] = audience
    token = shared.token(**form).json()["access_token"]
    answer = shared.call(method, path, {}, token=token)
    assert answer.status == 403
    assert answer.json()["message"] == f"Insufficient scope, expected any of: {scope}"


def test_settings_are_checked_at_the_start() -> None:
    from tallystick.errors import StartupError
    from tallystick.settings import load_settings

    assert load_settings({"dns_server": "127.0.0.1:5353"}, {}) == Settings(dns_server="127.0.0.1:5353")
    for options in ({"dns_server": "dns.example"}, {"custom_domain_verification": "maybe"}):
        with pytest.raises(StartupError):
            load_settings(options, {})

"""``/custom-domains`` (auth0.md 4.8), with a DNS server of the tests' own, and what a verified domain leads to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from tallystick.deployment.facts import opened_storage
from tallystick.deployment.new_tenant import create_tenant
from tallystick.outbound import lookup
from tallystick.settings import Settings
from tests.application import JWT_BEARER, decoded, now_ms
from tests.forge import Key
from tests.inprocess import HOST, Answered, InProcess, in_process
from tests.nameserver import NameServer, name_server

DOMAIN = "id.acme.example"
ISSUER = "https://id.acme.example/"
MTLS = "https://mtls.id.acme.example/"
SELF, MANAGED = {"type": "self_managed_certs"}, {"type": "auth0_managed_certs"}


@pytest.fixture
def dns() -> Iterator[NameServer]:
    with name_server() as server:
        yield server


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a deployment after its first start, to be copied: making its keys takes longest."""
    data = tmp_path_factory.mktemp("started") / "data"
    with in_process(data, now_ms()):
        return data


@pytest.fixture
def house(tmp_path: Path, started: Path, dns: NameServer) -> Iterator[InProcess]:
    copytree(started, tmp_path / "data")
    with in_process(tmp_path / "data", now_ms(), dns_server=dns.address) as running:
        yield running


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    """A house in which nothing is verified, for what is refused."""
    with in_process(tmp_path_factory.mktemp("shared") / "data", now_ms()) as running:
        yield running


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


# Life


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


# Verification


@pytest.mark.parametrize(
    ("mood", "said"),
    [
        ("", "There is no name _cf-custom-hostname.id.acme.example in the DNS."),
        ("silent", "The DNS did not answer within"),
        ("SERVFAIL", "No DNS server could answer"),
        ("garbage", "."),
    ],
)
def test_trouble_with_the_dns_is_told_in_the_domain(
    house: InProcess, dns: NameServer, mood: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit, seconds in (("LOOKUP_S_MAX", 0.4), ("ATTEMPT_S_MAX", 0.2), ("SETTLE_S", 0.1)):
        monkeypatch.setattr(lookup, limit, seconds)
    dns.mood, made = mood, create(house)
    found = verify(house, made)
    assert found["status"] == "pending_verification"
    assert found["verification"]["status"] == "failed"
    assert said in found["verification"]["error_msg"]
    assert found["verification"]["last_verified_at"] is None
    assert "cname_api_key" not in found
    assert discovery(house, DOMAIN).status == 421
    dns.mood = ""
    publish(dns, made)
    assert verify(house, made)["verification"]["error_msg"] is None


def test_only_the_exact_value_proves(house: InProcess, dns: NameServer) -> None:
    made = create(house)
    (method,) = made["verification"]["methods"]
    record = method["record"]
    wrong = ["", record[:-1], record + "x", record.swapcase(), f" {record}", f"{record} ", f"v={record}"]
    dns.texts[method["domain"]] = wrong
    assert "has the expected value" in verify(house, made)["verification"]["error_msg"]
    # Elsewhere it proves nothing.
    dns.texts |= {DOMAIN: [record], f"_cf-custom-hostname.mtls.{DOMAIN}": [record], method["domain"]: ["x"]}
    assert verify(house, made)["status"] == "pending_verification"
    dns.texts[method["domain"]] = [*wrong, record]
    assert verify(house, made)["status"] == "ready"


def test_the_record_of_another_domain_proves_nothing(house: InProcess, dns: NameServer) -> None:
    first, second = create(house), create(house, "login.acme.example")
    dns.texts["_cf-custom-hostname.login.acme.example"] = [first["verification"]["methods"][0]["record"]]
    assert verify(house, second)["status"] == "pending_verification"


def test_a_later_look_in_vain_is_told_and_shuts_nobody_out(house: InProcess, dns: NameServer) -> None:
    found = verified(house, dns)
    dns.texts.clear()
    again = verify(house, found)
    assert again["status"] == "ready"
    assert again["verification"]["status"] == "failed"
    assert again["verification"]["last_verified_at"] == found["verification"]["last_verified_at"]
    assert discovery(house, DOMAIN).status == 200


def test_an_operator_may_vouch_instead(tmp_path: Path) -> None:
    with in_process(tmp_path / "data", now_ms(), custom_domain_verification="none") as house:
        found = verify(house, create(house))
        assert found["status"] == "ready"
        assert house.ask("POST", f"custom-domains/{found['custom_domain_id']}/test") == {"success": True}
        assert discovery(house, DOMAIN).json()["issuer"] == ISSUER


def test_a_test_says_what_the_dns_lacks(house: InProcess, dns: NameServer) -> None:
    made = create(house)
    path = f"custom-domains/{made['custom_domain_id']}/test"
    assert "not verified" in refused(house, 409, "POST", path)
    publish(dns, made)
    verify(house, made)
    assert "There is no name id.acme.example" in house.ask("POST", path)["message"]
    dns.addresses |= {DOMAIN: ["192.0.2.1"]}
    assert house.ask("POST", path) == {
        "success": False,
        "message": "There is no name mtls.id.acme.example in the DNS.",
    }
    dns.addresses |= {f"mtls.{DOMAIN}": ["2001:db8::1"]}
    assert house.ask("POST", path) == {"success": True}


# Names


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
    own: dict[str, Any] = {"issuer": "https://as.example/", "mtls_host": "mtls-as.example", "dns_server": dns.address}
    with in_process(tmp_path / "data", now_ms(), **own) as house:
        house.host = b"as.example"
        for domain in ("as.example", "mtls-as.example", "edge.as.example", "x.edge.as.example"):
            assert "name of this server" in refused(house, 400, "POST", "custom-domains", {"domain": domain, **SELF})
        # Names that only look alike are others'.
        for domain in ("xas.example", "as.example.org", "ledge.as.example", "login.as.example"):
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


# Neighbours


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


# What a verified domain leads to


def test_g49_its_hosts_show_its_issuer_exactly_and_others_lead_nowhere(house: InProcess, dns: NameServer) -> None:
    before = discovery(house, "localhost:8443").json()
    origin = verified(house, dns)["origin_domain_name"]
    expected = None
    for name in (DOMAIN, f"mtls.{DOMAIN}", origin):
        for spelled in (name, name.upper(), f"{name}:443", f"{name}:8443", f"{name}:8444"):
            document = discovery(house, spelled).json()
            expected = expected or document
            assert document == expected
            assert document["issuer"] == ISSUER
            assert document["token_endpoint"] == f"{ISSUER}oauth/token"
            assert document["mtls_endpoint_aliases"] == {"token_endpoint": f"{MTLS}oauth/token"}
            assert "localhost" not in str(document)
        for odd in ("{}.", "{}:80", "{}:8443.", "{}:0443", "x.{}", "x{}", "{}x", "{}.evil.example", "{}@evil.example"):
            assert discovery(house, odd.format(name)).status == 421, odd
    assert discovery(house, "acme.example").status == 421
    assert discovery(house, "localhost:8443").json() == before


def test_tokens_are_from_the_issuer_of_the_host_and_count_by_every_host(house: InProcess, dns: NameServer) -> None:
    verified(house, dns)
    management = house.bootstrap["management"]
    canonical = management["audience"]
    tokens = {}
    for host, issuer in ((DOMAIN, ISSUER), ("localhost:8443", house.issuer)):
        # As SDKs build it from their domain, or as it is: the token is for the one Management API.
        for audience in (canonical, f"{ISSUER}api/v2/", f"{MTLS}api/v2/", f"https://{DOMAIN}:443/api/v2/"):
            answer = house.token(host=host.encode(), **{**management, "audience": audience})
            assert answer.status == 200, answer
            claims = decoded(answer.json()["access_token"])[1]
            assert (claims["iss"], claims["aud"]) == (issuer, canonical)
            tokens[host] = answer.json()["access_token"]
    for token in tokens.values():
        for host in (DOMAIN, f"mtls.{DOMAIN}", "localhost:8443"):
            assert house.call("GET", "custom-domains", token=token, host=host.encode()).status == 200
    other = house.token(host=DOMAIN.encode(), **{**management, "audience": "https://acme.example/api/v2/"})
    assert other.json()["error"] == "invalid_target"


def by_assertion(house: InProcess, host: str, audience: str, assertion: str) -> Answered:
    form: dict[str, Any] = {"client_assertion_type": JWT_BEARER, "client_assertion": assertion}
    return house.token(host=host.encode(), audience=audience, **form)


@pytest.mark.parametrize("profile", [None, "fapi2_sp_pkj_mtls"])
def test_a1_an_assertion_is_for_the_issuer_of_the_host_it_comes_by(
    house: InProcess, dns: NameServer, profile: str | None
) -> None:
    origin = verified(house, dns)["origin_domain_name"]
    key = Key("ES256")
    credentials = [{"credential_type": "public_key", "pem": key.public_pem, "alg": "ES256"}]
    level: dict[str, Any] = {}
    if profile is not None:
        level = {"compliance_level": profile, "require_proof_of_possession": False}
    level["client_authentication_methods"] = {"private_key_jwt": {"credentials": credentials}}
    audience = house.api()["identifier"]
    client = house.client(audience, **level)

    def ask(host: str, aud: Any) -> int:
        answer = by_assertion(house, host, audience, key.assertion(client["client_id"], aud))
        if answer.status == 200:
            expected = house.issuer if host == "localhost:8443" else ISSUER
            assert decoded(answer.json()["access_token"])[1]["iss"] == expected
        return answer.status

    for host in (DOMAIN, f"mtls.{DOMAIN}", f"{origin}:443"):
        assert ask(host, ISSUER) == 200
        for aud in (
            house.issuer,
            f"{house.issuer}oauth/token",
            ISSUER[:-1],
            MTLS,
            f"https://{origin}/",
            ISSUER.upper(),
        ):
            assert ask(host, aud) == 401, aud
        assert ask(host, [ISSUER, house.issuer]) == 401
        assert ask(host, f"{ISSUER}oauth/token") == (200 if profile is None else 401)
    assert ask("localhost:8443", house.issuer) == 200
    assert ask("localhost:8443", ISSUER) == 401


def test_a2_an_assertion_counts_once_whatever_host_it_comes_by(house: InProcess, dns: NameServer) -> None:
    verified(house, dns)
    key = Key("ES256")
    credentials = [{"credential_type": "public_key", "pem": key.public_pem, "alg": "ES256"}]
    audience = house.api()["identifier"]
    client = house.client(audience, client_authentication_methods={"private_key_jwt": {"credentials": credentials}})
    assertions = [key.assertion(client["client_id"], issuer, jti="once") for issuer in (ISSUER, house.issuer)]
    assert by_assertion(house, DOMAIN, audience, assertions[0]).status == 200
    assert by_assertion(house, "localhost:8443", audience, assertions[1]).status == 401


def test_identifiers_under_a_custom_domain_are_reserved(house: InProcess, dns: NameServer) -> None:
    api = house.api(f"{ISSUER}orders")
    made = create(house)
    publish(dns, made)
    verify_path = f"custom-domains/{made['custom_domain_id']}/verify"
    assert "resource server" in refused(house, 409, "POST", verify_path)
    assert discovery(house, DOMAIN).status == 421
    house.ask("DELETE", f"resource-servers/{api['id']}")
    origin = verify(house, made)["origin_domain_name"]
    for url in (ISSUER, MTLS, f"https://{origin}/", house.issuer):
        for identifier in (url, url[:-1], f"{url}api/v2/", f"{url}orders"):
            body = {"identifier": identifier}
            assert "reserved" in refused(house, 400, "POST", "resource-servers", body), identifier
    house.api("https://id.acme.example.org/")


def test_signing_keys_rotated_by_a_custom_host_name_the_tenant(house: InProcess, dns: NameServer) -> None:
    verified(house, dns)
    house.host = DOMAIN.encode()
    house.ask("POST", "keys/signing/rotate")
    assert "acme" not in str([key["cert"] for key in house.ask("GET", "keys/signing")])


def test_with_managed_certificates_our_own_listeners_serve_it(house: InProcess, dns: NameServer) -> None:
    found = verified(house, dns, **MANAGED)
    assert {"cname_api_key", "origin_domain_name"}.isdisjoint(found)
    document = discovery(house, f"{DOMAIN}:8443").json()
    assert document["issuer"] == f"https://{DOMAIN}:8443/"
    assert document["mtls_endpoint_aliases"]["token_endpoint"] == f"https://mtls.{DOMAIN}:8444/oauth/token"
    assert discovery(house, DOMAIN).status == 421
    hosts = house.run(house.opened.hosts())
    assert {DOMAIN, f"mtls.{DOMAIN}"} <= set(hosts)
    path = f"custom-domains/{found['custom_domain_id']}/rotate-key"
    assert "has no key" in refused(house, 409, "POST", path, {})


def test_without_tls_of_our_own_there_are_no_managed_certificates(tmp_path: Path, dns: NameServer) -> None:
    with in_process(tmp_path / "data", now_ms(), dns_server=dns.address, insecure_http=True) as house:
        body = {"domain": DOMAIN, **MANAGED}
        assert "does not serve TLS" in refused(house, 400, "POST", "custom-domains", body)
        verified(house, dns)
        document = discovery(house, DOMAIN).json()
        assert document["mtls_endpoint_aliases"]["token_endpoint"] == f"{MTLS}oauth/token"


# The default


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


# Lists


def test_lists_search_sort_and_page(house: InProcess, dns: NameServer) -> None:
    create(house, "b.acme.example", domain_metadata={"team": "red one"})
    create(house, "c.acme.example")
    verified(house, dns, "a.acme.example", domain_metadata={"team": "blue"})

    def names(query: str) -> list[str]:
        return [each["domain"][0] for each in house.ask("GET", f"custom-domains?{query}")]

    assert names("") == ["b", "c", "a"]
    assert names("sort=domain:1") == ["a", "b", "c"]
    assert names("sort=created_at:-1")[-1:] in (["b"], ["a"], ["c"])
    assert names("sort=domain:-1") == ["c", "b", "a"]
    assert names("q=status:ready") == ["a"]
    assert names("q=status:pending_verification&sort=domain:-1") == ["c", "b"]
    assert names("q=domain:c.acme.example") == ["c"]
    assert names("q=domain_metadata.team:%22red%20one%22") == ["b"]
    assert names("q=type:self_managed_certs%20AND%20domain_metadata.team:blue") == ["a"]
    assert names("q=is_default:false%20AND%20domain:acme.example") == []
    assert names("per_page=2&page=1&sort=domain:1") == ["c"]
    assert house.ask("GET", "custom-domains?fields=domain,status&q=status:ready") == [
        {"domain": "a.acme.example", "status": "ready"}
    ]
    assert "domain" not in house.ask("GET", "custom-domains?fields=domain&include_fields=false")[0]
    first = house.ask("GET", "custom-domains?take=2&sort=domain:1")
    assert [each["domain"] for each in first["custom_domains"]] == ["a.acme.example", "b.acme.example"]
    rest = house.ask("GET", f"custom-domains?take=2&sort=domain:1&from={first['next']}")
    assert [each["domain"] for each in rest["custom_domains"]] == ["c.acme.example"]
    assert "next" not in rest


@pytest.mark.parametrize(
    "query",
    [
        "unknown=1",
        "q=domain:*",
        "q=acme",
        "q=domain:a%20OR%20domain:b",
        "q=NOT%20domain:a",
        "q=created_at:1",
        "q=verification:x",
        "q=domain:a%20domain:b",
        "sort=domain",
        "sort=domain:2",
        "sort=verification:1",
        "take=0",
        "take=101",
        "from=x",
    ],
)
def test_a_query_that_would_not_be_followed_is_refused(shared: InProcess, query: str) -> None:
    assert "Query validation error" in refused(shared, 400, "GET", f"custom-domains?{query}")


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

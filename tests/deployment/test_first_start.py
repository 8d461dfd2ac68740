"""First and later starts, in one process: everything at once, or nothing; and later starts keep it."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tallystick.apis.client_grants import ClientGrant
from tallystick.apis.registry import identifiers_under
from tallystick.apis.resource_servers import ResourceServer
from tallystick.app import open_app
from tallystick.deployment import first_start
from tallystick.deployment.facts import database_url, listeners_of, opened_storage
from tallystick.deployment.first_start import BOOTSTRAP_FILE, prepare
from tallystick.deployment.master_key import FILE_NAME
from tallystick.deployment.new_tenant import create_tenant, list_tenants
from tallystick.errors import Conflict, StartupError
from tallystick.events import Event
from tallystick.records import DEPLOYMENT, Change, Writer
from tallystick.settings import Settings
from tallystick.signing.key import SigningKey
from tallystick.storage.migrate import migrate
from tallystick.tenants.custom_domain import CustomDomain
from tallystick.tenants.domain_registry import CustomDomains
from tallystick.tenants.tenant import Tenant, TenantHost

KEYS_COUNT = 4 * 2 + 2
"""Of each algorithm that signs a current and a next one, and one of each that others encrypt to."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data")


def bootstrap(settings: Settings) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((settings.data / BOOTSTRAP_FILE).read_bytes())
    return document


async def rows(settings: Settings, *kinds: Any) -> dict[str, list[Any]]:
    async with opened_storage(settings) as storage:
        return {kind.__name__: await storage.find(kind, None) for kind in kinds}


def test_a_later_start_with_a_certificate_of_its_own_no_longer_names_the_local_ca(settings: Settings) -> None:
    asyncio.run(prepare(settings))
    before = bootstrap(settings)
    assert before["ca_file"]
    asyncio.run(prepare(replace(settings, tls_cert=Path("mine.pem"), tls_key=Path("mine.key"))))
    assert bootstrap(settings) == before | {"ca_file": None}
    (settings.data / BOOTSTRAP_FILE).write_text("{")
    asyncio.run(prepare(settings))
    assert (settings.data / BOOTSTRAP_FILE).read_text() == "{"


def test_a_first_start_makes_a_tenant_and_says_how_to_begin(settings: Settings) -> None:
    asyncio.run(prepare(settings))
    document = bootstrap(settings)
    assert (document["issuer"], document["domain"]) == ("https://localhost:8443/", "localhost:8443")
    assert document["management"]["audience"] == "https://localhost:8443/api/v2/"
    assert set(document["management"]) == {"client_id", "client_secret", "audience"}
    assert set(document["admin"]) == {"email", "password"}
    assert settings.data.stat().st_mode & 0o777 == 0o700
    for name in (BOOTSTRAP_FILE, FILE_NAME):
        assert (settings.data / name).stat().st_mode & 0o777 == 0o600
    found = asyncio.run(rows(settings, Tenant, SigningKey))
    assert [tenant.issuer for tenant in found["Tenant"]] == [document["issuer"]]
    assert len(found["SigningKey"]) == KEYS_COUNT


def test_a_later_start_keeps_everything(settings: Settings) -> None:
    asyncio.run(prepare(settings))
    kinds = Tenant, SigningKey, TenantHost
    document, before = bootstrap(settings), asyncio.run(rows(settings, *kinds))
    asyncio.run(prepare(settings))
    assert (bootstrap(settings), asyncio.run(rows(settings, *kinds))) == (document, before)


def test_a_first_start_that_breaks_off_is_begun_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as context:
        context.setattr(first_start, "_write_bootstrap", broken)
        with pytest.raises(OSError, match="disk full"):
            asyncio.run(prepare(settings))
    assert asyncio.run(rows(settings, Tenant)) == {"Tenant": []}
    asyncio.run(prepare(settings))
    assert len(asyncio.run(rows(settings, Tenant))["Tenant"]) == 1
    assert bootstrap(settings)["management"]["client_secret"]


def test_without_its_master_key_a_filled_database_does_not_start(settings: Settings) -> None:
    asyncio.run(prepare(settings))
    (settings.data / FILE_NAME).rename(settings.data / "elsewhere")
    for start in (prepare, open_app):
        with pytest.raises(StartupError, match="missing"):
            asyncio.run(start(settings))
    assert not (settings.data / FILE_NAME).exists()
    wrong = replace(settings, master_key="A" * 43)
    for start in (prepare, open_app):
        with pytest.raises(StartupError, match="not the one"):
            asyncio.run(start(wrong))


def test_a_worker_does_not_open_what_was_never_prepared(settings: Settings) -> None:
    settings.data.mkdir()
    with pytest.raises(Exception) as refusal:  # noqa: PT011  # no tables yet, or no first start: it must not serve
        asyncio.run(open_app(settings))
    assert not isinstance(refusal.value, AssertionError)


def test_a_worker_does_not_open_a_database_without_a_first_start(settings: Settings) -> None:
    settings.data.mkdir()
    asyncio.run(migrate(database_url(settings)))
    with pytest.raises(StartupError, match="not prepared"):
        asyncio.run(open_app(replace(settings, master_key="A" * 43)))


def test_the_database_decides_what_is_a_first_start(settings: Settings) -> None:
    asyncio.run(prepare(settings))
    before = asyncio.run(rows(settings, Tenant, SigningKey))
    (settings.data / BOOTSTRAP_FILE).unlink()  # as careful operators do
    asyncio.run(prepare(settings))
    assert asyncio.run(rows(settings, Tenant, SigningKey)) == before
    assert not (settings.data / BOOTSTRAP_FILE).exists()


def test_a_start_on_other_ports_leaves_no_old_host_behind(settings: Settings) -> None:
    asyncio.run(prepare(settings))
    asyncio.run(prepare(replace(settings, port=9443, mtls_port=9444)))
    hosts = {row.host for row in asyncio.run(rows(settings, TenantHost))["TenantHost"]}
    assert {"localhost:9443", "localhost:9444"} <= hosts
    assert not [host for host in hosts if host.endswith((":8443", ":8444"))]


def test_a_start_that_listens_elsewhere_moves_the_addresses_and_what_carries_them(settings: Settings) -> None:
    asyncio.run(prepare(settings))
    before = bootstrap(settings)
    moved = replace(settings, issuer="https://auth.example/")
    asyncio.run(prepare(moved))
    after = bootstrap(settings)
    assert (after["issuer"], after["management"]["audience"]) == (
        "https://auth.example/",
        "https://auth.example/api/v2/",
    )
    assert after["management"]["client_secret"] == before["management"]["client_secret"]
    found = asyncio.run(rows(settings, Tenant, TenantHost, ResourceServer, ClientGrant))
    assert [api.identifier for api in found["ResourceServer"]] == ["https://auth.example/api/v2/"]
    assert [grant.audience for grant in found["ClientGrant"]] == ["https://auth.example/api/v2/"]
    assert [tenant.issuer for tenant in found["Tenant"]] == ["https://auth.example/"]
    assert "auth.example" in {row.host for row in found["TenantHost"]}


DOMAIN = "id.acme.example"


def event_of(tenant_id: str, description: str, **details: Any) -> Event:
    return Event(tenant_id=tenant_id, type="sapi", at_ms=1, description=description, details=details)


async def add_custom_domain(settings: Settings) -> str:
    """A verified domain of the first tenant; its origin."""
    async with opened_storage(settings) as storage:
        (tenant,) = await storage.find(Tenant, None)
        domains = CustomDomains(Writer(storage), listeners_of(settings), None, partial(identifiers_under, storage))
        body = {"domain": DOMAIN, "type": "self_managed_certs"}
        log = partial(event_of, tenant.tenant_id)
        made = await domains.create(tenant, body, 1, log)
        found = await domains.verify(tenant, made.custom_domain_id, 1, log)
        return found.domain.origin_domain_name or ""


def test_a_custom_domain_stays_when_the_deployment_moves(settings: Settings) -> None:
    asyncio.run(prepare(settings))
    origin = asyncio.run(add_custom_domain(settings))
    kinds = CustomDomain, TenantHost
    domains = asyncio.run(rows(settings, *kinds))["CustomDomain"]
    asyncio.run(prepare(replace(settings, issuer="https://auth.example/", port=9443, mtls_port=9444)))
    found = asyncio.run(rows(settings, *kinds))
    assert found["CustomDomain"] == domains
    hosts = {row.host: row for row in found["TenantHost"]}
    ours = [hosts[f"{name}{port}"] for name in (DOMAIN, f"mtls.{DOMAIN}", origin) for port in ("", ":443", ":9443")]
    assert {(row.issuer, row.mtls_issuer, row.custom_domain_id) for row in ours} == {
        (f"https://{DOMAIN}/", f"https://mtls.{DOMAIN}/", domains[0].custom_domain_id)
    }
    assert hosts["auth.example"].issuer is None
    assert not [host for host in hosts if host.endswith((":8443", ":8444")) or host.startswith("localhost:8")]


@pytest.mark.parametrize("moved", [{"issuer": f"https://{DOMAIN}/"}, {"mtls_host": f"mtls.{DOMAIN}"}])
def test_a_start_under_a_name_that_is_a_custom_domain_says_so(settings: Settings, moved: dict[str, str]) -> None:
    asyncio.run(prepare(settings))
    asyncio.run(add_custom_domain(settings))
    before = bootstrap(settings), asyncio.run(rows(settings, Tenant, TenantHost))
    with pytest.raises(StartupError, match=r"custom domain, cd_[a-z0-9]{16}: delete"):
        asyncio.run(prepare(replace(settings, **moved)))
    assert (bootstrap(settings), asyncio.run(rows(settings, Tenant, TenantHost))) == before
    asyncio.run(prepare(settings))


def test_keys_that_are_missing_are_made_at_a_later_start(settings: Settings) -> None:
    asyncio.run(prepare(settings))

    async def lose_one() -> None:
        async with opened_storage(settings) as storage:
            key = next(key for key in await storage.find(SigningKey, None) if key.alg == "Ed25519")
            revision = await storage.revision(DEPLOYMENT)
            await storage.commit(Change(tenant_id=DEPLOYMENT, base_revision=revision, erasures=[key]))

    asyncio.run(lose_one())
    asyncio.run(prepare(settings))
    assert len(asyncio.run(rows(settings, SigningKey))["SigningKey"]) == KEYS_COUNT


def test_a_tenant_on_command(settings: Settings) -> None:
    with pytest.raises(StartupError):
        asyncio.run(create_tenant(settings, "second", "second.example"))
    asyncio.run(prepare(settings))
    tenant, contents = asyncio.run(create_tenant(settings, "second", "second.example"))
    assert contents.management["audience"] == tenant.url("api/v2/")
    assert len(asyncio.run(list_tenants(settings))) == 2
    with pytest.raises(Conflict):
        asyncio.run(create_tenant(settings, "third", "second.example"))
    with pytest.raises(Conflict):  # a host of the first tenant, which is not its issuer's
        asyncio.run(create_tenant(settings, "third", "127.0.0.1"))
    assert len(asyncio.run(list_tenants(settings))) == 2
    with pytest.raises(StartupError, match="not the one"):
        asyncio.run(create_tenant(replace(settings, master_key="A" * 43), "third", "third.example"))

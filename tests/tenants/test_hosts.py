"""attacks.md 49: the tenant comes from configured hosts alone, the issuer never from the request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from tallystick.records import DEPLOYMENT, Change
from tallystick.tenants.hostnames import checked_host, checked_issuer, host_of
from tallystick.tenants.hosts import HostDirectory
from tallystick.tenants.tenant import TenantHost
from tests.patience import LOOK_AGAIN_S, Patience

from .stored import OTHER, TENANT, save, stored

HOSTS = [
    TenantHost(tenant_id="t1", host="one.example"),
    TenantHost(tenant_id="t1", host="one.example:8443"),
    TenantHost(tenant_id="t1", host="[::1]:8443"),
    TenantHost(tenant_id="t2", host="two.example"),
]


@pytest.mark.parametrize(
    ("host", "tenant_id"),
    [
        ("one.example", "t1"),
        ("ONE.Example", "t1"),
        ("one.example:8443", "t1"),
        ("[::1]:8443", "t1"),
        ("two.example", "t2"),
        # Everything else is unknown: another port, a final dot, an address, lists, user information, white space …
        ("one.example:443", None),
        ("one.example.", None),
        ("one.example:8443.", None),
        ("[0:0:0:0:0:0:0:1]:8443", None),
        ("::1:8443", None),
        ("evil.example", None),
        ("sub.one.example", None),
        ("one.example.evil.example", None),
        ("one.example, evil.example", None),
        ("evil.example@one.example", None),
        (" one.example", None),
        ("one.example ", None),
        ("one.example\t", None),
        ("one.example\0", None),
        ("one.example/", None),
        ("one.example:", None),
        ("one.example:08443", None),
        ("ONE.EXAMP\u2113E", None),
        ("two.e\u212aample", None),
        ("\u212a.example", None),
        ("", None),
        ("*", None),
        ("%", None),
    ],
)
def test_only_a_configured_host_leads_to_a_tenant(tmp_path: Path, host: str, tenant_id: str | None) -> None:
    async def scenario() -> None:
        async with stored(tmp_path, TENANT, OTHER, *HOSTS) as storage:
            tenant = await HostDirectory(storage, storage).tenant_of(host)
            assert (tenant.tenant_id if tenant else None) == tenant_id

    asyncio.run(scenario())


ORIGIN = "one-cd-1.edge.one.example"
CUSTOM = [
    TenantHost(
        tenant_id="t1",
        host=host,
        issuer="https://id.acme.example/",
        mtls_issuer="https://mtls.id.acme.example/",
        custom_domain_id="cd_1",
    )
    for host in ("id.acme.example", "id.acme.example:443", "mtls.id.acme.example", ORIGIN)
]


def test_the_hosts_of_a_custom_domain_show_the_tenant_under_the_domains_issuers(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with stored(tmp_path, TENANT, *HOSTS[:3], *CUSTOM) as storage:
            directory = HostDirectory(storage, storage)
            own = await directory.tenant_of("one.example")
            assert own is not None
            for row in CUSTOM:
                seen = await directory.tenant_of(row.host.upper())
                assert seen is not None
                assert (seen.tenant_id, seen.name, seen.settings) == (own.tenant_id, own.name, own.settings)
                assert (seen.issuer, seen.mtls_issuer) == (row.issuer, row.mtls_issuer)
                assert seen.canonical == own
            assert own.canonical is own
            assert await directory.issuers(own) == {"https://one.example/", "https://id.acme.example/"}
            for odd in ("id.acme.example.", "id.acme.example:8443", "x.id.acme.example", "acme.example", ORIGIN + ":1"):
                assert await directory.tenant_of(odd) is None, odd
            storage.get = storage.find = None  # type: ignore[method-assign, assignment]
            assert await directory.tenant_of("id.acme.example:443") is seen

    asyncio.run(scenario())


def test_what_a_custom_host_shows_cannot_be_kept(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with stored(tmp_path, TENANT, *CUSTOM) as storage:
            seen = await HostDirectory(storage, storage).tenant_of("id.acme.example")
            assert seen is not None
            with pytest.raises(KeyError):
                await save(storage, "t1", replace(seen, name="mistake"))

    asyncio.run(scenario())


def test_a_custom_domain_that_is_gone_leads_nowhere_and_its_issuer_is_nobodys(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with stored(tmp_path, TENANT, *HOSTS[:1], *CUSTOM) as storage:
            directory = HostDirectory(storage, storage)
            assert await directory.tenant_of("id.acme.example") is not None
            revision = await storage.revision(DEPLOYMENT)
            await storage.commit(Change(tenant_id=DEPLOYMENT, base_revision=revision, erasures=CUSTOM))
            assert await directory.tenant_of("id.acme.example") is None
            assert await directory.issuers(TENANT) == {TENANT.issuer}

    asyncio.run(scenario())


def test_the_kelvin_sign_does_not_become_a_k(tmp_path: Path) -> None:
    async def scenario() -> None:
        host = TenantHost(tenant_id="t1", host="k.example")
        async with stored(tmp_path, TENANT, host) as storage:
            directory = HostDirectory(storage, storage)
            assert await directory.tenant_of("K.example") is not None
            assert await directory.tenant_of("\u212a.example") is None

    asyncio.run(scenario())


def test_a_new_tenant_and_a_changed_one_are_seen_by_another_worker(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with stored(tmp_path, TENANT, *HOSTS[:3]) as here, stored(tmp_path) as there:
            directory = HostDirectory(there, there)
            assert await directory.tenant_of("two.example") is None
            await save(here, DEPLOYMENT, OTHER, HOSTS[3])
            await until(directory, "two.example", lambda name: name == "two")
            await save(here, "t2", replace(OTHER, name="renamed"))
            await until(directory, "two.example", lambda name: name == "renamed")

    asyncio.run(scenario())


async def until(directory: HostDirectory, host: str, holds: Callable[[str | None], bool]) -> None:
    patience = Patience()
    while True:
        tenant = await directory.tenant_of(host)
        if holds(tenant.name if tenant else None):
            return
        assert patience.is_left()
        await asyncio.sleep(LOOK_AGAIN_S)


def test_while_nothing_changes_the_database_is_not_asked(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with stored(tmp_path, TENANT, *HOSTS[:3]) as storage:
            directory = HostDirectory(storage, storage)
            first = await directory.tenant_of("one.example")
            storage.get = storage.find = None  # type: ignore[method-assign, assignment]
            assert await directory.tenant_of("one.example:8443") is first
            assert await directory.tenant_of("evil.example") is None

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "host",
    [
        "a",
        "localhost",
        "localhost:8443",
        "a-b.example",
        "127.0.0.1:1",
        "[::1]",
        "[2001:db8::1]:65535",
        "xn--bcher-kva.de",
    ],
)
def test_hosts_are_taken_as_requests_send_them(host: str) -> None:
    assert checked_host(host) == host
    assert checked_host(host.upper()) == host


@pytest.mark.parametrize(
    "host",
    [
        "",
        ".",
        "a.",
        ".a",
        "a..b",
        "-a",
        "a-",
        "a_b",
        "a b",
        "a:0",
        "a:65536",
        "a:080",
        "a:",
        "a/b",
        "a@b",
        "a?b",
        "a#b",
        "*.example",
        "bücher.de",
        "::1",
        "[::1",
        "[::01]",
        "[0:0:0:0:0:0:0:1]",
        "[::g]",
        "[fe80::1%25eth0]",
        "256.1.1.1",
        "1.2.3",
        "127.0.0.01",
        "0x7f.1",
        "a.1",
        "a" * 64,
        ".".join(["a" * 60] * 5),
        "a\n",
    ],
)
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the reason differs
        checked_host(host)


@pytest.mark.parametrize(
    "issuer",
    [
        "https://one.example",
        "https://one.example/x/",
        "https://one.example/?a",
        "https://one.example/#a",
        "https://ONE.example/",
        "https://a@one.example/",
        "https:///",
        "ftp://one.example/",
        "HTTPS://one.example/",
        "https://one.example/\n",
        "one.example/",
    ],
)
def test_what_is_no_issuer_is_refused(issuer: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the reason differs
        checked_issuer(issuer)


def test_the_host_of_an_issuer_is_what_clients_send() -> None:
    assert host_of("https://one.example/") == host_of("https://one.example:443/") == "one.example"
    assert host_of("https://localhost:8443/") == "localhost:8443"
    assert host_of("http://localhost:443/") == "localhost:443"

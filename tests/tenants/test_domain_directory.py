"""auth0.md 2.3: which proxy has proven itself for which host, and what it may tell of its clients."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from typing import Any

import pytest

from tallystick.tenants import domain_directory
from tallystick.tenants.custom_domain import PENDING, READY, CustomDomain
from tallystick.tenants.domain_directory import DomainDirectory
from tallystick.tenants.hosts import HostDirectory
from tallystick.tenants.tenant import TenantHost
from tests.memory import MemoryRecords, MovableClock

from .stored import NOW_MS, OTHER, TENANT

KEY, OLD_KEY, THEIRS = "a1" * 64, "b2" * 64, "c3" * 64
ORIGIN, THEIR_ORIGIN = "one-cd-1.edge.one.example", "two-cd-2.edge.one.example"


def hashed(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def domain(tenant_id: str, id: str, key: str | None, status: str = READY, **metadata: Any) -> CustomDomain:
    return CustomDomain(
        tenant_id=tenant_id,
        custom_domain_id=id,
        domain=f"id.{tenant_id}.example",
        type="self_managed_certs",
        status=status,
        cname_api_key_hash=key and hashed(key),
        metadata=metadata,
        created_at_ms=NOW_MS,
        updated_at_ms=NOW_MS,
    )


OURS = domain(
    "t1",
    "cd_1",
    KEY,
    custom_client_ip_header="true-client-ip",
    previous_key={"sha256": hashed(OLD_KEY), "until_ms": NOW_MS + 1000},
)


class House:
    def __init__(self, *domains: CustomDomain) -> None:
        hosts = [
            TenantHost(tenant_id="t1", host="one.example"),
            *(TenantHost(tenant_id="t1", host=host, custom_domain_id="cd_1") for host in ("kid.t1.example", ORIGIN)),
            TenantHost(tenant_id="t2", host=THEIR_ORIGIN, custom_domain_id="cd_2"),
        ]
        self.records = MemoryRecords(TENANT, OTHER, *hosts, *domains)
        self.clock = MovableClock(NOW_MS)
        self.directory = DomainDirectory(
            self.records, self.records, HostDirectory(self.records, self.records), self.clock
        )

    def holds(self, host: str, key: str) -> bool:
        return asyncio.run(self.directory.key_holds(host, key))

    def header(self, host: str) -> str | None:
        return asyncio.run(self.directory.client_ip_header(host))


@pytest.fixture
def house() -> House:
    return House(OURS, domain("t2", "cd_2", THEIRS))


def test_the_key_holds_at_the_hosts_of_its_domain_alone(house: House) -> None:
    assert house.holds(ORIGIN, KEY)
    assert house.holds(ORIGIN.upper(), KEY)
    assert house.holds("kid.t1.example", KEY)
    assert house.holds(THEIR_ORIGIN, THEIRS)
    for host in (THEIR_ORIGIN, "one.example", ORIGIN + ".", ORIGIN + ":443", "x" + ORIGIN, "unknown.example", ""):
        assert not house.holds(host, KEY), host
    assert not house.holds("\u212aid.t1.example", KEY)


@pytest.mark.parametrize(
    "key", ["", KEY[:-1], KEY + "1", KEY.upper(), f" {KEY}", f"{KEY}\n", hashed(KEY), THEIRS, "\udcff", "é", "-" * 64]
)
def test_no_other_key_holds(house: House, key: str) -> None:
    assert not house.holds(ORIGIN, key)
    assert not house.holds("unknown.example", key)


def test_the_rotated_key_holds_until_its_time_is_over(house: House) -> None:
    assert house.holds(ORIGIN, OLD_KEY)
    house.clock.ms += 999
    assert house.holds(ORIGIN, OLD_KEY)
    house.clock.ms += 1
    assert not house.holds(ORIGIN, OLD_KEY)
    assert house.holds(ORIGIN, KEY)


def test_a_domain_that_is_not_verified_or_has_no_key_takes_none() -> None:
    for house in (House(domain("t1", "cd_1", KEY, PENDING)), House(domain("t1", "cd_1", None)), House()):
        for key in (KEY, "", "None", "-" * 64):
            assert not house.holds(ORIGIN, key)


def test_a15_unknown_hosts_cost_the_same_comparisons(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[str, str]] = []

    def compare(one: str, other: str) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr(domain_directory, "compare_digest", compare)
    for host, key in ((ORIGIN, KEY), (ORIGIN, "x"), ("unknown.example", KEY), ("one.example", KEY)):
        compared.clear()
        house.holds(host, key)
        assert [len(each) for pair in compared for each in pair] == [64, 64, 64, 64]


def test_the_header_to_believe_is_the_domains(house: House) -> None:
    assert house.header(ORIGIN) == "true-client-ip"
    assert house.header(THEIR_ORIGIN) is None
    assert house.header("one.example") is None


def test_while_nothing_changes_the_records_are_not_asked(house: House) -> None:
    house.holds(ORIGIN, KEY)
    loads = house.records.loads
    house.holds(ORIGIN, KEY)
    house.holds("unknown.example", KEY)
    assert house.header(ORIGIN)
    assert house.records.loads == loads

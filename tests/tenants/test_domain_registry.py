"""Looking for TXT records: one tenant's slow answers hold up its own questions alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from msgspec.structs import replace

from tallystick.outbound.lookup import LookupFailed
from tallystick.records import Writer
from tallystick.tenants.addresses import Listeners
from tallystick.tenants.domain_registry import CustomDomains
from tallystick.tenants.tenant import Tenant
from tests.memory import MemoryRecords
from tests.storage.samples import event

TENANT = Tenant(tenant_id="t1", name="one", issuer="https://one/", mtls_issuer="https://one/", created_at_ms=0)
OTHER = replace(TENANT, tenant_id="t2", name="two", issuer="https://two/", mtls_issuer="https://two/")
LISTENERS = Listeners(issuer="https://as.example/", port=443, mtls_port=444)


class SlowDns:
    """Answers nobody before everybody who may ask has asked."""

    def __init__(self) -> None:
        self.most_at_once: dict[str, int] = {}
        self.zones_at_once = 0
        self._now: dict[str, int] = {}

    async def txt(self, name: str) -> Sequence[str]:
        zone = name.rpartition(".")[2]
        self._now[zone] = self._now.get(zone, 0) + 1
        self.most_at_once[zone] = max(self.most_at_once.get(zone, 0), self._now[zone])
        for _ in range(20):
            await asyncio.sleep(0)
        self.zones_at_once = max(self.zones_at_once, sum(1 for count in self._now.values() if count))
        self._now[zone] -= 1
        raise LookupFailed("slow")

    async def addresses(self, name: str) -> Sequence[str]:
        return await self.txt(name)


async def none_under(tenant_id: str, urls: object) -> Sequence[str]:
    return ()


def test_a_tenant_asks_one_question_at_a_time_and_another_need_not_wait() -> None:
    async def crowd(dns: SlowDns) -> None:
        domains = CustomDomains(Writer(MemoryRecords(TENANT, OTHER)), LISTENERS, dns, none_under)
        waiting = []
        for tenant, zone in ((TENANT, "first"), (OTHER, "second")):
            for number in range(3):
                body = {"domain": f"d{number}.{zone}", "type": "self_managed_certs"}
                made = await domains.create(tenant, body, 0, lambda *_, **__: event())
                waiting.append(domains.verify(tenant, made.custom_domain_id, 0, lambda *_, **__: event()))
        await asyncio.gather(*waiting)

    dns = SlowDns()
    asyncio.run(crowd(dns))
    assert dns.most_at_once == {"first": 1, "second": 1}
    assert dns.zones_at_once == 2

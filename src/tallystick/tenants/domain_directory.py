"""What `front` asks of custom domains, remembered between changes: whether a proxy proved itself, what it may tell."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from hmac import compare_digest

from ..clock import Clock
from ..records import DEPLOYMENT, FORGOTTEN, Records, RevisionCache, Revisions
from .custom_domain import CustomDomain
from .hosts import HostDirectory

NO_KEY = "-" * 64
"""What stands in for a hash where there is none, so that unknown hosts take as long; no hash has this letter."""


class DomainDirectory:
    """Verified custom domains by their hosts. They change with the deployment, as hosts do."""

    def __init__(self, records: Records, revisions: Revisions, hosts: HostDirectory, clock: Clock) -> None:
        self._records = records
        self._hosts = hosts
        self._clock = clock
        self._domains: RevisionCache[Mapping[str, CustomDomain]] = RevisionCache(revisions)

    async def key_holds(self, host: str, key: str) -> bool:
        """Whether ``key`` is the ``cname-api-key`` of the verified domain that this ``Host`` leads to.

        Hashes of random bits are compared, in constant time, and as many for a host that nobody knows.
        """
        domain = await self._domain(host)
        shown = sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        hashes = _hashes(domain, self._clock.now_ms())
        return any([compare_digest(shown, each) for each in hashes])  # noqa: C419 - both, whatever the first says

    async def client_ip_header(self, host: str) -> str | None:
        """The header, in lower case, in which the domain's proxy names the client; None for the usual one."""
        domain = await self._domain(host)
        return None if domain is None else domain.client_ip_header

    async def _domain(self, host: str) -> CustomDomain | None:
        if not host.isascii():
            return None
        found = self._domains.remembered(DEPLOYMENT, "")
        domains = found if found is not FORGOTTEN else await self._domains.get(DEPLOYMENT, "", self._load)
        return domains.get(host.lower())

    async def _load(self) -> Mapping[str, CustomDomain]:
        ready = {
            (domain.tenant_id, domain.custom_domain_id): domain
            for domain in await self._records.find(CustomDomain, None)
            if domain.is_ready
        }
        rows = (await self._hosts.every()).values()
        owned = {row.host: ready.get((row.tenant_id, row.custom_domain_id or "")) for row in rows}
        return {host: domain for host, domain in owned.items() if domain is not None}


def _hashes(domain: CustomDomain | None, now_ms: int) -> tuple[str, str]:
    """The hashes of the keys that count: the current one, and the previous one while it is still taken."""
    if domain is None:
        return NO_KEY, NO_KEY
    previous = domain.previous_key
    still = previous is not None and now_ms < previous.until_ms
    return domain.cname_api_key_hash or NO_KEY, previous.sha256 if previous is not None and still else NO_KEY

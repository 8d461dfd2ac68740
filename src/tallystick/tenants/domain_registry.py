"""The one writer of custom domains and their hosts: every door goes through here.

Hosts belong to the whole deployment: no two tenants share one, and every worker must learn of a new one. So all changes
here are decided on the deployment's revision, never on a tenant's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

import msgspec

from ..errors import NotFound
from ..fields import check_create
from ..outbound.lookup import Lookup, LookupFailed
from ..records import DEPLOYMENT, Decision, Json, Record, Writer
from . import domain_rules as rules
from .addresses import MTLS_PREFIX, Listeners
from .custom_domain import CustomDomain
from .domain_fields import DEFAULT_FIELDS, ROTATION_FIELDS
from .hostnames import host_of
from .registry import Log
from .tenant import Tenant, TenantHost

IdentifiersUnder = Callable[[str, Iterable[str]], Awaitable[Sequence[str]]]
"""(tenant_id, URLs) → identifiers of the tenant's APIs under them; `apis` is above, so whoever wires hands it in."""


class DomainWithKey(msgspec.Struct, frozen=True):
    """A domain, and the key that the change made, shown this once; None when it made none."""

    domain: CustomDomain
    cname_api_key: str | None = None

    def __repr__(self) -> str:
        return f"DomainWithKey({self.domain.custom_domain_id})"


class Tested(msgspec.Struct, frozen=True):
    """Whether the DNS says of a domain what it should, and what is missing."""

    success: bool
    message: str = ""


class CustomDomains:
    """Makes, verifies, changes and removes custom domains."""

    def __init__(
        self, writer: Writer, listeners: Listeners, lookup: Lookup | None, identifiers_under: IdentifiersUnder
    ) -> None:
        """``lookup`` None takes every domain as verified: the operator vouches for what tenants claim."""
        self._writer = writer
        self._records = writer.records
        self._listeners = listeners
        self._lookup = lookup
        self._identifiers_under = identifiers_under
        # One question of a tenant at a time: slow answers to one shall not take the turns of all others.
        self._asking: dict[str, asyncio.Lock] = {}

    async def every(self, tenant_id: str) -> list[CustomDomain]:
        """The tenant's domains in the order they were made; there are at most :data:`domain_rules.DOMAINS_MAX`."""
        return await self._records.find(CustomDomain, tenant_id)

    async def get(self, tenant_id: str, id: str) -> CustomDomain:
        """One domain. Raises NotFound."""
        domain = await self._records.get(CustomDomain, tenant_id, id)
        if domain is None:
            raise _not_found()
        return domain

    async def create(self, tenant: Tenant, body: Json, now_ms: int, log: Log) -> CustomDomain:
        """A new domain, which nothing leads to yet. Raises InvalidField, and Conflict for the tenant's own domains."""
        values, id = rules.checked_new(self._listeners, body), rules.new_custom_domain_id()

        async def decide() -> Decision[CustomDomain]:
            existing = await self.every(tenant.tenant_id)
            domain = rules.new_custom_domain(tenant.tenant_id, id, values, existing, now_ms)
            event = log("Create a custom domain", custom_domain_id=id, domain=domain.domain)
            return Decision(domain, saves=(domain,), events=(event,))

        return await self._writer.carry_out(DEPLOYMENT, decide)

    async def update(self, tenant: Tenant, id: str, body: Json, now_ms: int, log: Log) -> CustomDomain:
        """The domain after an update. Raises InvalidField and NotFound."""

        async def decide() -> Decision[CustomDomain]:
            domain = rules.updated_custom_domain(await self.get(tenant.tenant_id, id), body, now_ms)
            event = log("Update a custom domain", custom_domain_id=id, changed=sorted(body))
            return Decision(domain, saves=(domain,), events=(event,))

        return await self._writer.carry_out(DEPLOYMENT, decide)

    async def erase(self, tenant: Tenant, id: str, log: Log) -> None:
        """Remove a domain with its hosts, and thereby its issuer; one that is not there is no error."""

        async def decide() -> Decision[None]:
            domain = await self._records.get(CustomDomain, tenant.tenant_id, id)
            if domain is None:
                return Decision(None)
            hosts = await self._records.find(TenantHost, tenant.tenant_id, where={"custom_domain_id": id})
            event = log("Delete a custom domain", custom_domain_id=id, domain=domain.domain)
            return Decision(None, erasures=(domain, *hosts), events=(event,))

        await self._writer.carry_out(DEPLOYMENT, decide)

    async def verify(self, tenant: Tenant, id: str, now_ms: int, log: Log) -> DomainWithKey:
        """Look for the domain's TXT record; once it is there, the domain's hosts lead to the tenant.

        A look in vain is no error: the domain says why. The first success makes the proxy's key. Raises NotFound, and
        Conflict when a host is in use, or an API has a name under the domain.
        """
        # Asked before deciding: a decision may run several times, and holds up all others.
        missing, key = await self._missing(await self.get(tenant.tenant_id, id)), rules.new_cname_api_key()

        async def decide() -> Decision[DomainWithKey]:
            domain = await self.get(tenant.tenant_id, id)
            if missing is not None:
                failed = rules.unverified_custom_domain(domain, missing, now_ms)
                event = log("Custom domain verification failed", custom_domain_id=id, domain=domain.domain, why=missing)
                return Decision(DomainWithKey(failed), saves=(failed,), events=(event,))
            made = key if rules.needs_key(domain) else None
            verified = rules.verified_custom_domain(domain, tenant.canonical, self._listeners, made, now_ms)
            hosts = await self._hosts(verified)
            event = log("Verify a custom domain", custom_domain_id=id, domain=domain.domain)
            return Decision(DomainWithKey(verified, made), saves=(verified, *hosts), events=(event,))

        return await self._writer.carry_out(DEPLOYMENT, decide)

    async def rotate_key(self, tenant: Tenant, id: str, body: Json, now_ms: int, log: Log) -> DomainWithKey:
        """A new key for the domain's proxy; the one before is taken a while longer. Raises Refused."""
        overlap_s, key = check_create(ROTATION_FIELDS, body)["overlap_s"], rules.new_cname_api_key()

        async def decide() -> Decision[DomainWithKey]:
            domain = await self.get(tenant.tenant_id, id)
            rotated = rules.rotated_custom_domain(domain, key, overlap_s, now_ms)
            event = log("Rotate the key of a custom domain", custom_domain_id=id, overlap_s=overlap_s)
            return Decision(DomainWithKey(rotated, key), saves=(rotated,), events=(event,))

        return await self._writer.carry_out(DEPLOYMENT, decide)

    async def test(self, tenant: Tenant, id: str) -> Tested:
        """Whether the record is still there, and both host names have addresses. Raises NotFound and Conflict."""
        domain = await self.get(tenant.tenant_id, id)
        rules.check_verified(domain)
        missing = await self._missing(domain)
        for name in (domain.domain, MTLS_PREFIX + domain.domain):
            if missing is None and self._lookup is not None:
                try:
                    async with self._turn(domain.tenant_id):
                        await self._lookup.addresses(name)
                except LookupFailed as failure:
                    missing = str(failure)
        return Tested(success=missing is None, message=missing or "")

    async def default(self, tenant: Tenant) -> CustomDomain | str:
        """The default domain, or the tenant's own host when no custom domain was made the default."""
        found = await self._records.find(CustomDomain, tenant.tenant_id, where={"is_default": True}, limit=1)
        return found[0] if found else host_of(tenant.canonical.issuer)

    async def set_default(self, tenant: Tenant, body: Json, now_ms: int, log: Log) -> CustomDomain | str:
        """Make a verified domain the default, by its name; the tenant's own host makes none of them the default.

        Raises InvalidField, NotFound, and Refused for a domain that is not verified.
        """
        name, own = check_create(DEFAULT_FIELDS, body)["domain"], host_of(tenant.canonical.issuer)

        async def decide() -> Decision[CustomDomain | str]:
            domains = await self.every(tenant.tenant_id)
            chosen = next((domain for domain in domains if domain.domain == name), None)
            if chosen is None and name != own:
                raise _not_found()
            changed = rules.with_default(domains, chosen, now_ms)
            event = log("Set the default custom domain", domain=name)
            result = next((domain for domain in changed if domain.domain == name), chosen or own)
            return Decision(result, saves=changed, events=(event,))

        return await self._writer.carry_out(DEPLOYMENT, decide)

    async def _missing(self, domain: CustomDomain) -> str | None:
        """Why the domain is not proven; None when it is."""
        if self._lookup is None:
            return None
        name = rules.TXT_PREFIX + domain.domain
        try:
            async with self._turn(domain.tenant_id):
                texts = await self._lookup.txt(name)
        except LookupFailed as failure:
            return str(failure)
        return None if domain.verification.record in texts else f"No TXT record at {name} has the expected value."

    def _turn(self, tenant_id: str) -> asyncio.Lock:
        return self._asking.setdefault(tenant_id, asyncio.Lock())

    async def _hosts(self, domain: CustomDomain) -> list[Record]:
        """The hosts of a verified domain, free to be its own. Raises Conflict."""
        hosts = rules.hosts_of(domain, self._listeners)
        wanted = tuple(row.host for row in hosts)
        rules.check_free(hosts, await self._records.find(TenantHost, None, where={"host": wanted}))
        urls = {url for row in hosts for url in (row.issuer, row.mtls_issuer) if url is not None}
        rules.check_no_identifier(await self._identifiers_under(domain.tenant_id, urls))
        return list(hosts)


def _not_found() -> NotFound:
    return NotFound("The custom domain does not exist", error_code="inexistent_custom_domain")

"""Which keys of a set already serve something else: one key, one usage, and held by one application.

As far as it can be held: keys that are uploaded are found by what identifies them, also those of other applications;
keys that stand in a client or at an address are compared within their own application. One that stands at two of its
addresses serves neither: which of them was fetched first decides nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ..live import LiveRecords
from ..records import Records
from ..tenants.settings import allows_key_sharing
from ..tenants.tenant import Tenant
from .client import SOURCED_USAGES, Client
from .credential import Credential
from .key_set import KeySet
from .set_key import stored_keys
from .usage import references

OTHER_USAGE = "credential.key_usage"
OTHER_APPLICATION = "credential.key_held_elsewhere"


class KeyHolders:
    """Looks up who holds keys."""

    def __init__(self, records: Records, live: LiveRecords) -> None:
        self._records = records
        self._live = live

    async def elsewhere(self, client: Client, url: str, keys: Collection[str]) -> dict[str, str]:
        """By ``key_sha256`` the check for those of ``keys`` that ``client`` may not bring by ``url``."""
        shared = {usage for usage in SOURCED_USAGES if client.jwks_uri(usage) == url}
        wanted = set(keys)
        found = dict.fromkeys(wanted & await self._own(client, shared), OTHER_USAGE)
        for row in await self.holders(client.tenant_id, wanted):
            if row.client_id != client.client_id:
                if not allows_key_sharing(await self._tenant(client)):
                    found[row.key_sha256 or ""] = OTHER_APPLICATION
            elif any(id == row.id for usage, id, _ in references(client) if usage not in shared):
                found[row.key_sha256 or ""] = OTHER_USAGE
        return found

    async def holders(self, tenant_id: str, keys: Iterable[str]) -> list[Credential]:
        """Every credential over one of these keys that is not withdrawn."""
        wanted = tuple(sorted(keys))
        if not wanted:
            return []
        where = {"key_sha256": wanted, "withdrawn_at_ms": None}
        return await self._records.find(Credential, tenant_id, where=where)

    async def _tenant(self, client: Client) -> Tenant:
        tenant = await self._records.get(Tenant, client.tenant_id)
        assert tenant is not None  # noqa: S101 - the client is one of its
        return tenant

    async def _own(self, client: Client, shared: set[str]) -> set[str]:
        """The keys of the client's other usages that are no rows."""
        found: set[str] = set()
        for usage in SOURCED_USAGES:
            if usage in shared:
                continue
            jwks = client.inline_keys(usage)
            if (other := client.jwks_uri(usage)) is not None:
                record = await self._live.get(KeySet, client.tenant_id, other)
                jwks = record.keys if record is not None else []
            found.update(key.key_sha256 for key in stored_keys(jwks, client_id=client.client_id))
        return found

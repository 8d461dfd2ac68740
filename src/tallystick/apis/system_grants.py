"""Who holds the Management API as a whole: the applications whose grant a first start made (`deployment.contents`)."""

from __future__ import annotations

from ..records import Records
from .client_grants import ClientGrant


async def holders_of_system_grants(records: Records, tenant_id: str) -> frozenset[str]:
    """Their client ids."""
    grants = await records.find(ClientGrant, tenant_id, where={"is_system": True})
    return frozenset(grant.client_id for grant in grants)

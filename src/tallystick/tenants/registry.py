"""The one writer of tenants: every door that makes or changes one goes through here."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import NotFound
from ..events import Event
from ..records import Decision, Json, Writer
from .settings import with_settings
from .tenant import Tenant

Log = Callable[..., Event]
"""Makes the log row of a change from a description and details, such as `management.call.Call.event`."""


class Tenants:
    """Changes tenants; `deployment` makes them, with all they contain."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._records = writer.records

    async def get(self, tenant_id: str) -> Tenant:
        """The tenant as the database has it now. Raises NotFound."""
        tenant = await self._records.get(Tenant, tenant_id)
        if tenant is None:
            raise NotFound("The tenant does not exist", error_code="inexistent_tenant")
        return tenant

    async def update_settings(self, tenant_id: str, update: Json, log: Log) -> Tenant:
        """Merge ``update`` into the settings; answers the tenant as it is then. Raises InvalidField and NotFound."""

        async def decide() -> Decision[Tenant]:
            changed = with_settings(await self.get(tenant_id), update)
            return Decision(changed, saves=(changed,), events=(log("Update tenant settings", changed=sorted(update)),))

        return await self._writer.carry_out(tenant_id, decide)

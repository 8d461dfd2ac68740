"""``/tenants/settings`` (auth0.md 4.6)."""

from __future__ import annotations

from ..tenants.registry import Tenants
from ..tenants.settings import settings_shown
from .call import Answer, Call, Route
from .pagination import FIELDS_PARAMETERS, check_parameters, field_choice


class TenantSettingsResource:
    """The resource."""

    def __init__(self, tenants: Tenants) -> None:
        self._tenants = tenants

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        return (
            Route("GET", "/tenants/settings", self._get, ("read:tenant_settings",)),
            Route("PATCH", "/tenants/settings", self._update, ("update:tenant_settings",)),
        )

    async def _get(self, call: Call) -> Answer:
        check_parameters(call.query, FIELDS_PARAMETERS)
        # The database's row, not the worker's memory: an update acknowledged elsewhere is seen at once.
        tenant = await self._tenants.get(call.tenant.tenant_id)
        return Answer(200, field_choice(call.query).of(settings_shown(tenant)))

    async def _update(self, call: Call) -> Answer:
        tenant = await self._tenants.update_settings(call.tenant.tenant_id, call.body, call.event)
        return Answer(200, settings_shown(tenant))

"""``/tenants/settings`` (auth0.md 4.6)."""

from __future__ import annotations

from ..fields import UNSET
from ..tenants.registry import Tenants
from ..tenants.setting_fields import SETTINGS
from ..tenants.settings import settings_shown
from .call import Answer, Call, Route
from .description import Body, Shown, kept
from .field_choice import FIELDS_PARAMETERS, field_choice

_PATH = "/tenants/settings"
SHOWN = Shown(
    "TenantSettings",
    kept(SETTINGS),
    optional=tuple(row.name for row in SETTINGS.values() if row.default in (None, UNSET)),
)
"""What is answered: every setting that has a value or a default."""


class TenantSettingsResource:
    """The resource."""

    def __init__(self, tenants: Tenants) -> None:
        self._tenants = tenants

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        return (
            Route(
                "GET",
                _PATH,
                self._get,
                ("read:tenant_settings",),
                "Get the settings in force",
                query=FIELDS_PARAMETERS,
                answers={200: SHOWN},
            ),
            Route(
                "PATCH",
                _PATH,
                self._update,
                ("update:tenant_settings",),
                "Change settings; null brings the default back",
                body=Body("UpdateTenantSettings", SETTINGS, update=True),
                answers={200: SHOWN},
            ),
        )

    async def _get(self, call: Call) -> Answer:
        # The database's row, not the worker's memory: an update acknowledged elsewhere is seen at once.
        tenant = await self._tenants.get(call.tenant.tenant_id)
        return Answer(200, field_choice(call.query).of(settings_shown(tenant)))

    async def _update(self, call: Call) -> Answer:
        tenant = await self._tenants.update_settings(call.tenant.tenant_id, call.body, call.event)
        return Answer(200, settings_shown(tenant))

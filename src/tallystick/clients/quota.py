"""Quotas: how many applications and credentials one tenant may hold. The operator sets a bound, the tenant a lower one.

A tenant's own settings guard against a script that runs wild; the operator's bound holds whatever those say.
"""

from __future__ import annotations

import msgspec

from ..errors import NotPermitted
from ..records import Records
from ..tenants.settings import setting
from ..tenants.tenant import Tenant
from .client import Client
from .credential import Credential

CLIENTS_MAX, CREDENTIALS_MAX = "clients_max", "credentials_max"
"""The tenant settings; None is no bound of the tenant's own."""


class Quotas(msgspec.Struct, frozen=True, kw_only=True):
    """The operator's bounds for every tenant; None is none."""

    clients_max: int | None = None
    credentials_max: int | None = None


NO_QUOTAS = Quotas()


async def check_quota(records: Records, tenant: Tenant, quotas: Quotas, *, clients: int, credentials: int) -> None:
    """Whether the tenant has room for so many more. Raises NotPermitted.

    Counted on the revision the change is decided on, so that no two changes share the last place. Withdrawn
    credentials do not count.
    """
    if clients and (limit := _lowest(setting(tenant, CLIENTS_MAX), quotas.clients_max)) is not None:
        _check("applications", await records.count(Client, tenant.tenant_id) + clients, limit, "quota.clients")
    if credentials and (limit := _lowest(setting(tenant, CREDENTIALS_MAX), quotas.credentials_max)) is not None:
        held = await records.count(Credential, tenant.tenant_id, where={"withdrawn_at_ms": None})
        _check("credentials", held + credentials, limit, "quota.credentials")


def _lowest(*bounds: object) -> int | None:
    return min((bound for bound in bounds if isinstance(bound, int)), default=None)


def _check(what: str, wanted: int, limit: int, check: str) -> None:
    if wanted > limit:
        # As Auth0 answers when a plan is used up: 403, and this code.
        description = f"The tenant can have a maximum of {limit} {what}"
        raise NotPermitted(description, error_code="too_many_entities", check=check, limit=limit)

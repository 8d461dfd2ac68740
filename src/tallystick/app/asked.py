"""What the page of consent shows of a pending request: read from its parameters, which passed every check before."""

from __future__ import annotations

from ..apis.directory import ApiDirectory
from ..authorization.pending import PendingAuthorization
from ..errors import OAuthError
from ..tenants.settings import setting
from ..tenants.tenant import Tenant
from ..ui.asked import Asked, ReadAsked
from ..users.consents import OPENID_SCOPES
from .worker import Worker

DEFAULT_SCOPE = "openid"


def reader_of_asked(worker: Worker) -> ReadAsked:
    """Reads what is asked as it may be given now: scopes that an API has lost since are left out."""
    apis = ApiDirectory(worker.storage, worker.storage, list)

    async def read(tenant: Tenant, pending: PendingAuthorization) -> Asked:
        parameters = pending.parameters
        registered = await worker.clients.find(tenant.tenant_id, pending.client_id)
        if registered is None:
            raise OAuthError("invalid_request", "The application is gone.", check="pending.unknown")
        callbacks = registered.client.metadata.get("callbacks") or [""]
        named = parameters.get("audience") or parameters.get("resource") or setting(tenant, "default_audience")
        api = await apis.resource_server(tenant.tenant_id, named) if named else None
        has = () if api is None else api.scopes
        scope = tuple(dict.fromkeys(parameters.get("scope", DEFAULT_SCOPE).split()))
        return Asked(
            redirect_uri=parameters.get("redirect_uri") or callbacks[0],
            scope=tuple(one for one in scope if one in OPENID_SCOPES or one in has),
            resource_server=api,
        )

    return read

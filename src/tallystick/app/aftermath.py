"""What goes when an application or an API is deleted: what people gave it."""

from __future__ import annotations

from ..apis.registry import Aftermath as AftermathOfApi
from ..authorization.code import AuthorizationCode
from ..authorization.pushed_request import PushedRequest
from ..clients.registry import Aftermath as AftermathOfClient
from ..users.consent import Consent
from .tokens import families_of
from .worker import Worker


def forget_client_by(worker: Worker) -> AftermathOfClient:
    """Its codes, its tokens, and what people let it do."""
    live, families = worker.storage, families_of(worker)

    async def forget(tenant_id: str, client_id: str, now_ms: int) -> None:
        where = {"client_id": client_id}
        await live.erase_where(AuthorizationCode, tenant_id, where)
        await live.erase_where(PushedRequest, tenant_id, where)
        await families.withdraw_where(tenant_id, where, "client-deleted", now_ms)
        await live.erase_where(Consent, tenant_id, where)

    return forget


def forget_api_by(worker: Worker) -> AftermathOfApi:
    """Tokens for it, codes for such, and what people let applications do there."""
    live, families = worker.storage, families_of(worker)

    async def forget(tenant_id: str, identifier: str) -> None:
        where = {"audience": identifier}
        await live.erase_where(AuthorizationCode, tenant_id, where)
        await families.withdraw_where(tenant_id, where, "resource-server-deleted", worker.clock.now_ms())
        await live.erase_where(Consent, tenant_id, where)

    return forget

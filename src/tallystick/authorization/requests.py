"""Reads authorization requests: looks up what the table of checks needs to know, and walks it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import msgspec

from ..apis.directory import ApiDirectory
from ..clients.client import Client
from ..clients.directory import ClientDirectory
from ..errors import OAuthError
from ..tenants.settings import setting
from ..tenants.tenant import Tenant
from ..tokens.id_token_hint import IdTokenHints
from ..tokens.userinfo_api import USERINFO_PATH
from .answer import Destination
from .authorization_details import PARAMETER
from .checks import WAY_OUT, checked
from .incoming import Incoming
from .pushed_requests import names_pushed
from .request import AuthorizationRequest
from .walk import EntryPoint, Hinted, Known, begin

CLIENT_ID_CHARS_MAX = 200


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a request: read, or refused."""

    client: Client | None
    request: AuthorizationRequest | None = None
    refusal: OAuthError | None = None
    destination: Destination | None = None
    """Where the refusal goes; None as long as no redirect URI is proven: then it is a page."""


class AuthorizationRequests:
    """Reads them."""

    def __init__(self, clients: ClientDirectory, apis: ApiDirectory, hints: IdTokenHints) -> None:
        self._clients = clients
        self._apis = apis
        self._hints = hints

    async def read(self, tenant: Tenant, incoming: Incoming, entry_point: EntryPoint) -> Read:
        """The request as every check of this entry point left it, or the first refusal."""
        known = await self._known(tenant, incoming.parameters)
        walk = begin(tenant, incoming, known)
        client = known.registered.client if known.registered is not None else None
        try:
            return Read(client=client, request=checked(walk, entry_point))
        except OAuthError as refusal:
            return Read(client=client, refusal=refusal, destination=walk.destination())

    async def way_out(self, tenant: Tenant, parameters: Mapping[str, str]) -> Read:
        """Where the refusal of a request goes that could not even be made out, such as one with a bad signature.

        What stands in the URL decides, by the rows that decide it for any request. Beside a pushed request nothing in
        the URL counts: there it is a page.
        """
        walk = begin(tenant, Incoming(parameters=parameters), await self._known(tenant, parameters))
        client = walk.known.registered.client if walk.known.registered is not None else None
        if names_pushed(parameters.get("request_uri")):
            return Read(client=client)
        with suppress(OAuthError):
            for check in WAY_OUT:
                check.test(walk)
        return Read(client=client, destination=walk.destination())

    async def _known(self, tenant: Tenant, parameters: Mapping[str, str]) -> Known:
        client_id = parameters.get("client_id", "")
        is_one = 0 < len(client_id) <= CLIENT_ID_CHARS_MAX
        registered = await self._clients.find(tenant.tenant_id, client_id) if is_one else None
        target_name, target = _target(tenant, parameters)
        known = Known(registered=registered, target=target, target_name=target_name)
        if registered is None:
            return known
        api = await self._apis.resource_server(tenant.tenant_id, target) if target is not None else None
        grant, detail_types = None, known.detail_types
        if api is not None and PARAMETER in parameters:
            detail_types = await self._apis.detail_types(api)
        if api is not None:
            grant = await self._apis.grant(tenant.tenant_id, client_id, api.identifier, "user")
        hint = await self._hint(tenant, parameters.get("id_token_hint"))
        return msgspec.structs.replace(
            known, resource_server=api, user_grant=grant, detail_types=detail_types, hint=hint
        )

    async def _hint(self, tenant: Tenant, sent: str | None) -> Hinted | OAuthError | None:
        if sent is None:
            return None
        try:
            return await self._hints.read(tenant, sent)
        except OAuthError as refusal:
            return refusal


def _target(tenant: Tenant, parameters: Mapping[str, str]) -> tuple[str, str | None]:
    """Which parameter names the API, and the API; /userinfo is the person's own profile, which needs no name.

    ``audience`` wins over ``resource``, which counts where the tenant takes it (auth0.md 1.2).
    """
    names = ["audience"]
    if setting(tenant, "resource_parameter_profile") == "compatibility":
        names.append("resource")
    name = next((name for name in names if name in parameters), "")
    target = parameters.get(name) or str(setting(tenant, "default_audience") or "")
    own = {tenant.url(USERINFO_PATH), tenant.canonical.url(USERINFO_PATH)}
    return name, target if target and target not in own else None

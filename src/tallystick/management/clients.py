"""``/clients`` (auth0.md 4.3): applications, as administrators see them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from msgspec.structs import replace

from ..clients.client import Client
from ..clients.credential_fields import ROTATE_FIELDS
from ..clients.metadata import CLIENT_FIELDS
from ..clients.metadata_checks import check_app_types
from ..clients.metadata_scopes import READ_SCOPES, scope_to_create, scope_to_update, scopes_to_read
from ..clients.metadata_types import AppTypes
from ..clients.registry import ClientRegistry, ClientResult
from ..errors import NotFound
from ..fields import Field, field_table
from ..records import Json
from ..tenants.tenant import Tenant
from .actor import actor_of
from .call import Answer, Call, Caller, Route
from .client_body import SHOWN, check_choice, client_body, visible
from .description import Body, Pages
from .field_choice import FIELDS_PARAMETERS, field_choice
from .pagination import PARAMETERS, page_of
from .problems import insufficient_scope
from .query import value_of

SigningCertificates = Callable[[Tenant], Awaitable[Sequence[Json]]]
"""The tenant's signing certificates as ``{cert, pkcs7, subject}``."""
_LIST = "/clients"
_ONE = "/clients/{id}"
_FILTERS = {
    **PARAMETERS,
    **FIELDS_PARAMETERS,
    **field_table(
        (
            Field(name="is_global", type=bool, description="Whether it is the tenant's global application"),
            Field(name="is_first_party", type=bool, description="Whether it belongs to the tenant's own party"),
            Field(name="app_type", type=AppTypes, check=check_app_types, description="One of these types"),
            Field(name="external_client_id", type=str, description="Finds none: no application has such an id yet"),
        )
    ),
}
_PAGES = Pages(SHOWN, "clients")
_UPDATE_SCOPES = (
    "update:clients",
    "update:client_keys",
    "update:client_credentials",
    "update:client_token_vault_privileged_access",
)

_SECRET_SCOPES = ("update:client_keys", *scopes_to_read("client_secret"))
_NOT_TOLD = "client_secret: a new one was made and is not shown; rotate-secret makes another (update:client_keys)"


class ClientResource:
    """The resource."""

    def __init__(self, clients: ClientRegistry, signing_certificates: SigningCertificates) -> None:
        self._clients = clients
        self._signing_certificates = signing_certificates

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        return (
            Route(
                "GET", _LIST, self._list, READ_SCOPES, "List the applications", query=_FILTERS, answers={200: _PAGES}
            ),
            Route(
                "POST",
                _LIST,
                self._create,
                ("create:clients",),
                "Register an application",
                body=Body("CreateClient", CLIENT_FIELDS),
                answers={201: SHOWN},
                problems=(409,),
            ),
            Route(
                "GET",
                _ONE,
                self._get,
                READ_SCOPES,
                "Get an application",
                query=FIELDS_PARAMETERS,
                answers={200: SHOWN},
                problems=(404,),
            ),
            Route(
                "PATCH",
                _ONE,
                self._update,
                _UPDATE_SCOPES,
                "Change an application",
                body=Body("UpdateClient", CLIENT_FIELDS, update=True),
                answers={200: SHOWN},
                problems=(404, 409),
            ),
            Route(
                "DELETE",
                _ONE,
                self._delete,
                ("delete:clients",),
                "Remove an application, its credentials and its grants",
                answers={204: None},
            ),
            Route(
                "POST",
                "/clients/{id}/rotate-secret",
                self._rotate_secret,
                ("update:client_keys",),
                "Make another secret, and end those of before",
                body=Body("RotateClientSecret", ROTATE_FIELDS),
                answers={200: SHOWN},
                problems=(404,),
            ),
        )

    async def _list(self, call: Call) -> Answer:
        page, choice, where = page_of(call.query), field_choice(call.query), _where(call)
        check_choice(choice, call.caller)
        certificates = await self._signing_certificates(call.tenant)

        async def find(*, offset: int, limit: int | None) -> Sequence[Client]:
            return await self._clients.list(call.tenant.tenant_id, where, offset, limit) if where is not None else ()

        async def count() -> int:
            return await self._clients.count(call.tenant.tenant_id, where) if where is not None else 0

        def shape(client: Client) -> Json:
            return choice.of(visible(client_body(client, call.tenant.name, certificates), call.caller))

        return Answer(200, await page.body("clients", find, count, shape))

    async def _get(self, call: Call) -> Answer:
        choice = field_choice(call.query)
        check_choice(choice, call.caller)
        client = await self._clients.get(call.tenant.tenant_id, call.path["id"])
        body = client_body(client, call.tenant.name, await self._signing_certificates(call.tenant))
        return Answer(200, choice.of(visible(body, call.caller)))

    async def _create(self, call: Call) -> Answer:
        _check_scopes(call, scope_to_create)
        return await self._changed(201, call, await self._clients.create(actor_of(call), call.body))

    async def _update(self, call: Call) -> Answer:
        _check_scopes(call, scope_to_update)
        result = await self._clients.update(actor_of(call), call.path["id"], call.body)
        return await self._changed(200, call, _for_whom(call.caller, result))

    async def _rotate_secret(self, call: Call) -> Answer:
        result = await self._clients.rotate_secret(actor_of(call), call.path["id"], call.body)
        return await self._changed(200, call, result)

    async def _delete(self, call: Call) -> Answer:
        try:
            await self._clients.delete(actor_of(call), call.path["id"])
        except NotFound:
            # auth0.md appendix A: deleting what is not there has no 404.
            return Answer(204)
        return Answer(204)

    async def _changed(self, status: int, call: Call, result: ClientResult) -> Answer:
        """The whole client after a change, with the secret that the change made and what else it did."""
        body = client_body(result.client, call.tenant.name, await self._signing_certificates(call.tenant))
        if result.secret is not None:
            body["client_secret"] = result.secret
        if result.told:
            body["warnings"] = list(result.told)
        return Answer(status, body)


def _for_whom(caller: Caller, result: ClientResult) -> ClientResult:
    """The result without a secret that the caller may not have.

    A change of method makes one. Were it told to everybody who may change clients, they could take over each of them.
    """
    if result.secret is None or caller.holds_any(*_SECRET_SCOPES):
        return result
    return replace(result, secret=None, told=(*result.told, _NOT_TOLD))


def _check_scopes(call: Call, scope_to_set: Callable[[str], str]) -> None:
    """Each member of the body demands its own scope, beside the route's (auth0.md 2.1)."""
    for name in sorted(call.body):
        scope = scope_to_set(name)
        if not call.caller.holds_any(scope):
            raise insufficient_scope((scope,))


def _where(call: Call) -> dict[str, object] | None:
    """The filters of a list; None when nothing can match."""
    where: dict[str, object] = {
        name: value_of(call.query, _FILTERS[name])
        for name in ("is_global", "is_first_party", "app_type")
        if name in call.query
    }
    # Clients by metadata document come later: until then nobody has an external id.
    return None if "external_client_id" in call.query else where

"""``/clients/{client_id}/credentials`` (auth0.md 3): what an application can prove itself with."""

from __future__ import annotations

from collections.abc import Sequence

from ..clients.credential import CLIENT_SECRET, Credential
from ..clients.credential_fields import ALTERNATIVES, CREDENTIAL_FIELDS, CREDENTIAL_UPDATE_FIELDS
from ..clients.credential_registry import CredentialRegistry
from ..fields import Field
from ..records import Json
from ..tallies import TallyStore
from .actor import actor_of
from .call import Answer, Call, Route
from .credential_body import SHOWN, CredentialType, credential_body, use_body
from .description import Body, Many
from .pagination import PARAMETERS

_LIST = "/clients/{client_id}/credentials"
_ONE = "/clients/{client_id}/credentials/{credential_id}"
_FILTERS = {
    **PARAMETERS,
    "credential_type": Field(name="credential_type", type=CredentialType, description="Only credentials of this type"),
}


class CredentialResource:
    """The resource."""

    def __init__(self, credentials: CredentialRegistry, tallies: TallyStore) -> None:
        self._credentials = credentials
        self._tallies = tallies

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        return (
            Route(
                "GET",
                _LIST,
                self._list,
                ("read:client_credentials",),
                "List an application's credentials, newest first",
                query=_FILTERS,
                answers={200: Many(SHOWN)},
                problems=(404,),
            ),
            Route(
                "POST",
                _LIST,
                self._create,
                ("create:client_credentials",),
                "Add a credential; a key or certificate serves when the application refers to it",
                body=Body("CreateCredential", by="credential_type", kinds=CREDENTIAL_FIELDS, exactly_one=ALTERNATIVES),
                answers={201: SHOWN},
                problems=(404, 409),
            ),
            Route(
                "GET",
                _ONE,
                self._get,
                ("read:client_credentials",),
                "Get a credential",
                answers={200: SHOWN},
                problems=(404,),
            ),
            Route(
                "PATCH",
                _ONE,
                self._update,
                ("update:client_credentials",),
                "Change when a credential ends",
                body=Body("UpdateCredential", CREDENTIAL_UPDATE_FIELDS, update=True, required=("expires_at",)),
                answers={200: SHOWN},
                problems=(404,),
            ),
            Route(
                "DELETE",
                _ONE,
                self._delete,
                ("delete:client_credentials",),
                "Withdraw a credential that the application does not refer to",
                answers={204: None},
                problems=(404,),
            ),
        )

    async def _list(self, call: Call) -> Answer:
        """A plain array, newest first, whatever pages are asked for (auth0.md 3.1)."""
        kind = call.query.get("credential_type")
        rows = await self._credentials.list(call.tenant.tenant_id, call.path["client_id"])
        if kind is not None:
            return Answer(200, await self._with_uses([row for row in rows if row.credential_type == kind]))
        # Auth0 has no secrets in this list, and its tools delete from it what their files do not name: deploy-cli would
        # take the secret of every application that has one. Asked for by type, secrets show.
        return Answer(200, await self._with_uses([row for row in rows if row.credential_type != CLIENT_SECRET]))

    async def _get(self, call: Call) -> Answer:
        path = call.path
        row = await self._credentials.get(call.tenant.tenant_id, path["client_id"], path["credential_id"])
        return Answer(200, (await self._with_uses([row]))[0])

    async def _create(self, call: Call) -> Answer:
        result = await self._credentials.create(actor_of(call), call.path["client_id"], call.body)
        body = credential_body(result.credential)
        if result.secret is not None:
            body["client_secret"] = result.secret
        if result.warnings:
            body["warnings"] = list(result.warnings)
        return Answer(201, body)

    async def _update(self, call: Call) -> Answer:
        path = call.path
        row = await self._credentials.update(actor_of(call), path["client_id"], path["credential_id"], call.body)
        return Answer(200, (await self._with_uses([row]))[0])

    async def _delete(self, call: Call) -> Answer:
        await self._credentials.delete(actor_of(call), call.path["client_id"], call.path["credential_id"])
        return Answer(204)

    async def _with_uses(self, rows: Sequence[Credential]) -> list[Json]:
        """The credentials, with when each was used last and how often; some seconds behind."""
        uses = await self._tallies.credential_uses(rows[0].tenant_id, [row.id for row in rows]) if rows else {}
        return [credential_body(row) | use_body(uses.get(row.id)) for row in rows]

"""``/refresh-tokens`` and ``/users/{id}/refresh-tokens`` (auth0.md 4.9), and the same as ``/device-credentials``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta

from ..clients.dates import DATE, iso_from_ms, to_wire
from ..errors import InvalidField, NotFound
from ..events import EventLog
from ..fields import Field, check_update, field_table
from ..live import LiveRecords
from ..records import Json
from ..tokens.families import Families, refreshes
from ..tokens.family import TokenFamily
from ..users.accounts import Accounts
from .call import Answer, Call, Route
from .description import Body, Checkpoints, Pages, Shown
from .field_choice import FIELDS_PARAMETERS, field_choice
from .of_person import page_of_list, person_of
from .pagination import CHECKPOINT_PARAMETERS, PARAMETERS, checkpoint_of, page_of
from .sessions import REVOKED

_LIST, _ONE, _OF_PERSON = "/refresh-tokens", "/refresh-tokens/{id}", "/users/{id}/refresh-tokens"
_DEVICES, _DEVICE = "/device-credentials", "/device-credentials/{id}"
_READ, _DELETE = ("read:refresh_tokens",), ("delete:refresh_tokens",)
_ID = Annotated[str, Meta(min_length=1, max_length=600)]
DEVICE_PREFIX = "dcr_"
_BY_CLIENT = field_table((Field(name="client_id", type=str, description="Only those of this application"),))
_BY_USER = Field(name="user_id", type=str, description="Only those of this person")
_QUERY = {
    **CHECKPOINT_PARAMETERS,
    **FIELDS_PARAMETERS,
    **field_table((Field(name="user_id", type=str, required=True, description="Of this person"),)),
    **_BY_CLIENT,
}
_DEVICE_QUERY = {
    **PARAMETERS,
    **FIELDS_PARAMETERS,
    **field_table((_BY_USER,)),
    **_BY_CLIENT,
    **field_table(
        (
            Field(
                name="type",
                type=Literal["public_key", "refresh_token", "rotating_refresh_token"],
                description="Only those of this kind; there are no public keys",
            ),
        )
    ),
}
REVOKE_FIELDS = field_table(
    (
        Field(
            name="ids",
            type=Annotated[list[_ID], Meta(min_length=1, max_length=100)],
            description="These",
        ),
        Field(name="user_id", type=_ID, description="Those of this person"),
        Field(name="client_id", type=_ID, description="Those of this application"),
        Field(name="audience", type=_ID, description="Of them only those for this API"),
    )
)
SHOWN = Shown(
    "IssuedRefreshToken",
    field_table(
        (
            Field(name="id", type=str, description="The grant_id of its access tokens"),
            Field(name="user_id", type=str),
            Field(name="client_id", type=str),
            Field(name="session_id", type=str, nullable=True, description="The session it came of"),
            Field(name="created_at", type=DATE),
            Field(name="idle_expires_at", type=DATE, nullable=True),
            Field(name="expires_at", type=DATE, nullable=True),
            Field(name="last_exchanged_at", type=DATE, nullable=True),
            Field(name="rotating", type=bool, description="Whether each use replaces it"),
            Field(name="device", type=dict[str, str]),
            Field(name="resource_servers", type=list[dict[str, str]], description="audience and scopes"),
            Field(name="authorization_details", type=list[dict[str, Any]], nullable=True, description="RFC 9396"),
            Field(name="transaction_linking_id", type=str, nullable=True, description="The transaction it came of"),
            Field(name="credential_id", type=str, nullable=True, description="The credential that obtained it"),
        )
    ),
)
DEVICE_SHOWN = Shown(
    "DeviceCredential",
    field_table(
        (
            Field(name="id", type=str),
            Field(name="device_name", type=str, description="What the browser or application called itself"),
            Field(name="device_id", type=str),
            Field(name="type", type=str, description="refresh_token or rotating_refresh_token"),
            Field(name="user_id", type=str),
            Field(name="client_id", type=str),
        )
    ),
)


class RefreshTokenResource:
    """Both resources: one family of tokens each."""

    def __init__(self, live: LiveRecords, log: EventLog, accounts: Accounts, families: Families) -> None:
        self._live = live
        self._log = log
        self._accounts = accounts
        self._families = families

    def routes(self) -> tuple[Route, ...]:
        """Their rows of the route table."""
        return (*self._of_tokens(), *self._of_devices())

    def _of_tokens(self) -> tuple[Route, ...]:
        tokens = Checkpoints(SHOWN, "tokens")
        return (
            Route(
                "GET",
                _LIST,
                self._list,
                _READ,
                "List the refresh tokens of a person",
                query=_QUERY,
                answers={200: Checkpoints(SHOWN, "refresh_tokens")},
            ),
            Route(
                "POST",
                _LIST + "/revoke",
                self._revoke,
                _DELETE,
                "Withdraw refresh tokens and what came of them",
                body=Body("RevokeRefreshTokens", REVOKE_FIELDS, update=True),
                answers={202: None},
            ),
            Route("GET", _ONE, self._get, _READ, "Get a refresh token", answers={200: SHOWN}, problems=(404,)),
            Route("DELETE", _ONE, self._erase, _DELETE, "Withdraw a refresh token", answers={202: None}),
            Route(
                "GET",
                _OF_PERSON,
                self._list_of_person,
                _READ,
                "List a person's refresh tokens",
                query=CHECKPOINT_PARAMETERS,
                answers={200: tokens},
                problems=(404,),
            ),
            Route(
                "DELETE",
                _OF_PERSON,
                self._erase_of_person,
                _DELETE,
                "Withdraw all refresh tokens of a person",
                answers={202: None},
                problems=(404,),
            ),
        )

    def _of_devices(self) -> tuple[Route, ...]:
        return (
            Route(
                "GET",
                _DEVICES,
                self._devices,
                ("read:device_credentials",),
                "List refresh tokens as devices",
                query=_DEVICE_QUERY,
                answers={200: Pages(DEVICE_SHOWN, "device_credentials")},
            ),
            Route(
                "DELETE",
                _DEVICE,
                self._erase_device,
                ("delete:device_credentials",),
                "Withdraw a device's refresh token",
                answers={204: None},
            ),
        )

    async def _list(self, call: Call) -> Answer:
        choice = field_choice(call.query)
        found = await self._living(call, _where(call.query))
        page = checkpoint_of(call.query)
        return Answer(200, await page_of_list(page, "refresh_tokens", found, lambda one: choice.of(token_body(one))))

    async def _list_of_person(self, call: Call) -> Answer:
        user = await person_of(self._accounts, call)
        found = await self._living(call, {"user_id": user.user_id})
        return Answer(200, await page_of_list(checkpoint_of(call.query), "tokens", found, token_body))

    async def _get(self, call: Call) -> Answer:
        found = await self._living(call, {"id": call.path["id"]})
        if not found:
            raise NotFound("The refresh token does not exist", error_code="inexistent_refresh_token")
        return Answer(200, token_body(found[0]))

    async def _erase(self, call: Call) -> Answer:
        await self._withdraw(call, {"id": call.path["id"]})
        return Answer(202)

    async def _erase_of_person(self, call: Call) -> Answer:
        user = await person_of(self._accounts, call)
        await self._withdraw(call, {"user_id": user.user_id})
        return Answer(202)

    async def _revoke(self, call: Call) -> Answer:
        asked = check_update(REVOKE_FIELDS, call.body)
        if not asked.keys() & {"ids", "user_id", "client_id"}:
            raise InvalidField("", "One of ids, user_id and client_id must be there", check="field.required")
        where = {("id" if name == "ids" else name): value for name, value in asked.items()}
        await self._withdraw(call, {**where, **({"id": tuple(asked["ids"])} if "ids" in asked else {})})
        return Answer(202)

    async def _devices(self, call: Call) -> Answer:
        choice, kind = field_choice(call.query), call.query.get("type")
        where: Json = {} if kind is None else {"is_rotating": kind == "rotating_refresh_token"}
        found = [] if kind == "public_key" else await self._living(call, {**_where(call.query), **where})
        page = page_of(call.query)
        body = await page_of_list(page, "device_credentials", found, lambda one: choice.of(device_body(one)))
        return Answer(200, body)

    async def _erase_device(self, call: Call) -> Answer:
        await self._withdraw(call, {"id": call.path["id"].removeprefix(DEVICE_PREFIX)})
        return Answer(204)

    async def _living(self, call: Call, where: Json) -> list[TokenFamily]:
        filters = {**where, "has_refresh_token": True, "withdrawn_at_ms": None}
        found = await self._live.find(TokenFamily, call.tenant.tenant_id, where=filters)
        return [one for one in found if refreshes(one, call.now_ms)]

    async def _withdraw(self, call: Call, where: Json) -> None:
        count = await self._families.withdraw_where(call.tenant.tenant_id, where, REVOKED, call.now_ms)
        shown = {name: value for name, value in where.items() if isinstance(value, str)}
        await self._log.record(call.event("Withdraw refresh tokens", withdrawn=count, **shown))


def _where(query: Mapping[str, str]) -> Json:
    return {name: query[name] for name in ("user_id", "client_id") if name in query}


def token_body(family: TokenFamily) -> Json:
    """The refresh token as administrators see it."""
    return {
        "id": family.id,
        "user_id": family.user_id,
        "client_id": family.client_id,
        "session_id": family.session_id,
        "created_at": iso_from_ms(family.created_at_ms),
        "idle_expires_at": to_wire(family.idle_expires_at_ms),
        "expires_at": to_wire(family.expires_at_ms),
        "last_exchanged_at": to_wire(family.last_exchanged_at_ms),
        "rotating": family.is_rotating,
        "device": family.device,
        "resource_servers": [{"audience": family.audience or "", "scopes": " ".join(family.scope)}],
        "authorization_details": family.authorization_details,
        "transaction_linking_id": family.transaction_linking_id,
        "credential_id": family.credential_id,
    }


def device_body(family: TokenFamily) -> Json:
    """The same as a device."""
    return {
        "id": DEVICE_PREFIX + family.id,
        "device_name": family.device.get("initial_user_agent", ""),
        "device_id": family.id,
        "type": "rotating_refresh_token" if family.is_rotating else "refresh_token",
        "user_id": family.user_id,
        "client_id": family.client_id,
    }

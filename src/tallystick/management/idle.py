"""``/idle-credentials``: what nobody has used for a while. Ours: whoever rotates asks whether the old key may go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from ..clients.dates import DATE, to_wire
from ..clients.idle import IdleCredential, IdleStore
from ..fields import Field, field_table
from ..records import Json
from .call import Answer, Call, Route
from .description import Pages, Shown
from .pagination import PARAMETERS, page_of
from .query import value_of

ENTITY = "idle_credentials"
DAY_MS = 86_400_000
DAYS = Field(
    name="days",
    type=Annotated[int, Meta(ge=1, le=3650)],
    default=90,
    description="Idle is what is older than this and was not used since",
)
CLIENT_ID = Field(name="client_id", type=str, description="Only credentials of this application")
QUERY = field_table((*PARAMETERS.values(), DAYS, CLIENT_ID))
SHOWN = Shown(
    "IdleCredential",
    field_table(
        (
            Field(name="client_id", type=str),
            Field(name="credential_id", type=str),
            Field(name="credential_type", type=str),
            Field(name="name", type=str),
            Field(name="kid", type=str),
            Field(name="created_at", type=DATE),
            Field(name="expires_at", type=DATE),
            Field(name="last_used_at", type=DATE, description="Absent when it was never used"),
            Field(name="uses", type=int, description="How often it proved its application"),
        )
    ),
    optional=("kid", "expires_at", "last_used_at"),
)


class IdleResource:
    """The resource."""

    def __init__(self, idle: IdleStore) -> None:
        self._idle = idle

    def routes(self) -> tuple[Route, ...]:
        """Its row of the route table."""
        return (
            Route(
                "GET",
                "/idle-credentials",
                self._list,
                ("read:client_credentials",),
                summary="List the credentials that nobody has used for a while",
                query=QUERY,
                answers={200: Pages(SHOWN, ENTITY)},
            ),
        )

    async def _list(self, call: Call) -> Answer:
        before_ms = call.now_ms - value_of(call.query, DAYS) * DAY_MS
        tenant_id, client_id = call.tenant.tenant_id, value_of(call.query, CLIENT_ID)

        async def find(*, offset: int, limit: int | None) -> Sequence[IdleCredential]:
            return await self._idle.idle_credentials(
                tenant_id, before_ms, client_id=client_id, offset=offset, limit=limit
            )

        async def count() -> int:
            return await self._idle.idle_credential_count(tenant_id, before_ms, client_id=client_id)

        return Answer(200, await page_of(call.query).body(ENTITY, find, count, shown))


def shown(idle: IdleCredential) -> Json:
    """The credential, and what is known of its use."""
    row = idle.credential
    body: Json = {
        "client_id": row.client_id,
        "credential_id": row.id,
        "credential_type": row.credential_type,
        "name": row.name,
        "kid": row.kid,
        "created_at": to_wire(row.created_at_ms),
        "expires_at": to_wire(row.expires_at_ms),
        "last_used_at": to_wire(idle.last_used_at_ms),
        "uses": idle.uses,
    }
    return {name: value for name, value in body.items() if value is not None}

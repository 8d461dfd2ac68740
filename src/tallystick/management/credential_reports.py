"""``/idle-credentials`` and ``/expiring-credentials``: over all applications. Ours, for whoever rotates.

May the old key go, because nobody uses it any more? Which application stops next week, because its key ends?
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from ..clients.credential import Credential
from ..clients.dates import DATE, to_wire
from ..clients.reports import CredentialReports, IdleCredential
from ..clock import DAY_MS
from ..fields import Field, field_table
from ..records import Json
from .call import Answer, Call, Route
from .description import Pages, Shown
from .pagination import PARAMETERS, page_of
from .query import value_of

_Days = Annotated[int, Meta(ge=1, le=3650)]
IDLE_DAYS = Field(
    name="days", type=_Days, default=90, description="Idle is what is older than this and was not used since"
)
EXPIRY_DAYS = Field(name="days", type=_Days, default=30, description="How far to look ahead")
CLIENT_ID = Field(name="client_id", type=str, description="Only credentials of this application")

_CREDENTIAL = (
    Field(name="client_id", type=str),
    Field(name="credential_id", type=str),
    Field(name="credential_type", type=str),
    Field(name="name", type=str),
    Field(name="kid", type=str),
    Field(name="created_at", type=DATE),
    Field(name="expires_at", type=DATE),
)
IDLE = Shown(
    "IdleCredential",
    field_table(
        (
            *_CREDENTIAL,
            Field(name="last_used_at", type=DATE, description="Absent when it was never used"),
            Field(name="uses", type=int, description="How often it proved its application"),
        )
    ),
    optional=("kid", "expires_at", "last_used_at"),
)
EXPIRING = Shown("ExpiringCredential", field_table(_CREDENTIAL), optional=("kid",))


class CredentialReportResource:
    """The resource."""

    def __init__(self, reports: CredentialReports) -> None:
        self._reports = reports

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        return (
            Route(
                "GET",
                "/idle-credentials",
                self._idle,
                ("read:client_credentials",),
                "List the credentials that nobody has used for a while",
                query=field_table((*PARAMETERS.values(), IDLE_DAYS, CLIENT_ID)),
                answers={200: Pages(IDLE, "idle_credentials")},
            ),
            Route(
                "GET",
                "/expiring-credentials",
                self._expiring,
                ("read:client_credentials",),
                "List the credentials that end soon, and those that have ended",
                query=field_table((*PARAMETERS.values(), EXPIRY_DAYS)),
                answers={200: Pages(EXPIRING, "expiring_credentials")},
            ),
        )

    async def _idle(self, call: Call) -> Answer:
        before_ms = call.now_ms - value_of(call.query, IDLE_DAYS) * DAY_MS
        tenant_id, client_id = call.tenant.tenant_id, value_of(call.query, CLIENT_ID)

        async def find(*, offset: int, limit: int | None) -> Sequence[IdleCredential]:
            return await self._reports.idle_credentials(
                tenant_id, before_ms, client_id=client_id, offset=offset, limit=limit
            )

        async def count() -> int:
            return await self._reports.idle_credential_count(tenant_id, before_ms, client_id=client_id)

        return Answer(200, await page_of(call.query).body("idle_credentials", find, count, _shown_idle))

    async def _expiring(self, call: Call) -> Answer:
        before_ms = call.now_ms + value_of(call.query, EXPIRY_DAYS) * DAY_MS
        tenant_id = call.tenant.tenant_id

        async def find(*, offset: int, limit: int | None) -> Sequence[Credential]:
            return await self._reports.expiring_credentials(tenant_id, before_ms, offset=offset, limit=limit)

        async def count() -> int:
            return await self._reports.expiring_credential_count(tenant_id, before_ms)

        return Answer(200, await page_of(call.query).body("expiring_credentials", find, count, _shown))


def _shown(row: Credential) -> Json:
    body: Json = {
        "client_id": row.client_id,
        "credential_id": row.id,
        "credential_type": row.credential_type,
        "name": row.name,
        "kid": row.kid,
        "created_at": to_wire(row.created_at_ms),
        "expires_at": to_wire(row.expires_at_ms),
    }
    return {name: value for name, value in body.items() if value is not None}


def _shown_idle(idle: IdleCredential) -> Json:
    last_used = {} if idle.last_used_at_ms is None else {"last_used_at": to_wire(idle.last_used_at_ms)}
    return {**_shown(idle.credential), **last_used, "uses": idle.uses}

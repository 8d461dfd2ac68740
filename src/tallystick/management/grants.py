"""``/grants`` (auth0.md 4.9): what people let applications do. Elsewhere in the house a grant is a consent."""

from __future__ import annotations

from collections.abc import Sequence

from ..authorization.codes import take_back
from ..events import EventLog
from ..fields import Field, field_table
from ..live import LiveRecords
from ..records import Json
from ..tokens.families import Families
from ..users.consent import Consent
from .call import Answer, Call, Route
from .description import Pages, Shown
from .pagination import PARAMETERS, page_of

ENTITY = "grants"
WITHDRAWN = "consent-withdrawn"
_LIST, _ONE = "/grants", "/grants/{id}"
_COLUMNS = ("user_id", "client_id", "audience")
_OF_PERSON = field_table((Field(name="user_id", type=str, required=True, description="Of this person"),))
_FILTERS = {
    **PARAMETERS,
    **field_table(
        (
            Field(name="user_id", type=str, description="Only those of this person"),
            Field(name="client_id", type=str, description="Only those to this application"),
            Field(name="audience", type=str, description="Only those for this API"),
        )
    ),
}
SHOWN = Shown(
    "Grant",
    field_table(
        (
            Field(name="id", type=str),
            Field(name="clientID", type=str, description="The application"),
            Field(name="user_id", type=str),
            Field(name="audience", type=str, description="The API; the URL of /userinfo for the person's profile"),
            Field(name="scope", type=list[str]),
        )
    ),
)


class GrantResource:
    """The resource."""

    def __init__(self, live: LiveRecords, log: EventLog, families: Families) -> None:
        self._live = live
        self._log = log
        self._families = families

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        delete = ("delete:grants",)
        return (
            Route(
                "GET",
                _LIST,
                self._list,
                ("read:grants",),
                "List what people let applications do",
                query=_FILTERS,
                answers={200: Pages(SHOWN, ENTITY)},
            ),
            Route(
                "DELETE",
                _LIST,
                self._erase_all,
                delete,
                "Take back all that a person allowed",
                query=_OF_PERSON,
                answers={204: None},
            ),
            Route("DELETE", _ONE, self._erase, delete, "Take back what a person allowed", answers={204: None}),
        )

    async def _list(self, call: Call) -> Answer:
        tenant_id = call.tenant.tenant_id
        where = {name: call.query[name] for name in _COLUMNS if name in call.query}

        async def find(*, offset: int, limit: int | None) -> Sequence[Consent]:
            return await self._live.find(Consent, tenant_id, where=where, offset=offset, limit=limit)

        async def count() -> int:
            return await self._live.count(Consent, tenant_id, where=where)

        return Answer(200, await page_of(call.query).body(ENTITY, find, count, grant_body))

    async def _erase_all(self, call: Call) -> Answer:
        await self._take_back(call, {"user_id": call.query["user_id"]})
        return Answer(204)

    async def _erase(self, call: Call) -> Answer:
        await self._take_back(call, {"id": call.path["id"]})
        return Answer(204)

    async def _take_back(self, call: Call, where: Json) -> None:
        """The consents first, then codes: a token that begins meanwhile asks the person again."""
        tenant_id = call.tenant.tenant_id
        consents = await self._live.find(Consent, tenant_id, where=where)
        await self._live.erase_where(Consent, tenant_id, where)
        for consent in consents:
            is_profile = consent.audience == call.tenant.canonical.url("userinfo")
            audience = None if is_profile else consent.audience
            of_consent = {"user_id": consent.user_id, "client_id": consent.client_id, "audience": audience}
            await take_back(self._live, tenant_id, of_consent)
            await self._families.withdraw_where(tenant_id, of_consent, WITHDRAWN, call.now_ms)
        ids = [consent.id for consent in consents][:50]
        await self._log.record(call.event("Delete grants", grants=ids, **where))


def grant_body(consent: Consent) -> Json:
    """The consent as administrators see it, with Auth0's spelling."""
    return {
        "id": consent.id,
        "clientID": consent.client_id,
        "user_id": consent.user_id,
        "audience": consent.audience,
        "scope": consent.scope,
    }

"""``/sessions`` and ``/users/{id}/sessions`` (auth0.md 4.9): browsers in which people are signed in."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from ..authorization.codes import take_back
from ..clients.dates import DATE, iso_from_ms
from ..errors import NotFound
from ..fields import Field, FieldTable, check_create, check_update, field_table
from ..live import LiveRecords
from ..logout.endings import Endings
from ..logout.initiators import Initiator
from ..records import Json
from ..tokens.families import Families
from ..users.accounts import Accounts
from ..users.session import Session
from ..users.sessions import is_alive
from .call import Answer, Call, Route
from .description import Body, Checkpoints, Shown
from .of_person import page_of_list, person_of
from .pagination import CHECKPOINT_PARAMETERS, checkpoint_of

ENTITY = "sessions"
NO_MEMBERS: FieldTable = {}
_ONE, _OF_PERSON = "/sessions/{id}", "/users/{id}/sessions"
_READ, _DELETE = ("read:sessions",), ("delete:sessions",)
_DELETE_BOTH = ("delete:sessions", "delete:refresh_tokens")
REVOKED = "revoked-by-administrator"
REVOKE_FIELDS = field_table(
    (
        Field(
            name="session_id",
            type=Annotated[str, Meta(min_length=1, max_length=100)],
            description="Only this session, and what came of it",
        ),
        Field(name="preserve_refresh_tokens", type=bool, default=False, description="Whether refresh tokens stay"),
    )
)
SHOWN = Shown(
    "Session",
    field_table(
        (
            Field(name="id", type=str, description="The sid of its ID tokens"),
            Field(name="user_id", type=str),
            Field(name="created_at", type=DATE),
            Field(name="updated_at", type=DATE),
            Field(name="authenticated_at", type=DATE, description="When the person last proved who they are"),
            Field(name="idle_expires_at", type=DATE),
            Field(name="expires_at", type=DATE),
            Field(name="device", type=dict[str, str], description="Addresses and browsers, the first and the last"),
            Field(name="clients", type=list[dict[str, str]], description="Applications that got something in it"),
            Field(name="authentication", type=dict[str, list[dict[str, str]]], description="How it was proven"),
            Field(name="cookie", type=dict[str, str], description="Whether the browser keeps it when it is closed"),
        )
    ),
)


class SessionResource:
    """The resource."""

    def __init__(self, live: LiveRecords, accounts: Accounts, endings: Endings, families: Families) -> None:
        self._live = live
        self._accounts = accounts
        self._endings = endings
        self._families = families

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        return (
            Route("GET", _ONE, self._get, _READ, "Get a session", answers={200: SHOWN}, problems=(404,)),
            Route("DELETE", _ONE, self._end, _DELETE, "End a session; no error when it is over", answers={202: None}),
            Route(
                "POST",
                _ONE + "/revoke",
                self._revoke,
                _DELETE_BOTH,
                "End a session, and withdraw the tokens that came of it",
                body=Body("RevokeSession", NO_MEMBERS, update=True),
                answers={202: None},
                problems=(404,),
            ),
            Route(
                "GET",
                _OF_PERSON,
                self._list,
                _READ,
                "List a person's sessions",
                query=CHECKPOINT_PARAMETERS,
                answers={200: Checkpoints(SHOWN, ENTITY)},
                problems=(404,),
            ),
            Route(
                "DELETE",
                _OF_PERSON,
                self._end_all,
                _DELETE,
                "End all sessions of a person",
                answers={202: None},
                problems=(404,),
            ),
            Route(
                "POST",
                "/users/{id}/revoke-access",
                self._revoke_access,
                _DELETE_BOTH,
                "End a person's sessions, and withdraw their tokens",
                body=Body("RevokeAccess", REVOKE_FIELDS),
                answers={202: None},
                problems=(404,),
            ),
        )

    async def _get(self, call: Call) -> Answer:
        return Answer(200, session_body(await self._one(call)))

    async def _end(self, call: Call) -> Answer:
        found = await self._live.get(Session, call.tenant.tenant_id, call.path["id"])
        await self._end_these(call, [found] if found else [], "End a session")
        return Answer(202)

    async def _revoke(self, call: Call) -> Answer:
        check_update(NO_MEMBERS, call.body)
        session = await self._one(call)
        await self._end_these(call, [session], "Revoke a session")
        await self._withdraw(call, {"session_id": session.id})
        return Answer(202)

    async def _list(self, call: Call) -> Answer:
        user = await person_of(self._accounts, call)
        living = [one for one in await self._of(call, user.user_id) if is_alive(one, call.now_ms)]
        return Answer(200, await page_of_list(checkpoint_of(call.query), ENTITY, living, session_body))

    async def _end_all(self, call: Call) -> Answer:
        user = await person_of(self._accounts, call)
        await self._end_these(call, await self._of(call, user.user_id), "End all sessions of a user")
        return Answer(202)

    async def _revoke_access(self, call: Call) -> Answer:
        asked = check_create(REVOKE_FIELDS, call.body)
        user = await person_of(self._accounts, call)
        where: Json = {"user_id": user.user_id}
        sessions = await self._of(call, user.user_id)
        if "session_id" in asked:
            where["session_id"] = asked["session_id"]
            sessions = [one for one in sessions if one.id == asked["session_id"]]
        await self._end_these(call, sessions, "Revoke the access of a user")
        if not asked["preserve_refresh_tokens"]:
            await self._withdraw(call, where)
        return Answer(202)

    async def _one(self, call: Call) -> Session:
        session = await self._live.get(Session, call.tenant.tenant_id, call.path["id"])
        if session is None or not is_alive(session, call.now_ms):
            raise NotFound("The session does not exist", error_code="inexistent_session")
        return session

    async def _of(self, call: Call, user_id: str) -> list[Session]:
        return await self._live.find(Session, call.tenant.tenant_id, where={"user_id": user_id})

    async def _end_these(self, call: Call, sessions: list[Session], description: str) -> None:
        event = call.event(description, target=call.path["id"], sessions=[one.id for one in sessions][:50])
        await self._endings.end(call.tenant, sessions, Initiator.SESSION_REVOKED, call.now_ms, (event,))

    async def _withdraw(self, call: Call, where: Json) -> None:
        await take_back(self._live, call.tenant.tenant_id, where)
        await self._families.withdraw_where(call.tenant.tenant_id, where, REVOKED, call.now_ms)


def session_body(session: Session) -> Json:
    """The session as administrators see it."""
    return {
        "id": session.id,
        "user_id": session.user_id,
        "created_at": iso_from_ms(session.created_at_ms),
        "updated_at": iso_from_ms(session.updated_at_ms),
        "authenticated_at": iso_from_ms(session.authenticated_at_ms),
        "idle_expires_at": iso_from_ms(session.idle_expires_at_ms),
        "expires_at": iso_from_ms(session.expires_at_ms),
        "device": session.device,
        "clients": [{"client_id": entry["client_id"]} for entry in session.clients],
        "authentication": {
            "methods": [{"name": name, "timestamp": iso_from_ms(session.authenticated_at_ms)} for name in session.amr]
        },
        "cookie": {"mode": "persistent" if session.is_persistent else "non-persistent"},
    }

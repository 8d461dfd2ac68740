"""``/users/{id}/authentication-methods``, ``/enrollments`` and ``/multifactor`` (auth0.md, appendix A)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..clients.dates import DATE, iso_from_ms, to_wire
from ..errors import NotFound
from ..events import EventLog
from ..fields import Field, field_table
from ..live import LiveRecords
from ..records import Json
from ..users.accounts import Accounts
from ..users.authenticator import RECOVERY_CODE, TOTP, WEBAUTHN, Authenticator
from ..users.user import User
from .call import Answer, Call, Route
from .description import Many, Pages, Shown
from .of_person import page_of_list, person_of
from .pagination import PARAMETERS, page_of

ENTITY = "authenticators"
_LIST = "/users/{id}/authentication-methods"
_ONE = _LIST + "/{authentication_method_id}"
_READ, _DELETE = ("read:authentication_methods",), ("delete:authentication_methods",)
NAMES: Mapping[str, tuple[str, str]] = {
    TOTP: ("totp", "authenticator"),
    WEBAUTHN: ("passkey", "webauthn"),
    RECOVERY_CODE: ("recovery-code", "recovery-code"),
}
"""Type of authenticator → Auth0's word for it here, and among enrollments."""
PROVIDERS: Mapping[str, tuple[str, ...]] = {"google-authenticator": (TOTP,), "duo": ()}
"""Provider in the path of ``/multifactor`` → types that go."""
SHOWN = Shown(
    "AuthenticationMethod",
    field_table(
        (
            Field(name="id", type=str),
            Field(name="type", type=str, description="totp, passkey or recovery-code"),
            Field(name="name", type=str, description="What the person calls it"),
            Field(name="confirmed", type=bool, description="Whether it proved once that it works"),
            Field(name="created_at", type=DATE),
            Field(name="last_auth_at", type=DATE, nullable=True),
        )
    ),
)
ENROLLMENT_SHOWN = Shown(
    "Enrollment",
    field_table(
        (
            Field(name="id", type=str),
            Field(name="status", type=str, description="confirmed"),
            Field(name="name", type=str),
            Field(name="auth_method", type=str, description="authenticator, webauthn or recovery-code"),
            Field(name="enrolled_at", type=DATE),
            Field(name="last_auth", type=DATE, nullable=True),
        )
    ),
)


class AuthenticationMethodResource:
    """The resource."""

    def __init__(self, live: LiveRecords, log: EventLog, accounts: Accounts) -> None:
        self._live = live
        self._log = log
        self._accounts = accounts

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        return (
            Route(
                "GET",
                _LIST,
                self._list,
                _READ,
                "List a person's second factors and passkeys",
                query=PARAMETERS,
                answers={200: Pages(SHOWN, ENTITY)},
                problems=(404,),
            ),
            Route("DELETE", _LIST, self._erase_all, _DELETE, "Remove them all", answers={204: None}, problems=(404,)),
            Route("DELETE", _ONE, self._erase, _DELETE, "Remove one of them", answers={204: None}, problems=(404,)),
            Route(
                "GET",
                "/users/{id}/enrollments",
                self._enrollments,
                ("read:users",),
                "List a person's second factors that work",
                answers={200: Many(ENROLLMENT_SHOWN)},
                problems=(404,),
            ),
            Route(
                "DELETE",
                "/users/{id}/multifactor/{provider}",
                self._erase_provider,
                ("update:users",),
                "Remove the authenticator apps: google-authenticator",
                answers={204: None},
                problems=(404,),
            ),
        )

    async def _list(self, call: Call) -> Answer:
        found = await self._of(call, await person_of(self._accounts, call))
        return Answer(200, await page_of_list(page_of(call.query), ENTITY, found, method_body))

    async def _enrollments(self, call: Call) -> Answer:
        found = await self._of(call, await person_of(self._accounts, call))
        return Answer(200, [enrollment_body(one) for one in found if one.is_confirmed])

    async def _erase_all(self, call: Call) -> Answer:
        user = await person_of(self._accounts, call)
        await self._remove(call, user, await self._of(call, user))
        return Answer(204)

    async def _erase(self, call: Call) -> Answer:
        user = await person_of(self._accounts, call)
        wanted = call.path["authentication_method_id"]
        found = [one for one in await self._of(call, user) if one.id == wanted]
        if not found:
            raise NotFound("The authentication method does not exist", error_code="inexistent_authentication_method")
        await self._remove(call, user, found)
        return Answer(204)

    async def _erase_provider(self, call: Call) -> Answer:
        user = await person_of(self._accounts, call)
        types = PROVIDERS.get(call.path["provider"])
        if types is None:
            raise NotFound("The provider does not exist", error_code="inexistent_provider")
        await self._remove(call, user, [one for one in await self._of(call, user) if one.type in types])
        return Answer(204)

    async def _remove(self, call: Call, user: User, found: Sequence[Authenticator]) -> None:
        """Recovery codes stand in for a factor: they go with the last one."""
        tenant_id = call.tenant.tenant_id
        await self._live.erase_where(Authenticator, tenant_id, {"id": tuple(one.id for one in found)})
        left = await self._of(call, user)
        if left and all(one.type == RECOVERY_CODE for one in left):
            await self._live.erase_where(Authenticator, tenant_id, {"user_id": user.user_id, "type": RECOVERY_CODE})
        removed = [{"id": one.id, "type": one.type} for one in found]
        await self._log.record(call.event("Remove second factors", user_id=user.user_id, removed=removed))

    async def _of(self, call: Call, user: User) -> list[Authenticator]:
        return await self._live.find(Authenticator, call.tenant.tenant_id, where={"user_id": user.user_id})


def method_body(one: Authenticator) -> Json:
    """The factor as administrators see it: nothing that it could be used with."""
    return {
        "id": one.id,
        "type": NAMES[one.type][0],
        "name": one.name,
        "confirmed": one.is_confirmed,
        "created_at": iso_from_ms(one.created_at_ms),
        "last_auth_at": to_wire(one.last_used_at_ms),
    }


def enrollment_body(one: Authenticator) -> Json:
    """The same as an enrollment."""
    return {
        "id": one.id,
        "status": "confirmed",
        "name": one.name,
        "auth_method": NAMES[one.type][1],
        "enrolled_at": iso_from_ms(one.created_at_ms),
        "last_auth": to_wire(one.last_used_at_ms),
    }

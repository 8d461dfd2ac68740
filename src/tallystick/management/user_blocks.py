"""``/user-blocks`` (auth0.md, appendix A): accounts that are tried too often, and their release."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from ..fields import Field, field_table
from ..records import Json
from ..users.account_rules import no_such_user
from ..users.accounts import Accounts
from ..users.blocks import Blocks
from ..users.user import User
from .call import Answer, Call, Route
from .description import Shown

_LIST, _ONE = "/user-blocks", "/user-blocks/{id}"
_READ, _UPDATE = ("read:users",), ("update:users",)
_ENABLEMENT = Field(
    name="consider_brute_force_enablement",
    type=bool,
    default=False,
    description="Taken: a block that is not in force is never listed",
)
_IDENTIFIER = Field(
    name="identifier",
    type=Annotated[str, Meta(min_length=1, max_length=300)],
    required=True,
    description="E-mail address or username",
)
SHOWN = Shown(
    "UserBlocks",
    field_table(
        (Field(name="blocked_for", type=list[Json], description="identifier, and the ip for which it is blocked"),)
    ),
)


class UserBlockResource:
    """The resource."""

    def __init__(self, accounts: Accounts, blocks: Blocks) -> None:
        self._accounts = accounts
        self._blocks = blocks

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        by_name = field_table((_IDENTIFIER, _ENABLEMENT))
        return (
            Route(
                "GET", _LIST, self._list, _READ, "List an account's blocks by name", query=by_name, answers={200: SHOWN}
            ),
            Route(
                "DELETE",
                _LIST,
                self._release,
                _UPDATE,
                "Release an account by name",
                query=field_table((_IDENTIFIER,)),
                answers={204: None},
            ),
            Route(
                "GET",
                _ONE,
                self._get,
                _READ,
                "List an account's blocks",
                query=field_table((_ENABLEMENT,)),
                answers={200: SHOWN},
                problems=(404,),
            ),
            Route(
                "DELETE", _ONE, self._release_one, _UPDATE, "Release an account", answers={204: None}, problems=(404,)
            ),
        )

    async def _named(self, call: Call) -> User | None:
        return await self._accounts.by_login(call.tenant.tenant_id, call.query.get("identifier", ""))

    async def _list(self, call: Call) -> Answer:
        user = await self._named(call)
        return Answer(200, {"blocked_for": [] if user is None else await self._blocked(call, user)})

    async def _get(self, call: Call) -> Answer:
        user = await self._accounts.get(call.tenant.tenant_id, call.path["id"])
        return Answer(200, {"blocked_for": await self._blocked(call, user)})

    async def _blocked(self, call: Call, user: User) -> list[Json]:
        places = await self._blocks.of(call.tenant.tenant_id, user, call.now_ms)
        about: Json = {"identifier": user.email, "connection": user.connection}
        return [about if ip is None else {**about, "ip": ip} for ip in places]

    async def _release(self, call: Call) -> Answer:
        user = await self._named(call)
        if user is not None:
            await self._blocks.release(call.tenant.tenant_id, user, call.event)
        return Answer(204)

    async def _release_one(self, call: Call) -> Answer:
        user = await self._accounts.by_id(call.tenant.tenant_id, call.path["id"])
        if user is None:
            raise no_such_user()
        await self._blocks.release(call.tenant.tenant_id, user, call.event)
        return Answer(204)

"""``/users`` and ``/users-by-email`` (auth0.md 4.9): people, as administrators see them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import replace

from ..errors import NotPermitted
from ..events import LogReader
from ..fields import Field, field_table
from ..users.accounts import Accounts
from ..users.fields import USER_FIELDS
from ..users.search import AllOf, Is, PeopleReader, searchable
from ..users.user import User
from .call import Answer, Call, Route
from .description import Body, Many, Pages
from .field_choice import FIELDS_PARAMETERS, field_choice
from .log_body import SHOWN as LOG_SHOWN
from .log_query import QUERY_CHARS_MAX
from .log_tree import Value
from .logs import ENTITY as LOGS
from .logs import PARAMETERS_OF_LOGS, LogResource
from .logs import SCOPES as LOG_SCOPES
from .pagination import PAGE_DEFAULT, PARAMETERS, page_of
from .query import value_of
from .user_body import SHOWN, user_body
from .user_query import order_of, parse

ENTITY = "users"
_LIST, _ONE, _BY_EMAIL = "/users", "/users/{id}", "/users-by-email"
_READ = ("read:users",)
_UPDATE, _UPDATE_APP_METADATA = "update:users", "update:users_app_metadata"
Verify = Callable[[Call, User], Awaitable[None]]
"""Sends a person the message that asks to verify their address."""


def _check_order(text: str) -> None:
    order_of(text)


_FILTERS = {
    **{name: PARAMETERS[name] for name in ("page", "per_page", "include_totals")},
    **FIELDS_PARAMETERS,
    **field_table(
        (
            Field(
                name="q",
                type=Annotated[str, Meta(max_length=QUERY_CHARS_MAX)],
                description="What to look for, a part of Lucene's syntax, such as email:ann@example.com OR name:ann*",
            ),
            Field(name="search_engine", type=Literal["v1", "v2", "v3"], description="v3 whatever is asked for"),
            Field(name="sort", type=str, check=_check_order, description="field:1 or field:-1; as made by default"),
            Field(name="connection", type=str, description="Only people of this connection"),
            Field(name="primary_order", type=bool, description="Taken; the order is always the same"),
        )
    ),
}
_EMAIL = {
    **FIELDS_PARAMETERS,
    "email": Field(name="email", type=str, required=True, description="The address, in any case"),
}
_LOG_PARAMETERS = {name: PARAMETERS_OF_LOGS[name] for name in ("page", "per_page", "include_totals", "sort")}


class UserResource:
    """The resource."""

    def __init__(self, accounts: Accounts, people: PeopleReader, log: LogReader, verify: Verify) -> None:
        self._accounts = accounts
        self._people = people
        self._logs = LogResource(log)
        self._verify = verify

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        return (
            Route(
                "GET", _LIST, self._list, _READ, "Search people", query=_FILTERS, answers={200: Pages(SHOWN, ENTITY)}
            ),
            Route(
                "POST",
                _LIST,
                self._create,
                ("create:users",),
                "Make an account",
                body=Body("CreateUser", USER_FIELDS),
                answers={201: SHOWN},
                problems=(409,),
            ),
            Route(
                "GET",
                _ONE,
                self._get,
                _READ,
                "Get a person",
                query=FIELDS_PARAMETERS,
                answers={200: SHOWN},
                problems=(404,),
            ),
            Route(
                "PATCH",
                _ONE,
                self._update,
                (_UPDATE, _UPDATE_APP_METADATA),
                "Change a person's account",
                body=Body("UpdateUser", USER_FIELDS, update=True),
                answers={200: SHOWN},
                problems=(404, 409),
            ),
            Route(
                "DELETE",
                _ONE,
                self._erase,
                ("delete:users",),
                "Delete a person's account and take back all it was given",
                answers={204: None},
            ),
            Route(
                "GET",
                _BY_EMAIL,
                self._by_email,
                _READ,
                "Find people by address",
                query=_EMAIL,
                answers={200: Many(SHOWN)},
            ),
            Route(
                "GET",
                _ONE + "/logs",
                self._log_of,
                LOG_SCOPES,
                "The log of what a person did",
                query=_LOG_PARAMETERS,
                answers={200: Pages(LOG_SHOWN, LOGS, incomplete=True)},
                problems=(404,),
            ),
        )

    async def _list(self, call: Call) -> Answer:
        page, choice, tenant_id = page_of(call.query), field_choice(call.query), call.tenant.tenant_id
        tree = parse(call.query.get("q", ""))
        order = order_of(call.query["sort"]) if "sort" in call.query else None
        connection = searchable("identities.connection")
        if "connection" in call.query and connection is not None:
            tree = AllOf((tree, Is(connection, call.query["connection"])))
        if page.limit is None:
            page = replace(page, limit=PAGE_DEFAULT)

        async def find(*, offset: int, limit: int | None) -> Sequence[User]:
            found = limit or PAGE_DEFAULT
            return await self._people.find_users(tenant_id, tree, order, offset=offset, limit=found)

        async def count() -> int:
            return await self._people.count_users(tenant_id, tree)

        return Answer(200, await page.body(ENTITY, find, count, lambda user: choice.of(user_body(user))))

    async def _by_email(self, call: Call) -> Answer:
        email = value_of(call.query, _EMAIL["email"])
        found = None if email is None else await self._accounts.by_email(call.tenant.tenant_id, email)
        return Answer(200, [] if found is None else [field_choice(call.query).of(user_body(found))])

    async def _get(self, call: Call) -> Answer:
        user = await self._accounts.get(call.tenant.tenant_id, call.path["id"])
        return Answer(200, field_choice(call.query).of(user_body(user)))

    async def _create(self, call: Call) -> Answer:
        user = await self._accounts.create(call.tenant, call.body, call.now_ms, call.event)
        await self._ask_to_verify(call, user)
        return Answer(201, user_body(user))

    async def _update(self, call: Call) -> Answer:
        if not call.caller.holds_any(_UPDATE) and not call.body.keys() <= {"app_metadata"}:
            raise NotPermitted(
                f"Insufficient scope, expected any of: {_UPDATE}", error_code="insufficient_scope", check="user.fields"
            )
        user = await self._accounts.update(call.tenant, call.path["id"], call.body, call.now_ms, call.event)
        await self._ask_to_verify(call, user)
        return Answer(200, user_body(user))

    async def _ask_to_verify(self, call: Call, user: User) -> None:
        if call.body.get("verify_email") and not user.email_verified:
            await self._verify(call, user)

    async def _erase(self, call: Call) -> Answer:
        await self._accounts.delete(call.tenant, call.path["id"], call.now_ms, call.event)
        return Answer(204)

    async def _log_of(self, call: Call) -> Answer:
        user = await self._accounts.get(call.tenant.tenant_id, call.path["id"])
        return await self._logs.page(call, Value("user_id", user.user_id))

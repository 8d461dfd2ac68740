"""``/tickets`` (auth0.md, appendix A): links that an administrator hands to a person."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from ..errors import InvalidField
from ..fields import Field, check_create, field_table
from ..ids import connection_id_of
from ..records import Json
from ..tenants.option_types import HttpsUrl
from ..users.account_rules import no_such_user
from ..users.accounts import Accounts
from ..users.ticket import CHANGE_PASSWORD, VERIFY_EMAIL
from ..users.tickets import Tickets
from ..users.user import User
from .call import Answer, Call, Route
from .description import Body, Shown

LIFE_S = 432_000
"""Five days, as Auth0's."""
_Text = Annotated[str, Meta(min_length=1, max_length=255)]
_COMMON = (
    Field(name="result_url", type=HttpsUrl, nullable=True, description="Where a link leads when all is done"),
    Field(
        name="ttl_sec",
        type=Annotated[int, Meta(ge=0, le=30 * 86_400)],
        default=LIFE_S,
        description="Seconds it is good for; 0 is the default",
    ),
    Field(name="client_id", type=_Text, nullable=True, description="The application it is for"),
)
PASSWORD_FIELDS = field_table(
    (
        Field(name="user_id", type=_Text, description="The person"),
        Field(name="email", type=_Text, description="Or their address, together with connection_id"),
        Field(name="connection_id", type=_Text, description="The connection of the address"),
        Field(
            name="mark_email_as_verified",
            type=bool,
            default=False,
            description="Whether using the link proves the address",
        ),
        *_COMMON,
    )
)
VERIFICATION_FIELDS = field_table(
    (Field(name="user_id", type=_Text, required=True, description="The person"), *_COMMON)
)
SHOWN = Shown("Ticket", field_table((Field(name="ticket", type=str, description="The link, good once"),)), id="ticket")


class TicketResource:
    """The resource."""

    def __init__(self, accounts: Accounts, tickets: Tickets) -> None:
        self._accounts = accounts
        self._tickets = tickets

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        scopes = ("create:user_tickets",)
        return (
            Route(
                "POST",
                "/tickets/password-change",
                self._password,
                scopes,
                "Make a link for a new password",
                body=Body("CreatePasswordTicket", PASSWORD_FIELDS),
                answers={201: SHOWN},
                problems=(404,),
            ),
            Route(
                "POST",
                "/tickets/email-verification",
                self._verification,
                scopes,
                "Make a link that verifies an address",
                body=Body("CreateVerificationTicket", VERIFICATION_FIELDS),
                answers={201: SHOWN},
                problems=(404,),
            ),
        )

    async def _password(self, call: Call) -> Answer:
        values = check_create(PASSWORD_FIELDS, call.body)
        user = await self._whom(call, values)
        mark = {"mark_email_as_verified": True} if values["mark_email_as_verified"] else {}
        return await self._made(call, user, CHANGE_PASSWORD, values, **mark)

    async def _verification(self, call: Call) -> Answer:
        values = check_create(VERIFICATION_FIELDS, call.body)
        return await self._made(call, await self._whom(call, values), VERIFY_EMAIL, values)

    async def _whom(self, call: Call, values: Json) -> User:
        tenant_id = call.tenant.tenant_id
        if ("user_id" in values) == ("email" in values):
            raise InvalidField("", "Give one of user_id and email", check="ticket.whom")
        if "user_id" in values:
            return await self._accounts.get(tenant_id, values["user_id"])
        if values.get("connection_id") != connection_id_of(tenant_id):
            raise InvalidField("connection_id", "The connection does not exist", check="user.connection")
        user = await self._accounts.by_email(tenant_id, values["email"])
        if user is None:
            raise no_such_user()
        return user

    async def _made(self, call: Call, user: User, purpose: str, values: Json, **data: object) -> Answer:
        kept = {name: values[name] for name in ("result_url", "client_id") if values.get(name)}
        link = await self._tickets.create(
            call.tenant,
            user,
            purpose,
            call.now_ms,
            life_ms=1000 * (values["ttl_sec"] or LIFE_S),
            events=(call.event("Create a ticket", purpose=purpose, user_id=user.user_id),),
            **kept,
            **data,
        )
        return Answer(201, {"ticket": link})

"""A person as administrators see them (auth0.md 4.9). Whatever the password is made of appears in no answer."""

from __future__ import annotations

from ..clients.dates import DATE, iso_from_ms, to_wire
from ..fields import Field, field_table
from ..records import Json
from ..users.account_rules import PROVIDER
from ..users.fields import PROFILE, USER_FIELDS
from ..users.user import User
from .description import Shown, all_but, kept

_PROFILE_ROWS = kept({name: USER_FIELDS[name] for name in (*PROFILE, "username")})
USER_SHOWN_FIELDS = field_table(
    (
        Field(name="user_id", type=str, description="auth0| and what follows"),
        Field(name="email", type=str),
        Field(name="email_verified", type=bool),
        Field(name="blocked", type=bool),
        Field(name="identities", type=list[Json], description="One: the account kept here"),
        *_PROFILE_ROWS.values(),
        Field(name="created_at", type=DATE),
        Field(name="updated_at", type=DATE),
        Field(name="last_login", type=DATE, description="When they last signed in"),
        Field(name="last_ip", type=str, description="From which address"),
        Field(name="last_password_reset", type=DATE, description="When the password was last changed"),
        Field(name="logins_count", type=int, description="How often they signed in"),
    )
)
SHOWN = Shown(
    "User",
    USER_SHOWN_FIELDS,
    optional=all_but(USER_SHOWN_FIELDS, "user_id", "email", "email_verified", "identities", "created_at", "updated_at"),
    id="user_id",
)


def user_body(user: User) -> Json:
    """The account as JSON; members without a value are left out."""
    provider, _, local_id = user.user_id.partition("|")
    body: Json = {
        "user_id": user.user_id,
        "email": user.email,
        "email_verified": user.email_verified,
        "username": user.username,
        **{name: user.metadata.get(name) for name in PROFILE},
        "blocked": user.blocked or None,
        "identities": [
            {
                "connection": user.connection,
                "user_id": local_id or user.user_id,
                "provider": provider if local_id else PROVIDER,
                "isSocial": False,
            }
        ],
        "created_at": iso_from_ms(user.created_at_ms),
        "updated_at": iso_from_ms(user.updated_at_ms),
        "last_login": to_wire(user.last_login_ms),
        "last_ip": user.last_ip,
        "last_password_reset": to_wire(user.password_changed_at_ms),
        "logins_count": user.logins_count,
    }
    return {name: value for name, value in body.items() if value is not None}

"""The shapes of options with more than one member, as Auth0 spells them (auth0.md 4.9). Unknown members are refused."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

ALLOWLIST_MAX = 1000

Colour = Annotated[str, Meta(pattern=r"^#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})\Z")]
HttpsUrl = Annotated[str, Meta(max_length=2048, pattern=r"^https://[^\s\"'<>\\]+\Z")]
Addresses = Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=ALLOWLIST_MAX)]
Attempts = Annotated[int, Meta(ge=1, le=10_000)]
Interval = Annotated[int, Meta(ge=1, le=30 * 86_400_000)]
"""Milliseconds in which one more attempt is given back."""
Shields = list[Literal["block", "user_notification", "admin_notification"]]
BreachShields = list[Literal["block", "admin_notification"]]


def check_addresses(values: list[str]) -> None:
    """Addresses or networks in CIDR notation. Raises ValueError."""
    for value in values:
        try:
            ip_network(value)
        except ValueError:
            raise ValueError(f"{value[:64]!r} is neither an address nor a network such as 192.0.2.0/24") from None


class Switch(Struct, forbid_unknown_fields=True):
    """Whether a way to sign in is offered."""

    enabled: bool


class AuthenticationMethods(Struct, forbid_unknown_fields=True):
    """How people prove who they are at the connection."""

    password: Switch | None = None
    passkey: Switch | None = None


class PasswordComplexity(Struct, forbid_unknown_fields=True):
    """How long a password must be."""

    min_length: Annotated[int, Meta(ge=1, le=128)] | None = None


class NamelessPassword(Struct, forbid_unknown_fields=True):
    """Whether a password may hold the person's own name or address."""

    enable: bool = False


class PasswordDictionary(Struct, forbid_unknown_fields=True):
    """Words that are no password, in upper or lower case."""

    enable: bool = False
    words: Annotated[list[Annotated[str, Meta(min_length=1, max_length=50)]], Meta(max_length=200)] = field(
        name="dictionary", default_factory=list
    )


class Length(Struct, forbid_unknown_fields=True):
    """From so many characters to so many."""

    min: Annotated[int, Meta(ge=1, le=128)]
    max: Annotated[int, Meta(ge=1, le=128)]


class Validation(Struct, forbid_unknown_fields=True):
    """What a name for signing in looks like."""

    username: Length | None = None


class Stage(Struct, forbid_unknown_fields=True):
    """How often one address may try at one stage."""

    max_attempts: Attempts
    rate: Interval


class ThrottlingStages(Struct, forbid_unknown_fields=True):
    """Signing in, and signing up."""

    login: Stage | None = field(name="pre-login", default=None)
    registration: Stage | None = field(name="pre-user-registration", default=None)


class BreachStage(Struct, forbid_unknown_fields=True):
    """What happens when a breached password is chosen."""

    shields: BreachShields


class BreachStages(Struct, forbid_unknown_fields=True):
    """Signing up, and changing a password."""

    registration: BreachStage | None = field(name="pre-user-registration", default=None)
    change: BreachStage | None = field(name="pre-change-password", default=None)


class Colors(Struct, forbid_unknown_fields=True):
    """Of buttons and links, and behind everything."""

    primary: Colour | None = None
    page_background: Colour | None = None


class Font(Struct, forbid_unknown_fields=True):
    """Where the font of the pages is."""

    url: HttpsUrl | None = None

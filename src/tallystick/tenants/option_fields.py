"""The tables of options: sign-in, protection against guessing, second factors, looks (auth0.md 4.9, appendix A).

One table per document, with the names and shapes of Auth0. What Auth0 has and is not here is refused, unless it says
that something is off: nobody shall believe in a protection that nothing holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta

from ..fields import Field, FieldTable, field_table
from . import option_types as shapes
from .option import BRANDING, BREACHED_PASSWORD_DETECTION, BRUTE_FORCE_PROTECTION, SUSPICIOUS_IP_THROTTLING

PASSWORD_LENGTH_MIN = 8
"""NIST SP 800-63B 3.1.1.2; that passwords need signs of several kinds is advised against there."""


def _only(*allowed: object) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        if value not in allowed:
            raise ValueError("this is not supported; leave it out")

    return check


def _length_in_order(value: Any) -> None:
    length = value.get("username")
    if length and length["min"] > length["max"]:
        raise ValueError("min is greater than max")


def _some_way_in(value: Any) -> None:
    # A method that is left out or null has its default, which is on for the password.
    switches = {name: (value.get(name) or {}).get("enabled") for name in ("password", "passkey")}
    if switches["password"] is False and switches["passkey"] is not True:
        raise ValueError("one way to sign in must stay: password or passkey")


def _row(name: str, type: Any, default: Any, description: str, check: Callable[[Any], None] | None = None) -> Field:
    """A row; null brings the default back."""
    return Field(name=name, type=type, default=default, description=description, nullable=True, check=check)


CONNECTION_OPTION_FIELDS = field_table(
    (
        _row("disable_signup", bool, False, "Whether people may not make accounts themselves"),
        _row("requires_username", bool, False, "Whether accounts have a name to sign in with beside the e-mail"),
        _row("brute_force_protection", bool, True, "Whether brute-force-protection counts here"),
        _row(
            "passwordPolicy",
            Literal["none", "low", "fair", "good", "excellent"],
            "none",
            "Kinds of signs a password needs",
        ),
        _row(
            "password_complexity_options",
            shapes.PasswordComplexity,
            {"min_length": PASSWORD_LENGTH_MIN},
            "How long a password must be",
        ),
        _row(
            "password_no_personal_info",
            shapes.NamelessPassword,
            {"enable": False},
            "Whether a password may not hold the person's name or address",
        ),
        _row(
            "password_dictionary",
            shapes.PasswordDictionary,
            {"enable": False, "dictionary": []},
            "Words that are refused as a password",
        ),
        _row(
            "authentication_methods",
            shapes.AuthenticationMethods,
            {"password": {"enabled": True}, "passkey": {"enabled": True}},
            "Ways to sign in",
            _some_way_in,
        ),
        _row(
            "validation",
            shapes.Validation,
            {"username": {"min": 1, "max": 15}},
            "Length of user names",
            _length_in_order,
        ),
        _row(
            "disable_self_service_change_password",
            bool,
            False,
            "No reset by mail: only as off",
            _only(False),
        ),
        # What Auth0's tools write along; each may only say that it is off.
        *(
            Field(name=name, type=type, nullable=True, check=_only(*off), description=f"{meaning}: only as off")
            for name, type, off, meaning in (
                ("enabledDatabaseCustomization", bool, (False,), "A database of your own"),
                ("import_mode", bool, (False,), "Import from a database of your own"),
                ("customScripts", dict[str, Any], ({},), "Scripts for a database of your own"),
                ("password_history", dict[str, Any], ({"enable": False},), "No password of the past again"),
            )
        ),
    )
)
"""``options`` of the database connection."""

CONNECTION_FIELDS = field_table(
    (
        Field(
            name="display_name",
            type=Annotated[str, Meta(max_length=128)],
            nullable=True,
            description="What people read on a button",
        ),
        Field(
            name="options",
            type=dict[str, Any],
            nullable=True,
            description="Replaces all options; see docs/sign-in-settings.md",
        ),
        Field(
            name="metadata",
            type=Annotated[
                dict[
                    Annotated[str, Meta(min_length=1, max_length=255)],
                    Annotated[str, Meta(max_length=255)] | None,
                ],
                Meta(max_length=10),
            ],
            nullable=True,
            description="Notes of yours",
        ),
        Field(
            name="is_domain_connection",
            type=bool,
            nullable=True,
            check=_only(False),
            description="Only as off: there is one tenant's connection",
        ),
        Field(name="realms", type=list[str], nullable=True, description="Must be its own name, as it always is"),
        Field(
            name="enabled_clients",
            type=list[str],
            nullable=True,
            description="Taken and kept nowhere: every application may use it",
        ),
    )
)
"""Members of the connection itself."""

_SHIELDS = "What happens; notifications are kept, and nobody is notified"

BRUTE_FORCE_FIELDS = field_table(
    (
        _row("enabled", bool, True, "Whether wrong passwords are counted"),
        _row("shields", shapes.Shields, ["block"], _SHIELDS),
        _row("allowlist", shapes.Addresses, [], "Addresses that are never blocked", shapes.check_addresses),
        _row(
            "mode",
            Literal["count_per_identifier_and_ip", "count_per_identifier"],
            "count_per_identifier_and_ip",
            "Whether an account is blocked for one address or for all",
        ),
        _row("max_attempts", Annotated[int, Meta(ge=1, le=100)], 10, "Wrong passwords until the block"),
    )
)
ADDRESS_THROTTLING_FIELDS = field_table(
    (
        _row("enabled", bool, True, "Whether attempts are counted by address"),
        _row("shields", shapes.Shields, ["block"], _SHIELDS),
        _row("allowlist", shapes.Addresses, [], "Addresses that are never blocked", shapes.check_addresses),
        _row(
            "stage",
            shapes.ThrottlingStages,
            {
                "pre-login": {"max_attempts": 100, "rate": 864_000},
                "pre-user-registration": {"max_attempts": 50, "rate": 1_200},
            },
            "Attempts at once, and milliseconds until one is given back",
        ),
    )
)
BREACHED_FIELDS = field_table(
    (
        _row("enabled", bool, True, "Whether passwords are looked up in the operator's list"),
        _row("shields", shapes.BreachShields, [], "What happens to a breached password at sign-in"),
        _row(
            "admin_notification_frequency",
            list[Literal["immediately", "daily", "weekly", "monthly"]],
            [],
            "Kept, and nobody is notified",
        ),
        _row("method", Literal["standard"], "standard", "The list that is looked up: the operator's"),
        _row(
            "stage",
            shapes.BreachStages,
            {"pre-user-registration": {"shields": ["block"]}, "pre-change-password": {"shields": ["block"]}},
            "What happens where a password is chosen",
        ),
    )
)
BRANDING_FIELDS = field_table(
    (
        Field(name="colors", type=shapes.Colors, nullable=True, description="Colours of the pages"),
        Field(name="logo_url", type=shapes.HttpsUrl, nullable=True, description="Logo on the pages"),
        Field(name="favicon_url", type=shapes.HttpsUrl, nullable=True, description="Icon of the browser's tab"),
        Field(name="font", type=shapes.Font, nullable=True, description="Font of the pages"),
    )
)

OPTION_FIELDS: Mapping[str, FieldTable] = {
    BRUTE_FORCE_PROTECTION: BRUTE_FORCE_FIELDS,
    SUSPICIOUS_IP_THROTTLING: ADDRESS_THROTTLING_FIELDS,
    BREACHED_PASSWORD_DETECTION: BREACHED_FIELDS,
    BRANDING: BRANDING_FIELDS,
}
"""Documents that are read and patched whole, by name."""

FACTORS = {
    "otp": True,
    "webauthn-roaming": True,
    "webauthn-platform": True,
    "recovery-code": True,
    "sms": False,
    "email": False,
    "push-notification": False,
    "duo": False,
}
"""Second factors as Auth0 names them → whether this server has them. Those it has are on until somebody says no."""
ALL_APPLICATIONS = "all-applications"
"""The one policy: everybody passes a second factor, whatever the application asks for."""

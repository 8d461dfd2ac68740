"""The table of user fields: what a person's account has, its limits and defaults, who may set and see it.

Auth0's list (auth0.md 4.9), and the standard claims of OpenID Connect Core 5.1 that Auth0 has no member for. The
Management API, its OpenAPI document and the documentation read these rows.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from msgspec import Meta

from ..fields import Field, field_table
from .password_imports import CustomPasswordHash
from .passwords import PASSWORD_CHARS_MAX

EMAIL_CHARS_MAX = 254
"""RFC 5321 4.5.3.1.3, without its angle brackets."""
_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}", re.ASCII)
"""What HTML's e-mail inputs take before the @."""
_DOMAIN = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_USERNAME = re.compile(r"[A-Za-z0-9_+.!#$'^`~-]+", re.ASCII)
_USER_ID = re.compile(r"[A-Za-z0-9_.+~:@|-]+", re.ASCII)
_BIRTHDATE = re.compile(r"(?:\d{4}|0000-\d{2}-\d{2}|\d{4}-\d{2}-\d{2})", re.ASCII)
_LOCALE = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*", re.ASCII)

Metadata = dict[Annotated[str, Meta(min_length=1, max_length=256)], Any]
Short = Annotated[str, Meta(min_length=1, max_length=150)]
Long = Annotated[str, Meta(min_length=1, max_length=300)]
Link = Annotated[str, Meta(min_length=1, max_length=2_048)]


def check_email(email: str) -> None:
    """Whether it has the shape of an address; that somebody reads there, only a message can tell. Raises ValueError."""
    local, at, domain = email.rpartition("@")
    if not at or len(email) > EMAIL_CHARS_MAX or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise ValueError("Expected an e-mail address")


def _matches(pattern: re.Pattern[str], expected: str) -> Any:
    def check(value: str) -> None:
        if not pattern.fullmatch(value):
            raise ValueError(expected)

    return check


def _check_link(url: str) -> None:
    # It is shown to people and sent to applications: nothing that runs when it is opened.
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError("Expected an https or http URL") from None
    if parts.scheme not in ("https", "http") or not parts.hostname or not url.isprintable() or " " in url:
        raise ValueError("Expected an https or http URL")


def _check_printable(text: str) -> None:
    if not text.isprintable() or not text.strip():
        raise ValueError("Expected printable text")


def _check_zone(zone: str) -> None:
    if zone not in available_timezones():
        raise ValueError("Expected a name of the time zone database, such as Europe/Paris")


def _check_address(address: dict[str, str | None]) -> None:
    if not address:
        raise ValueError("Expected one member at least")


Address = dict[
    Literal["formatted", "street_address", "locality", "region", "postal_code", "country"],
    Annotated[str, Meta(max_length=1_000)],
]


def _text(name: str, type: Any, description: str, check: Any = _check_printable) -> Field:
    return Field(name=name, type=type, description=description, nullable=True, check=check)


USER_FIELDS = field_table(
    (
        Field(
            name="connection",
            type=Annotated[str, Meta(min_length=1, max_length=128)],
            required=True,
            description="Username-Password-Authentication, the one there is",
        ),
        Field(
            name="email",
            type=Annotated[str, Meta(min_length=1, max_length=EMAIL_CHARS_MAX)],
            required=True,
            check=check_email,
            description="E-mail address, kept in lower case",
        ),
        Field(
            name="username",
            type=Annotated[str, Meta(min_length=1, max_length=128)],
            nullable=True,
            check=_matches(_USERNAME, "Expected letters, digits and _+-.!#$'^`~"),
            description="Another name to sign in with, kept in lower case",
        ),
        Field(
            name="phone_number",
            type=Annotated[str, Meta(pattern=r"^\+[0-9]{1,15}\Z")],
            nullable=True,
            description="Phone number in the form of E.164, such as +4930123456",
        ),
        Field(
            name="password",
            type=Annotated[str, Meta(min_length=1, max_length=PASSWORD_CHARS_MAX)],
            description="Password, never shown again",
        ),
        Field(
            name="password_hash",
            type=Annotated[str, Meta(min_length=1, max_length=600)],
            on_update=False,
            description="A password from elsewhere: argon2 or PBKDF2 in PHC form, or bcrypt",
        ),
        Field(
            name="custom_password_hash",
            type=CustomPasswordHash,
            on_update=False,
            description="The same as Auth0 spells it",
        ),
        Field(
            name="user_id",
            type=Annotated[str, Meta(min_length=1, max_length=255)],
            on_update=False,
            check=_matches(_USER_ID, "Expected letters, digits and _.+~:@|-"),
            description="What follows auth0| in its id; made up when left out",
        ),
        Field(name="email_verified", type=bool, default=False, description="Whether the address is known to be theirs"),
        Field(name="phone_verified", type=bool, description="Whether the number is known to be theirs"),
        Field(name="verify_email", type=bool, description="Whether a message shall ask to verify the address"),
        Field(name="blocked", type=bool, default=False, description="Whether the person may not sign in"),
        _text("given_name", Short, "Given name"),
        _text("middle_name", Short, "Middle name"),
        _text("family_name", Short, "Family name"),
        _text("name", Long, "Full name; the e-mail address when left out"),
        _text("nickname", Long, "What they like to be called; what stands before the @ when left out"),
        _text("preferred_username", Long, "The name applications may show; the username when left out"),
        _text("picture", Link, "URL of a picture", check=_check_link),
        _text("profile", Link, "URL of a page about them", check=_check_link),
        _text("website", Link, "URL of their own pages", check=_check_link),
        _text("gender", Short, "Gender, such as female or male"),
        _text("birthdate", Short, "YYYY-MM-DD, or YYYY", check=_matches(_BIRTHDATE, "Expected YYYY-MM-DD or YYYY")),
        _text("zoneinfo", Short, "Time zone, such as Europe/Paris", check=_check_zone),
        _text("locale", Short, "Language, such as en-GB", check=_matches(_LOCALE, "Expected a language such as en-GB")),
        Field(
            name="address",
            type=Address,
            nullable=True,
            check=_check_address,
            description="Postal address: formatted, street_address, locality, region, postal_code, country",
        ),
        Field(
            name="user_metadata", type=Metadata, description="What the person may change themselves, by applications"
        ),
        Field(name="app_metadata", type=Metadata, description="What only administrators and applications change"),
    )
)
"""Name → row."""
COLUMNS = ("email", "username", "email_verified", "blocked")
"""Fields that are columns of their own; the rest is the record's ``metadata``."""
UNKEPT = ("connection", "password", "password_hash", "custom_password_hash", "user_id", "verify_email")
"""Members of a body that are no fields of the account."""
PROFILE = tuple(name for name in USER_FIELDS if name not in (*COLUMNS, *UNKEPT))
"""What ``metadata`` holds."""
MERGED = ("user_metadata", "app_metadata")
"""Objects of which an update changes the members it names: the first level is merged, what lies deeper is replaced."""

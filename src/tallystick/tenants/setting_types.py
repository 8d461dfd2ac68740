"""The shapes of tenant settings that have more than one member (auth0.md 4.6). Unknown members are refused."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

Url = Annotated[str, Meta(max_length=2048, pattern=r"^(?:$|https?://\S+)\Z")]
"""A web address, or empty."""
Hours = Annotated[float, Meta(gt=0, le=8760)]
Minutes = Annotated[int, Meta(ge=1, le=525_600)]
Html = Annotated[str, Meta(max_length=32_768)]


class Mtls(Struct, forbid_unknown_fields=True):
    """Whether discovery has ``mtls_endpoint_aliases``."""

    enable_endpoint_aliases: bool


class SessionCookie(Struct, forbid_unknown_fields=True):
    """Whether the sign-in cookie outlives the browser."""

    mode: Literal["persistent", "non-persistent"]


class Sessions(Struct, forbid_unknown_fields=True):
    """What is asked at sign-out."""

    oidc_logout_prompt_enabled: bool | None = None


class RpInitiatedLogout(Struct, forbid_unknown_fields=True):
    """Whether discovery has ``end_session_endpoint``."""

    rp_logout_end_session_endpoint_discovery: bool | None = None


class DeviceFlow(Struct, forbid_unknown_fields=True):
    """How user codes look."""

    charset: Literal["base20", "digits"] | None = None
    mask: Annotated[str, Meta(max_length=20, pattern=r"^[*\- ]+\Z")] | None = None


class ErrorPage(Struct, forbid_unknown_fields=True):
    """What people see when a request cannot go back to its application."""

    html: Html | None = None
    show_log_link: bool | None = None
    url: Url | None = None


class HtmlPage(Struct, forbid_unknown_fields=True):
    """A page with its own HTML."""

    enabled: bool | None = None
    html: Html | None = None


class CountryCodes(Struct, forbid_unknown_fields=True):
    """Telephone country codes to offer."""

    # Not named as on the wire: inside the class that name would hide the type.
    codes: Annotated[list[Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")]], Meta(max_length=300)] = field(name="list")
    type: Literal["allow", "deny"] | None = None

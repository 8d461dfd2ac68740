"""The table of tenant settings: auth0.md 4.6, and what Tallystick adds. Discovery and documentation read it too."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta

from ..fields import Field, field_table
from ..profiles import FloorName
from .setting_types import (
    CountryCodes,
    DeviceFlow,
    ErrorPage,
    Hours,
    HtmlPage,
    Minutes,
    Mtls,
    RpInitiatedLogout,
    SessionCookie,
    Sessions,
    Url,
)

Text = Annotated[str, Meta(max_length=1024)]
Flags = Annotated[
    dict[Annotated[str, Meta(pattern=r"^[a-z0-9_]+\Z", max_length=64)], bool | None], Meta(max_length=100)
]

IN_MINUTES = "Sets the same setting in hours, and is not shown"
CREDENTIALS_PER_CLIENT = Annotated[int, Meta(ge=1, le=1000)]
Quota = Annotated[int, Meta(ge=1, le=10_000_000)]
RETENTION_DAYS = Annotated[int, Meta(ge=1, le=3650)]
FLAG_DEFAULTS = {
    "enable_dynamic_client_registration": False,
    "revoke_refresh_token_grant": False,
    "remove_alg_from_jwks": False,
    "enable_sso": True,
    "enable_client_connections": True,
}
"""Flags that have a meaning here; others of Auth0's are kept for its tools and switch nothing."""


def _not_yet(value: Any) -> None:
    # Kept without being enforced, a quota would promise what nobody holds.
    raise ValueError("token quotas are not supported")


def _setting(name: str, type: Any, default: Any = None, description: str = "") -> Field:
    """A row; every setting may be cleared with ``null`` and then has its default again."""
    return Field(name=name, type=type, description=description, nullable=True, default=default)


SETTINGS = field_table(
    (
        # Where Auth0's default would switch the product off, ours differs (design, section 5).
        _setting("mtls", Mtls, {"enable_endpoint_aliases": True}, "Whether discovery shows mtls_endpoint_aliases"),
        _setting("pushed_authorization_requests_supported", bool, True, "Whether PAR is offered"),
        _setting("require_pushed_authorization_requests", bool, False, "Whether PAR is demanded of every application"),
        _setting("authorization_response_iss_parameter_supported", bool, True, "Whether responses carry iss"),
        _setting(
            "acr_values_supported", Annotated[list[Text], Meta(max_length=100)], None, "acr values discovery shows"
        ),
        _setting("resource_parameter_profile", Literal["audience", "compatibility"], "audience"),
        _setting("client_id_metadata_document_supported", bool, False),
        _setting("dynamic_client_registration_security_mode", Literal["strict", "permissive"], "strict"),
        _setting("allow_organization_name_in_authentication_api", bool, False),
        _setting("customize_mfa_in_postlogin_action", bool, False),
        _setting("default_audience", Annotated[str, Meta(max_length=600)], "", "API of requests that name none"),
        _setting("default_directory", Text, ""),
        _setting("default_redirection_uri", Url, ""),
        Field(name="default_token_quota", type=Any, nullable=True, check=_not_yet),
        _setting("session_lifetime", Hours, 168, "Hours"),
        _setting("idle_session_lifetime", Hours, 72, "Hours"),
        _setting("session_lifetime_in_minutes", Minutes, description=IN_MINUTES),
        _setting("idle_session_lifetime_in_minutes", Minutes, description=IN_MINUTES),
        _setting("ephemeral_session_lifetime", Hours, 72, "Hours"),
        _setting("idle_ephemeral_session_lifetime", Hours, 24, "Hours"),
        _setting("ephemeral_session_lifetime_in_minutes", Minutes, description=IN_MINUTES),
        _setting("idle_ephemeral_session_lifetime_in_minutes", Minutes, description=IN_MINUTES),
        _setting("session_cookie", SessionCookie),
        _setting("sessions", Sessions, {"oidc_logout_prompt_enabled": True}),
        _setting("oidc_logout", RpInitiatedLogout, {"rp_logout_end_session_endpoint_discovery": True}),
        _setting("device_flow", DeviceFlow, {"charset": "base20", "mask": "****-****"}),
        _setting("allowed_logout_urls", Annotated[list[Url], Meta(max_length=100)], []),
        _setting("enabled_locales", Annotated[list[Text], Meta(min_length=1, max_length=100)], ["en"]),
        _setting("friendly_name", Text),
        _setting("picture_url", Url),
        _setting("support_email", Text),
        _setting("support_url", Url),
        _setting("sandbox_version", Text),
        Field(name="sandbox_versions_available", type=list[str], read_only=True),
        _setting("error_page", ErrorPage),
        _setting("change_password", HtmlPage),
        _setting("guardian_mfa_page", HtmlPage),
        _setting("security_headers", dict[str, Any]),
        _setting("country_codes", CountryCodes),
        _setting("include_session_metadata_in_tenant_logs", bool),
        _setting("skip_non_verifiable_callback_uri_confirmation_prompt", bool),
        _setting("flags", Flags, FLAG_DEFAULTS, "Switches; an update sets only those it names"),
        # Ours.
        _setting(
            "implicit_and_hybrid_supported",
            bool,
            False,
            "Whether tokens may come through the browser, for clients with the implicit grant",
        ),
        _setting("credentials_per_client_max", CREDENTIALS_PER_CLIENT, 10, "Live credentials one application may hold"),
        _setting("clients_max", Quota, None, "Applications the tenant may hold; the operator may set a lower bound"),
        _setting("credentials_max", Quota, None, "Live credentials of all applications together, likewise"),
        _setting(
            "allow_key_sharing_between_clients",
            bool,
            False,
            "Whether two applications may register one and the same key",
        ),
        _setting(
            "compliance_level_floor",
            FloorName,
            "none",
            "Security profile that every application meets at least, whatever its compliance_level",
        ),
        _setting(
            "dpop_nonce_required",
            bool,
            False,
            "Whether every DPoP proof needs a nonce; those of public clients at the token endpoint always do",
        ),
        _setting("log_retention_days", RETENTION_DAYS, 30, "Days a row of the log is kept"),
    )
)
"""Name → row. ``default`` None means that the setting has no value until it is set."""

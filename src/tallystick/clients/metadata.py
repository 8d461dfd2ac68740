"""The table of client metadata: every field a client has, its type, limits and default.

Auth0's list (auth0.md 4.3), field by field. The Management API, its OpenAPI document, the dashboard and the
documentation read these rows. What a value must be beyond its type is in `clients.metadata_checks`, who may see and set
a field in `clients.metadata_scopes`; rules across fields are in `clients.consistency`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta

from ..fields import Field, field_table
from ..jose.algorithms import HEADER_NAMES
from ..jose.encryption_algorithms import CONTENT_ENCS, KEY_ALGS
from ..profiles import PROFILES
from . import metadata_types as types
from .chosen_encryption import AUTHORIZATION, ID_TOKEN, INTROSPECTION, USERINFO, alg_field, enc_field
from .key_sources import check_source
from .metadata_checks import (
    check_app_type,
    check_client_metadata,
    check_grant_types,
    check_logout_urls,
    check_name,
    check_no_quota,
    check_one_method,
    check_refresh_token,
    each,
    one_of,
)
from .secrets import CHOSEN_SECRET, check_chosen_secret
from .urls import check_https, check_link, check_origin, check_request_uri


def _flag(name: str, description: str, **more: Any) -> Field:
    return Field(name=name, type=bool, description=description, **more)


def _clearable(name: str, type: Any, description: str, **more: Any) -> Field:
    return Field(name=name, type=type, description=description, nullable=True, **more)


def _encrypted(what: str, described: str) -> tuple[Field, Field]:
    """Whether and how something is encrypted to the client: OpenID Connect Registration 2, JARM 3, RFC 9701 6."""
    return (
        _clearable(
            alg_field(what),
            types.KeyEncryptionAlg,
            f"How {described} encrypted to a key of response_encryption; not encrypted unless set",
            check=one_of(KEY_ALGS, "Unknown algorithm"),
        ),
        _clearable(
            enc_field(what),
            types.ContentEncryption,
            "Its content encryption; A128CBC-HS256 unless set",
            check=one_of(CONTENT_ENCS, "Unknown content encryption"),
        ),
    )


CLIENT_FIELDS = field_table(
    (
        Field(name="name", type=types.Name, description="Name of the client", required=True, check=check_name),
        Field(name="description", type=types.Description, description="Free text description of the client"),
        Field(
            name="app_type",
            type=types.AppType,
            description="Type of application",
            check=check_app_type,
        ),
        Field(name="logo_uri", type=types.Url, description="URL of the logo", check=check_link),
        Field(name="initiate_login_uri", type=types.Url, description="Where login starts, https", check=check_https),
        Field(name="cross_origin_loc", type=types.Url, description="Verification page", check=check_link),
        Field(name="callbacks", type=types.Urls, description="URLs that may be redirected to after login"),
        Field(name="allowed_logout_urls", type=types.Urls, description="URLs that may be redirected to after logout"),
        Field(
            name="allowed_origins", type=types.Urls, description="Origins allowed for CORS", check=each(check_origin)
        ),
        Field(name="web_origins", type=types.Urls, description="Origins for web messages", check=each(check_origin)),
        Field(name="client_aliases", type=types.Names, description="Audiences for SAML and WS-Fed"),
        Field(name="allowed_clients", type=types.Names, description="Clients that may delegate to this one"),
        Field(
            name="grant_types",
            type=list[types.GrantType],
            description="Grants the client may use",
            check=check_grant_types,
        ),
        # Which of the two is in force, and how to change over: `clients.switch`.
        _clearable(
            "token_endpoint_auth_method",
            Literal["none", "client_secret_post", "client_secret_basic"],
            "How the client authenticates, unless by key",
        ),
        _clearable(
            "client_authentication_methods",
            types.AuthenticationMethods,
            "Authentication by key or certificate",
            check=check_one_method,
        ),
        _clearable(
            "signed_request_object",
            types.SignedRequestObject,
            "Keys for signed authorization requests",
            check=check_source("signed_request_object", needed=False),
        ),
        _clearable(
            "response_encryption",
            types.KeysHolder,
            "Keys that answers are encrypted to",
            check=check_source("response_encryption"),
        ),
        _clearable("token_vault_privileged_access", types.TokenVaultAccess, "Keys for the Token Vault"),
        Field(
            name="client_secret",
            type=Annotated[str, Meta(extra_json_schema=CHOSEN_SECRET)],
            description="A secret of your own choice",
            on_create=False,
            check=check_chosen_secret,
        ),
        _flag("is_first_party", "Whether the client belongs to the tenant's own party", default=True),
        _flag("oidc_conformant", "Whether the client conforms to OIDC strictly", default=False),
        _flag("is_token_endpoint_ip_header_trusted", "Whether its end-user address header counts", default=False),
        _flag("sso", "Whether single sign-on is used instead of Auth0's"),
        _flag("sso_disabled", "Whether single sign-on is off", default=False),
        _flag("cross_origin_authentication", "Whether cross-origin authentication is allowed", default=False),
        _flag("custom_login_page_on", "Whether the custom login page is used", default=True),
        Field(name="custom_login_page", type=types.LongText, description="HTML of the custom login page"),
        Field(name="custom_login_page_preview", type=types.LongText, description="HTML of its preview"),
        Field(name="form_template", type=types.LongText, description="HTML of the WS-Fed form"),
        Field(name="jwt_configuration", type=types.JwtConfiguration, description="How ID tokens look"),
        _clearable(
            "id_token_scope_claims",
            bool,
            "Whether ID tokens have the claims of the scopes; unless set, those of own applications do",
        ),
        _clearable(
            "userinfo_signed_response_alg", types.SigningAlg, "How /userinfo signs its answer; plain JSON unless set"
        ),
        *_encrypted(ID_TOKEN, "ID tokens are"),
        *_encrypted(USERINFO, "answers of /userinfo are"),
        _clearable(
            "authorization_signed_response_alg",
            types.SigningAlg,
            "How authorization responses (JARM) are signed; the profile's algorithm unless set",
        ),
        *_encrypted(AUTHORIZATION, "authorization responses (JARM) are"),
        _clearable(
            "introspection_signed_response_alg",
            types.SigningAlg,
            "How introspection answers are signed when the client asks for a JWT; the profile's algorithm unless set",
        ),
        *_encrypted(INTROSPECTION, "introspection answers that are JWTs are"),
        _clearable(
            "request_object_signing_alg",
            types.RequestObjectAlg,
            "The one algorithm of signed authorization requests; any that the profile allows unless set",
            check=one_of(HEADER_NAMES, "Unknown algorithm"),
        ),
        _clearable(
            "request_uris",
            types.Urls,
            "Where signed authorization requests may be fetched; nowhere unless set",
            check=each(check_request_uri),
        ),
        _clearable(
            "subject_type", Literal["public", "pairwise"], "Whether people have one id everywhere, or one per sector"
        ),
        _clearable(
            "sector_identifier_uri", types.Url, "Sector of pairwise ids: lists the callbacks", check=check_https
        ),
        _clearable("encryption_key", types.EncryptionKey, "Encryption key of the client"),
        Field(name="addons", type=dict[str, dict[str, Any]], description="Settings of add-ons"),
        Field(
            name="client_metadata",
            type=dict[str, str | None],
            description="Metadata of the client",
            check=check_client_metadata,
        ),
        Field(name="mobile", type=types.Mobile, description="Mobile applications"),
        Field(name="native_social_login", type=types.SocialLogin, description="Native social login"),
        Field(name="fedcm_login", type=types.SocialLogin, description="Login by FedCM"),
        _clearable("refresh_token", types.RefreshToken, "Refresh token settings", check=check_refresh_token),
        _clearable("session_transfer", types.SessionTransfer, "Native to web sessions"),
        _clearable("oidc_logout", types.OidcLogout, "Back-channel logout", check=check_logout_urls),
        _clearable("oidc_backchannel_logout", types.OidcLogout, "The same, older name", check=check_logout_urls),
        _clearable("default_organization", types.DefaultOrganization, "Default organization"),
        _clearable("organization_usage", Literal["deny", "allow", "require"], "How organizations are used"),
        _clearable(
            "organization_require_behavior",
            Literal["no_prompt", "pre_login_prompt", "post_login_prompt"],
            "How an organization is asked for",
        ),
        _clearable(
            "organization_discovery_methods",
            list[Literal["email", "organization_name"]],
            "How an organization is found",
        ),
        _flag("require_pushed_authorization_requests", "Whether PAR is demanded", default=False),
        _flag("require_pkce", "Whether PKCE is demanded though the client is confidential"),
        _flag("require_proof_of_possession", "Whether every token must be bound to its holder", default=False),
        _clearable(
            "compliance_level",
            Annotated[str, Meta(extra_json_schema={"enum": list(PROFILES)})],
            "Security profile of the client",
            check=one_of(PROFILES, "Unknown profile"),
        ),
        _clearable("par_request_expiry", Annotated[int, Meta(ge=10, le=600)], "Life of a PAR, seconds"),
        _clearable(
            "skip_non_verifiable_callback_uri_confirmation_prompt", bool, "Whether unverifiable callbacks go unasked"
        ),
        _clearable("token_exchange", types.TokenExchange, "Token exchange"),
        _clearable("token_quota", types.TokenQuota, "Token quota; refused until it is enforced", check=check_no_quota),
        Field(
            name="resource_server_identifier",
            type=Annotated[str, Meta(min_length=1, max_length=600)],
            description="The API this client stands for",
            on_update=False,
        ),
        Field(
            name="third_party_security_mode",
            type=Literal["strict", "permissive"],
            description="Rules for third parties",
        ),
        Field(
            name="redirection_policy",
            type=Literal["allow_always", "open_redirect_protection"],
            description="Redirects of unverifiable callbacks",
        ),
        _clearable("express_configuration", dict[str, Any], "Express configuration"),
        _clearable("my_organization_configuration", dict[str, Any], "My Organization configuration"),
        _clearable(
            "async_approval_notification_channels",
            list[Literal["guardian-push", "email"]],
            "Channels for asynchronous approval",
        ),
        *(
            Field(name=name, type=type, description=description, read_only=True)
            for name, type, description in (
                ("client_id", str, "Id of the client"),
                ("tenant", str, "Name of the tenant"),
                ("global", bool, "Whether it is the tenant's global client"),
                ("signing_keys", list[types.SigningCertificate], "Certificates of the tenant's signing keys"),
                ("owners", list[str], "Never shown"),
                ("callback_url_template", bool, "Always false"),
                ("external_client_id", str, "Never shown"),
                ("external_metadata_type", str, "Never shown"),
                ("external_metadata_created_by", str, "Never shown"),
                ("jwks_uri", str, "Never shown"),
            )
        ),
    )
)
"""Name → row."""

RECORD_FIELDS = frozenset({"name", "app_type", "is_first_party"})
"""Fields that are columns of their own; the rest is the record's ``metadata``."""

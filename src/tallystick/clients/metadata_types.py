"""The types of client metadata: value lists and nested objects of auth0.md 4.3. `clients.metadata` is the table."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from ..jose.algorithms import HEADER_NAMES
from ..jose.encryption_algorithms import CONTENT_ENCS, KEY_ALGS
from .urls import URL_CHARS_MAX

APP_TYPES = frozenset(
    {"native", "spa", "regular_web", "non_interactive", "resource_server", "express_configuration"}
    | {"sso_integration", "rms", "box", "cloudbees", "concur", "dropbox", "mscrm", "echosign", "egnyte", "newrelic"}
    | {"office365", "salesforce", "sentry", "sharepoint", "slack", "springcm", "zendesk", "zoom", "oag"}
)

AppType = Annotated[str, Meta(extra_json_schema={"enum": sorted(APP_TYPES)})]
AppTypes = Annotated[list[AppType], Meta(min_length=1)]

GRANT_TYPES = (
    "authorization_code",
    "client_credentials",
    "refresh_token",
    "implicit",
    "password",
    "http://auth0.com/oauth/grant-type/password-realm",
    "http://auth0.com/oauth/grant-type/mfa-oob",
    "http://auth0.com/oauth/grant-type/mfa-otp",
    "http://auth0.com/oauth/grant-type/mfa-recovery-code",
    "http://auth0.com/oauth/grant-type/passwordless/otp",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "urn:openid:params:grant-type:ciba",
    "urn:okta:params:oauth:grant-type:webauthn",
    "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token",
)
"""Grants a client may be registered for (auth0.md 1.3); which of them the server offers, discovery says."""

GrantType = Annotated[str, Meta(extra_json_schema={"enum": list(GRANT_TYPES)})]

Text = Annotated[str, Meta(max_length=1_000)]
LongText = Annotated[str, Meta(max_length=60_000)]
Name = Annotated[str, Meta(min_length=1, max_length=256)]
Description = Annotated[str, Meta(max_length=140)]
Url = Annotated[str, Meta(max_length=URL_CHARS_MAX)]
Urls = Annotated[list[Annotated[str, Meta(min_length=1, max_length=URL_CHARS_MAX)]], Meta(max_length=100)]
Names = Annotated[list[Annotated[str, Meta(min_length=1, max_length=600)]], Meta(max_length=100)]
Lifetime = Annotated[int, Meta(ge=1, le=157_788_000)]
Quota = Annotated[int, Meta(ge=1, le=2_147_483_647)]


SigningAlg = Literal["RS256", "PS256", "ES256", "Ed25519", "EdDSA"]
"""What ID tokens and signed answers of /userinfo can be signed with; ``EdDSA`` is another name of ``Ed25519`` here."""


RequestObjectAlg = Annotated[str, Meta(extra_json_schema={"enum": list(HEADER_NAMES)})]
KeyEncryptionAlg = Annotated[str, Meta(extra_json_schema={"enum": list(KEY_ALGS)})]
ContentEncryption = Annotated[str, Meta(extra_json_schema={"enum": list(CONTENT_ENCS)})]


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A nested object; members that it does not know are refused."""


CredentialReferences = Annotated[
    list[dict[str, Any]],
    Meta(
        max_length=100,
        description='On creation whole credentials, as CreateCredential; else {"id": "cred_..."} alone',
    ),
]


class CredentialsHolder(Strict, frozen=True):
    """What serves one usage: ids of credentials, or on creation whole credentials (auth0.md 3.4)."""

    credentials: CredentialReferences


KEYS_MAX = 100
"""Of one JWK Set: far more than anybody rotates through, and few enough to read at once."""


class JwkSet(Strict, frozen=True):
    """A JWK Set (RFC 7517 5); what may stand in a key is asked in `clients.inline_keys`."""

    keys: Annotated[list[dict[str, Any]], Meta(min_length=1, max_length=KEYS_MAX)]


class KeysHolder(Strict, frozen=True):
    """The keys of one usage from exactly one source (`clients.key_sources`)."""

    credentials: CredentialReferences | msgspec.UnsetType = msgspec.UNSET
    jwks: JwkSet | msgspec.UnsetType = msgspec.UNSET
    jwks_uri: Url | msgspec.UnsetType = msgspec.UNSET


class AuthenticationMethods(Strict, frozen=True):
    """``client_authentication_methods``: exactly one member (auth0.md 2.1)."""

    private_key_jwt: KeysHolder | msgspec.UnsetType = msgspec.UNSET
    tls_client_auth: CredentialsHolder | msgspec.UnsetType = msgspec.UNSET
    self_signed_tls_client_auth: KeysHolder | msgspec.UnsetType = msgspec.UNSET


class SignedRequestObject(KeysHolder, frozen=True):
    """Keys for JAR, and whether it is demanded (RFC 9101 10.5)."""

    required: bool = False


class TokenVaultAccess(Strict, frozen=True):
    """Keys for the Token Vault."""

    credentials: CredentialReferences
    ip_allowlist: Names = []


class JwtConfiguration(Strict, frozen=True):
    """How ID tokens look. HS256 is refused: it would need a secret that can be read back."""

    lifetime_in_seconds: Annotated[int, Meta(ge=1, le=2_592_000)] = 36_000
    secret_encoded: bool = False
    scopes: dict[str, Any] = {}
    alg: SigningAlg = "RS256"


class EncryptionKey(Strict, frozen=True):
    """Key of a WS-Fed or SAML application."""

    pub: Text | None = None
    cert: Annotated[str, Meta(max_length=8_192)] | None = None
    subject: Text | None = None


class Android(Strict, frozen=True):
    """An Android application."""

    app_package_name: Text | None = None
    sha256_cert_fingerprints: Names | None = None


class Ios(Strict, frozen=True):
    """An iOS application."""

    team_id: Text | None = None
    app_bundle_identifier: Text | None = None


class Mobile(Strict, frozen=True):
    """Mobile applications that belong to the client."""

    android: Android | None = None
    ios: Ios | None = None


class Enabled(Strict, frozen=True):
    """A switch."""

    enabled: bool = False


class SocialLogin(Strict, frozen=True):
    """Switches per provider."""

    apple: Enabled | None = None
    facebook: Enabled | None = None
    google: Enabled | None = None


class RefreshTokenPolicy(Strict, frozen=True):
    """One audience that the refresh token may also be exchanged for."""

    audience: Annotated[str, Meta(min_length=1, max_length=600)]
    scope: Names


class RefreshToken(Strict, frozen=True):
    """Refresh tokens of the client (auth0.md 1.3)."""

    rotation_type: Literal["rotating", "non-rotating"]
    expiration_type: Literal["expiring", "non-expiring"]
    leeway: Annotated[int, Meta(ge=0, le=86_400)] = 0
    token_lifetime: Lifetime | None = None
    infinite_token_lifetime: bool = False
    idle_token_lifetime: Lifetime | None = None
    infinite_idle_token_lifetime: bool = False
    policies: Annotated[list[RefreshTokenPolicy], Meta(max_length=100)] | None = None


class SessionTransfer(Strict, frozen=True):
    """Sessions carried from native to web."""

    can_create_session_transfer_token: bool = False
    enforce_cascade_revocation: bool = True
    allowed_authentication_methods: list[Literal["cookie", "query"]] | None = None
    enforce_device_binding: Literal["ip", "asn", "none"] = "ip"
    allow_refresh_token: bool = False
    enforce_online_refresh_tokens: bool = True
    delegation: dict[str, Any] | None = None


class Initiators(Strict, frozen=True):
    """Which logouts are told."""

    mode: Literal["custom", "all"] = "custom"
    selected_initiators: Names | None = None


class SessionMetadata(Strict, frozen=True):
    """Whether session metadata goes along."""

    include: bool = False


class OidcLogout(Strict, frozen=True):
    """Back-channel logout."""

    backchannel_logout_urls: Annotated[list[Url], Meta(max_length=1)] = []
    backchannel_logout_initiators: Initiators | None = None
    backchannel_logout_session_metadata: SessionMetadata | None = None


class DefaultOrganization(Strict, frozen=True):
    """The organization that M2M tokens are for."""

    organization_id: Annotated[str, Meta(min_length=1, max_length=50)]
    flows: Annotated[list[Literal["client_credentials"]], Meta(min_length=1, max_length=1)]


class TokenExchange(Strict, frozen=True):
    """Which token exchange profiles may be used."""

    allow_any_profile_of_type: list[Literal["custom_authentication", "on_behalf_of_token_exchange"]] = []


class ClientCredentialsQuota(Strict, frozen=True):
    """Tokens per hour and day."""

    enforce: bool = True
    per_day: Quota | None = None
    per_hour: Quota | None = None


class TokenQuota(Strict, frozen=True):
    """How many tokens the client may get."""

    client_credentials: ClientCredentialsQuota


class SigningCertificate(Strict, frozen=True):
    """A certificate of the tenant's signing keys, as a client shows it."""

    cert: str
    pkcs7: str
    subject: str

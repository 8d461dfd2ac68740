"""A tenant furnished with one of everything that configuration tools carry from tenant to tenant."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.administrator import Administrator, Json
from tests.certificate_mill import Holder, authority, leaf
from tests.forge import Key

ORDERS = "https://orders.example/"
PAYMENTS = "https://payments.example/"
LEDGER = "urn:example:ledger"
SETTINGS: Json = {
    "friendly_name": "Example",
    "support_email": "help@example.com",
    "support_url": "https://example.com/help",
    "default_audience": LEDGER,
    "session_lifetime": 1.5,
    "idle_session_lifetime": 1,
    "allowed_logout_urls": ["https://example.com/bye"],
    "enabled_locales": ["en", "de"],
    "acr_values_supported": ["urn:example:gold"],
    "error_page": {"html": "<html>Sorry</html>", "show_log_link": False, "url": ""},
    "mtls": {"enable_endpoint_aliases": True},
    "pushed_authorization_requests_supported": False,
    "credentials_per_client_max": 7,
    "flags": {"revoke_refresh_token_grant": True, "enable_public_signup_user_exists_error": True},
}
APIS: tuple[Json, ...] = (
    {
        "name": "Orders",
        "identifier": ORDERS,
        "scopes": [{"value": "read", "description": "See orders"}, {"value": "write", "description": "Change orders"}],
        "token_dialect": "rfc9068_profile",
        "signing_alg": "PS256",
        "token_lifetime": 600,
        "proof_of_possession": {"mechanism": "mtls", "required": False},
    },
    {
        "name": "Payments",
        "identifier": PAYMENTS,
        "scopes": [{"value": "pay"}],
        "token_dialect": "access_token_authz",
        "enforce_policies": True,
        "allow_offline_access": True,
        "proof_of_possession": {"mechanism": "mtls", "required": True, "required_for": "all_clients"},
        "subject_type_authorization": {
            "user": {"policy": "require_client_grant"},
            "client": {"policy": "require_client_grant"},
        },
    },
    {
        "name": "Ledger",
        "identifier": LEDGER,
        "scopes": [{"value": "read"}, {"value": "book"}],
        "authorization_details": [{"type": "booking", "description": "Book once", "schema": {"required": ["sum"]}}],
        "consent_policy": "transactional-authorization-with-mfa",
    },
)
DOMAIN: Json = {
    "domain": "login.example.com",
    "type": "self_managed_certs",
    "custom_client_ip_header": "x-forwarded-for",
    "domain_metadata": {"stage": "production"},
}
CONNECTION_OPTIONS: Json = {"disable_signup": True, "password_complexity_options": {"min_length": 12}}
SIGN_IN: tuple[tuple[str, str, Json | list[str]], ...] = (
    ("PATCH", "attack-protection/brute-force-protection", {"max_attempts": 6, "allowlist": ["192.0.2.0/24"]}),
    ("PATCH", "branding", {"colors": {"primary": "#0a5c46"}}),
    ("PUT", "guardian/factors/webauthn-roaming", {"enabled": False}),
    ("PUT", "guardian/policies", ["all-applications"]),
    ("POST", "roles", {"name": "Clerk", "description": "Keeps the books"}),
)
"""How people sign in there."""
LOGIN_PAGE: Json = {"custom_login_page": "<html>Welcome</html>", "custom_login_page_on": True}
"""The page hangs on the client that every tenant has, the one that is global."""
ROBOT: Json = {"app_type": "non_interactive", "grant_types": ["client_credentials"]}
SECRET_CLIENTS: tuple[Json, ...] = (
    {"name": "By secret in the body", **ROBOT, "token_endpoint_auth_method": "client_secret_post"},
    {
        "name": "By secret in the header",
        "app_type": "regular_web",
        "description": "A web application",
        "token_endpoint_auth_method": "client_secret_basic",
        "callbacks": ["https://app.example/callback"],
        "allowed_logout_urls": ["https://app.example/"],
        "web_origins": ["https://app.example"],
        "oidc_conformant": True,
        "client_metadata": {"team": "web", "tier": "1"},
        "jwt_configuration": {"alg": "RS256", "lifetime_in_seconds": 300},
    },
    {
        "name": "In a browser",
        "app_type": "spa",
        "callbacks": ["https://spa.example/"],
        "refresh_token": {"rotation_type": "rotating", "expiration_type": "expiring", "leeway": 3},
    },
    {"name": "Of somebody else", "app_type": "regular_web", "is_first_party": False},
)
GRANTS: tuple[tuple[str, Json], ...] = (
    ("By secret in the body", {"audience": LEDGER, "scope": ["read"]}),
    ("By secret in the body", {"audience": ORDERS, "scope": []}),
    ("By secret in the header", {"audience": ORDERS, "allow_all_scopes": True}),
    ("In a browser", {"audience": LEDGER, "scope": ["book"], "subject_type": "user"}),
    ("By two keys", {"audience": ORDERS, "scope": ["write", "read"]}),
    ("By subject", {"audience": PAYMENTS, "scope": ["pay"]}),
    ("By certificate", {"audience": PAYMENTS, "scope": ["pay"]}),
)


KEY_CLIENTS: dict[str, tuple[str, ...]] = {
    "By two keys": ("private_key_jwt", "public_key", "key 1", "key 2"),
    "By subject": ("tls_client_auth", "cert_subject_dn", "subject"),
    "By certificate": ("self_signed_tls_client_auth", "x509_cert", "old", "new"),
}
"""Name → method, type of credential, names of the credentials."""


@dataclass
class Furnished:
    """What the administrator keeps beside the tenant."""

    root: Holder
    keys: dict[str, Key] = field(default_factory=dict)
    """Name of a credential → its private key."""
    holders: dict[str, Holder] = field(default_factory=dict)
    """Name of a credential → its certificate and key."""

    @property
    def pems(self) -> dict[str, str]:
        """Name of a credential → what it was made from: no server gives it back."""
        keys = {name: key.public_pem for name, key in self.keys.items()}
        return keys | {name: holder.pem for name, holder in self.holders.items()}


def furnish(admin: Administrator) -> Furnished:
    """Fill the tenant; two of its clients authenticate by certificate, one of them below an authority."""
    for method, path, body in SIGN_IN:
        admin.ask(method, path, body)
    [connection] = admin.ask("GET", "connections")
    admin.ask("PATCH", f"connections/{connection['id']}", {"options": CONNECTION_OPTIONS})
    root = authority("Example root")
    kept = Furnished(root, keys={"key 1": Key("RS256"), "key 2": Key("ES256")})
    kept.holders = {"subject": leaf("CN=till,O=Example", root), "old": leaf("till 1"), "new": leaf("till 2")}
    for api in APIS:
        admin.ask("POST", "resource-servers", api)
    admin.ask("POST", "custom-domains", DOMAIN)
    (everyone,) = admin.ask("GET", "clients?is_global=true")
    admin.ask("PATCH", f"clients/{everyone['client_id']}", LOGIN_PAGE)
    # After the APIs, since it names one.
    admin.ask("PATCH", "tenants/settings", SETTINGS)
    made = [admin.made("POST", "clients", client) for client in SECRET_CLIENTS]
    made += [
        admin.client(name=name, client_authentication_methods={method: {"credentials": _described(kept, *row)}})
        for name, (method, *row) in KEY_CLIENTS.items()
    ]
    ids = {client["name"]: client["client_id"] for client in made}
    for name, grant in GRANTS:
        admin.ask("POST", "client-grants", {"client_id": ids[name], **grant})
    return kept


def _described(kept: Furnished, credential_type: str, *names: str) -> list[Json]:
    return [{"name": name, "credential_type": credential_type, "pem": kept.pems[name]} for name in names]

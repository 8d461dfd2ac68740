"""Which scopes of the Management API show and set a field of client metadata (auth0.md 2.1, 2.4, 3.6, 4.3)."""

from __future__ import annotations

SUMMARY_FIELDS = frozenset({"client_id", "app_type", "name", "description"})
KEY_FIELDS = frozenset({"client_secret", "client_authentication_methods", "encryption_key", "signing_keys"})
READ_SCOPES = ("read:clients", "read:client_keys", "read:client_credentials", "read:client_summary")
"""Any of these shows :data:`SUMMARY_FIELDS`."""


def scopes_to_read(field: str) -> tuple[str, ...]:
    """Scopes of which any shows the field (auth0.md 4.3)."""
    if field in SUMMARY_FIELDS:
        return READ_SCOPES
    if field in KEY_FIELDS:
        return ("read:client_keys", "read:client_credentials")
    return ("read:clients", "read:client_keys")


_NOUNS = {
    "client_secret": "client_keys",
    "encryption_key": "client_keys",
    "client_authentication_methods": "client_credentials",
    "signed_request_object": "client_credentials",
    "response_encryption": "client_credentials",
    "token_vault_privileged_access": "client_token_vault_privileged_access",
}


def scope_to_update(field: str) -> str:
    """The scope that an update of the field demands (auth0.md 2.1, 2.4, 3.6)."""
    return f"update:{_NOUNS.get(field, 'clients')}"


_CREDENTIAL_FIELDS = frozenset(
    {"client_authentication_methods", "signed_request_object", "response_encryption", "token_vault_privileged_access"}
)


def scope_to_create(field: str) -> str:
    """The scope that the field demands when a client is created."""
    return "create:client_credentials" if field in _CREDENTIAL_FIELDS else "create:clients"

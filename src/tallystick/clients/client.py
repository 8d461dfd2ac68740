"""The client: one application."""

from __future__ import annotations

import msgspec

from ..records import Json, Record

SECRET_METHODS = ("client_secret_post", "client_secret_basic")
KEY_METHODS = ("private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth")

OTHER_USAGES = ("signed_request_object", "response_encryption", "token_vault_privileged_access")
"""Client fields beside ``client_authentication_methods`` that reference credentials."""
SOURCES = ("credentials", "jwks", "jwks_uri")
"""Where the keys of a usage are: uploaded one by one, in the client itself, or at an address."""
SOURCED_USAGES = ("private_key_jwt", "self_signed_tls_client_auth", "signed_request_object", "response_encryption")
"""Usages whose keys or certificates may come from any of :data:`SOURCES`."""
CERTIFICATE_USAGE = "self_signed_tls_client_auth"
"""The one of them that wants certificates: of each JWK the first of ``x5c``."""


class Client(Record, frozen=True, kw_only=True):
    """One application, as registered."""

    client_id: str
    name: str
    app_type: str | None = None
    is_first_party: bool = True
    is_global: bool = False
    metadata: Json = msgspec.field(default_factory=dict)
    """Every other field of the table in `clients.metadata` that has a value, in the wire's spelling and shape."""
    created_at_ms: int
    updated_at_ms: int

    @property
    def key_method(self) -> str | None:
        """The one method of ``client_authentication_methods``, or None when a secret or nothing is used."""
        methods = self.metadata.get("client_authentication_methods")
        return next(iter(methods)) if methods else None

    @property
    def authentication_method(self) -> str:
        """The method in force: a key method, ``client_secret_*`` or ``none`` (auth0.md 2.1)."""
        if self.key_method is not None:
            return self.key_method
        method = self.metadata.get("token_endpoint_auth_method")
        if method is not None:
            return str(method)
        return "none" if self.app_type in ("native", "spa") else "client_secret_post"

    @property
    def is_confidential(self) -> bool:
        """Whether the client has to prove itself (RFC 6749 2.1)."""
        return self.authentication_method != "none"

    def credential_ids(self, usage: str) -> tuple[str, ...]:
        """Ids of the credentials that serve a usage: one of :data:`KEY_METHODS`, or of :data:`OTHER_USAGES`."""
        return tuple(reference["id"] for reference in self._holder(usage).get("credentials", ()))

    def inline_keys(self, usage: str) -> list[Json]:
        """The JWKs of a usage that stand in the client itself."""
        keys: list[Json] = self._holder(usage).get("jwks", {}).get("keys", [])
        return keys

    def jwks_uri(self, usage: str) -> str | None:
        """The address of a usage's keys; None when they are not by address."""
        return self._holder(usage).get("jwks_uri")

    def _holder(self, usage: str) -> Json:
        fields = self.metadata if usage in OTHER_USAGES else self.metadata.get("client_authentication_methods")
        holder: Json = (fields or {}).get(usage) or {}
        return holder

    @property
    def grant_types(self) -> tuple[str, ...]:
        """The grants this client may use."""
        return tuple(self.metadata.get("grant_types", ()))

    @property
    def requires_proof_of_possession(self) -> bool:
        """Whether every token of this client must be bound to its holder."""
        return bool(self.metadata.get("require_proof_of_possession", False))

    @property
    def compliance_level(self) -> str | None:
        """The name of the client's profile."""
        return self.metadata.get("compliance_level")

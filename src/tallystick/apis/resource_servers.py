"""The resource server: an API that accepts our tokens."""

from __future__ import annotations

import msgspec

from ..records import Json, Record

TRANSACTIONAL = "transactional-authorization-with-mfa"
"""The ``consent_policy`` by which people confirm each request."""
OPAQUE = "opaque"
"""The ``token_dialect`` of tokens that say nothing by themselves."""


class ResourceServer(Record, frozen=True, kw_only=True):
    """One API. ``identifier`` is the audience of its tokens."""

    id: str
    identifier: str
    name: str | None = None
    is_system: bool = False
    """True for the tenant's own Management API, which may not be deleted."""
    metadata: Json = msgspec.field(default_factory=dict)
    """Every other field of the table in `apis.resource_server_fields` that has a value, in the wire's shape."""
    created_at_ms: int
    updated_at_ms: int

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scope values this API defines."""
        return tuple(scope["value"] for scope in self.metadata.get("scopes") or ())

    @property
    def signing_alg(self) -> str:
        """How its access tokens are signed."""
        return str(self.metadata.get("signing_alg", "RS256"))

    @property
    def token_lifetime_s(self) -> int:
        """How long its access tokens live, in seconds."""
        return int(self.metadata.get("token_lifetime", 86_400))

    @property
    def token_lifetime_for_web_s(self) -> int:
        """The same for those that an application in a browser gets; never longer than the others."""
        return min(int(self.metadata.get("token_lifetime_for_web", 7_200)), self.token_lifetime_s)

    @property
    def allows_offline_access(self) -> bool:
        """Whether refresh tokens may be issued for it."""
        return bool(self.metadata.get("allow_offline_access", False))

    @property
    def enforces_policies(self) -> bool:
        """Whether a person gets only what roles and permissions give them.

        Always so at the Management API: whoever signs in somewhere must not become an administrator by asking.
        """
        return self.is_system or bool(self.metadata.get("enforce_policies", False))

    @property
    def token_dialect(self) -> str:
        """How its tokens are written: a row of `tokens.access_token`."""
        return str(self.metadata.get("token_dialect", "access_token"))

    @property
    def has_opaque_tokens(self) -> bool:
        """Whether its tokens are handles that it asks us about (RFC 7662)."""
        return self.token_dialect == OPAQUE

    @property
    def publishes_status(self) -> bool:
        """Whether its tokens name a place in the tenant's status lists."""
        return bool(self.metadata.get("token_status_list", False))

    @property
    def needs_user_grant(self) -> bool:
        """Whether people's tokens for it are for those clients alone that have a grant for people, or for none."""
        policies = self.metadata.get("subject_type_authorization") or {}
        return bool((policies.get("user") or {}).get("policy", "allow_all") != "allow_all")

    @property
    def detail_types(self) -> tuple[str, ...]:
        """The types of authorization details that it understands (RFC 9396)."""
        return tuple(one["type"] for one in self.metadata.get("authorization_details") or ())

    @property
    def is_transactional(self) -> bool:
        """Whether people confirm each request for it, by a second factor and on a page (auth0.md 5.4)."""
        return self.metadata.get("consent_policy") == TRANSACTIONAL

    @property
    def encrypts_tokens(self) -> bool:
        """Whether what its access tokens say is for it alone (auth0.md 5.3)."""
        return self.token_encryption is not None

    @property
    def token_encryption(self) -> Json | None:
        """How they are encrypted, as `apis.token_encryption` keeps it; None where they are not."""
        return self.metadata.get("token_encryption")

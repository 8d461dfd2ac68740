"""Access tokens that were recognised as ours, as far as each question needs it, and the refusal of all others."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec

from ..apis.resource_servers import ResourceServer
from ..clients.directory import RegisteredClient
from ..errors import OAuthError
from ..jose import base64url
from ..sender.constrain import REQUIRED, policy_of
from .bearer import Person

JWT, OPAQUE, ENCRYPTED = "jwt", "opaque", "encrypted"
"""The forms that tokens have: signed, a handle, or signed and then encrypted to the API."""


class InvalidToken(OAuthError):
    """RFC 6750 3.1."""

    def __init__(self, check: str, description: str = "Invalid token", **evidence: object) -> None:
        super().__init__("invalid_token", description, check=check, **evidence)


class IssuedAccessToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token that is genuine, ours and alive, whatever became of its client or its person since."""

    claims: Mapping[str, Any]
    """All it says; an opaque one what a JWT in its place would."""
    client_id: str
    grant_id: str | None
    """The family of a person's token."""
    audiences: tuple[str, ...]
    scopes: frozenset[str]
    subject: str
    issued_at_ms: int | None
    expires_at_ms: int
    confirmation: Mapping[str, Any] | None
    """``cnf``, an object of whatever members; nobody has proven them yet."""
    token_hash: str
    """Of a JWT base64url SHA-256 of its signing input, of an opaque one its keyed hash: as the records name it."""
    form: str
    """:data:`JWT`, :data:`OPAQUE` or :data:`ENCRYPTED`."""


class Recognised(IssuedAccessToken, frozen=True, kw_only=True):
    """A token that counts today: not revoked, its client there, its person allowed."""

    registered: RegisteredClient
    person: Person | None
    """For a token in a person's name, as they are now."""

    @property
    def lacks_binding(self) -> bool:
        """Whether it is unbound though its client, or the client's profile, demands otherwise: it was issued before
        that did."""
        registered = self.registered
        demands = registered.client.requires_proof_of_possession or registered.profile.sender_constraint is not None
        return self.confirmation is None and demands

    def lacks_binding_for(self, api: ResourceServer | None) -> bool:
        """The same where this API demands it too; None for what is no API, such as ``/userinfo``."""
        wanted = api.metadata.get("proof_of_possession") if api is not None else None
        policy = policy_of(wanted, is_confidential=self.registered.client.is_confidential)
        return self.lacks_binding or (self.confirmation is None and policy == REQUIRED)


def jwt_hash(signing_input: bytes) -> str:
    """What a JWT is known by again: not the signature, which can be rewritten so that it still holds."""
    return base64url.encode(sha256(signing_input).digest())

"""The table of resource server fields (auth0.md 3.7 and 4.5): types, limits, defaults, and what is refused for now.

What does not work yet is refused, never kept in silence: an API owner who asked for a policy and got none would be
worse off than one who was told no.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from ..fields import Field, field_table
from .detail_types import TYPES_MAX, AuthorizationDetailType, check_types
from .token_encryption import TokenEncryption, check_token_encryption

IDENTIFIER_CHARS_MAX = 600
SCOPES_MAX = 1000
TOKEN_LIFETIME_S_MAX = 2_592_000
SIGNING_ALGS = ("RS256", "PS256", "ES256", "Ed25519")
"""What an access token can be signed with: the algorithms that `signing` has keys for."""

Nothing = Annotated[Any, Meta(extra_json_schema={"type": "array", "maxItems": 0})]
"""Of what does not work yet only the empty list is taken, which asks for nothing."""
Lifetime = Annotated[int, Meta(ge=1, le=TOKEN_LIFETIME_S_MAX)]


class Scope(Struct, forbid_unknown_fields=True):
    """One permission an API defines. RFC 6749 3.3: a scope token has no blank, quote or backslash."""

    value: Annotated[str, Meta(min_length=1, max_length=280, pattern=r"^[\x21\x23-\x5B\x5D-\x7E]+\Z")]
    description: Annotated[str, Meta(max_length=500)] | UnsetType | None = UNSET


class ProofOfPossession(Struct, forbid_unknown_fields=True):
    """Whether access tokens for the API are bound to their holder, and by what."""

    mechanism: Literal["mtls", "dpop"]
    required: bool
    required_for: Literal["all_clients", "public_clients"] | UnsetType = UNSET


class UserPolicy(Struct, forbid_unknown_fields=True):
    """Which clients get tokens on behalf of users."""

    policy: Literal["allow_all", "deny_all", "require_client_grant"]


class ClientPolicy(Struct, forbid_unknown_fields=True):
    """Which clients get tokens on their own behalf."""

    policy: Literal["deny_all", "require_client_grant"]


class SubjectTypeAuthorization(Struct, forbid_unknown_fields=True):
    """Both policies; one left out keeps its default."""

    user: UserPolicy | UnsetType = UNSET
    client: ClientPolicy | UnsetType = UNSET


SUBJECT_TYPE_AUTHORIZATION = {"user": {"policy": "allow_all"}, "client": {"policy": "require_client_grant"}}


def canonical_signing_alg(alg: str) -> str:
    """Our name for an algorithm: RFC 8037's ``EdDSA`` with our keys is RFC 9864's ``Ed25519``."""
    return "Ed25519" if alg == "EdDSA" else alg


def _signing_alg(alg: str) -> None:
    if alg.startswith("HS"):
        raise ValueError(f"{alg} is not offered, since whoever can verify could also sign; use one of {_ALGS}")
    if canonical_signing_alg(alg) not in SIGNING_ALGS:
        raise ValueError(f"must be one of {_ALGS}")


_ALGS = ", ".join(SIGNING_ALGS)


def _identifier(identifier: str) -> None:
    # It is an audience, compared exactly: blanks and invisible characters would make two that look alike.
    if not identifier.isprintable() or any(character.isspace() for character in identifier):
        raise ValueError("must not hold blanks or control characters")


def _scopes(scopes: list[dict[str, Any]]) -> None:
    values = [scope["value"] for scope in scopes]
    if len(values) != len(set(values)):
        raise ValueError("scope values must be unique")


def _proof_of_possession(proof: dict[str, Any]) -> None:
    # A public client has no certificate of its own: with mTLS there is nobody to leave out (auth0.md 3.7).
    if proof["mechanism"] == "mtls" and proof.get("required_for", "all_clients") != "all_clients":
        raise ValueError("required_for must be all_clients for mechanism mtls")


def _refused(what: str) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        if value != []:
            raise ValueError(f"{what} not supported")

    return check


def _switch(name: str, description: str, default: bool | UnsetType = UNSET) -> Field:
    return Field(name=name, type=bool, default=default, description=description)


RESOURCE_SERVER_FIELDS = field_table(
    (
        Field(name="id", type=str, read_only=True, description="24 hexadecimal digits"),
        Field(name="is_system", type=bool, read_only=True, description="Whether it is the Management API"),
        Field(
            name="identifier",
            type=Annotated[str, Meta(min_length=1, max_length=IDENTIFIER_CHARS_MAX)],
            required=True,
            on_update=False,
            check=_identifier,
            description="Unique identifier for the API, the audience of its tokens; cannot be changed once set",
        ),
        Field(
            name="name",
            type=Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^<>]+\Z")],
            description="Friendly name, without < or >",
        ),
        Field(
            name="scopes",
            type=Annotated[list[Scope], Meta(max_length=SCOPES_MAX)],
            check=_scopes,
            description="Permissions this API defines",
        ),
        Field(
            name="signing_alg",
            type=Annotated[str, Meta(extra_json_schema={"enum": [*SIGNING_ALGS, "EdDSA"]})],
            default="RS256",
            check=_signing_alg,
            description="How tokens are signed",
        ),
        Field(
            name="signing_secret",
            type=Annotated[str, Meta(extra_json_schema={"enum": []})],
            description="Refused: it goes with HS256",
            nullable=True,
            check=_refused("a signing secret goes with HS256, which is"),
        ),
        Field(name="token_lifetime", type=Lifetime, default=86_400, description="Seconds a token lives"),
        Field(name="token_lifetime_for_web", type=Lifetime, default=7_200, description="Seconds, for browser flows"),
        Field(
            name="token_dialect",
            type=Literal["access_token", "access_token_authz", "rfc9068_profile", "rfc9068_profile_authz", "opaque"],
            description="Which claims a token has; opaque: none, introspection tells",
        ),
        Field(
            name="proof_of_possession",
            type=ProofOfPossession,
            nullable=True,
            check=_proof_of_possession,
            description="Whether tokens must be bound to their holder",
        ),
        Field(
            name="authorization_details",
            type=Annotated[list[AuthorizationDetailType], Meta(max_length=TYPES_MAX)],
            nullable=True,
            check=check_types,
            description="Types of authorization details this API understands (RFC 9396)",
        ),
        Field(
            name="consent_policy",
            type=Literal["standard", "transactional-authorization-with-mfa"],
            nullable=True,
            description="Whether people confirm each request for this API, by a second factor and on a page",
        ),
        Field(
            name="token_encryption",
            type=TokenEncryption,
            nullable=True,
            check=check_token_encryption,
            description="Whether access tokens are encrypted, and to which key of the API",
        ),
        Field(
            name="authorization_policy",
            type=Nothing,
            nullable=True,
            check=_refused("authorization policies are"),
            description="Refused",
        ),
        _switch("token_status_list", "Whether tokens name a place in the published status lists"),
        _switch("enforce_policies", "Whether permissions are part of tokens (RBAC)"),
        _switch("allow_offline_access", "Whether refresh tokens may be issued", default=False),
        _switch("allow_online_access", "Whether online access may be granted"),
        _switch("allow_online_access_with_ephemeral_sessions", "The same for sessions that end with the browser"),
        _switch("skip_consent_for_verifiable_first_party_clients", "Whether own applications ask", default=False),
        Field(
            name="subject_type_authorization",
            type=SubjectTypeAuthorization,
            default=SUBJECT_TYPE_AUTHORIZATION,
            description="Which clients get tokens for users, and for themselves",
        ),
    )
)
"""Name → row."""

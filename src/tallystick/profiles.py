"""Profiles as data: what a client's ``compliance_level`` demands. Checks read fields, never a profile's name.

Every field is enforced at one place, which its docstring names. A tenant's floor is a profile too: what is in force for
a client is the stricter of its own and the floor, field by field (:func:`stricter`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import msgspec
from msgspec.structs import replace

SECRET_METHODS = frozenset({"client_secret_basic", "client_secret_post"})
MTLS_METHODS = frozenset({"tls_client_auth", "self_signed_tls_client_auth"})
PRIVATE_KEY_JWT = frozenset({"private_key_jwt"})
ALL_METHODS = frozenset({"none"}) | PRIVATE_KEY_JWT | SECRET_METHODS | MTLS_METHODS

ALL_ALGS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"})
PROOF_ALGS = frozenset(alg for alg in ALL_ALGS if not alg.startswith("RS"))
"""How DPoP proofs are signed: PKCS #1 v1.5 makes none (`sender.algorithms`)."""
ALL_RESPONSE_TYPES = frozenset(
    {"code", "token", "id_token", "id_token token", "code id_token", "code token", "code id_token token"}
)
REQUEST_OBJECT_TYPES = frozenset({None, "oauth-authz-req+jwt"})
"""RFC 9101 4: objects of before the media type have none; conformance sends such under FAPI 2 too."""
CODE_LIFE_MS = 60_000
"""FAPI 2 Security Profile 5.3.2.1: at most 60 seconds; for everybody."""
MTLS, DPOP = "mtls", "dpop"


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """One named set of rules."""

    name: str
    authentication_methods: frozenset[str] = ALL_METHODS
    """How its clients may prove themselves: `clientauth.authenticate`."""
    assertion_algs: frozenset[str] = ALL_ALGS
    """How a client assertion may be signed: `clientauth.private_key_jwt`."""
    assertion_audience_issuer_only: bool = False
    """True: ``aud`` is the issuer as one string (rfc7523bis, FAPI 2); False: also the URL of the endpoint:
    `clientauth.assertion`."""
    requires_pushed_request: bool = False
    """Whether a request must have been pushed (RFC 9126 5): `authorization.provenance_checks`."""
    requires_signed_request: bool = False
    """Whether a request must be signed (RFC 9101 10.5): `authorization.provenance_checks`."""
    request_object_algs: frozenset[str] = ALL_ALGS
    """How a request object may be signed: `authorization.request_object`."""
    request_object_types: frozenset[str | None] = REQUEST_OBJECT_TYPES | {"jwt"}
    """The ``typ`` that a request object may have; None is none at all: `authorization.request_object`."""
    request_object_life_ms_max: int | None = None
    """With a number ``exp`` and ``nbf`` are demanded, neither further away than this; None demands neither:
    `authorization.request_object_dates`."""
    requires_request_object_parties: bool = False
    """Whether a request object says by ``iss`` and ``aud`` from whom to whom it is; what it says must be true in any
    case (FAPI 2 Message Signing 5.3.1): `authorization.request_object_claims`."""
    requires_pkce: bool = True
    """Whether confidential clients need PKCE too (RFC 7636); public ones always do: `authorization.response_checks`."""
    requires_redirect_uri: bool = False
    """Whether ``redirect_uri`` must be sent though one alone is registered: `authorization.client_checks`."""
    requires_https_callbacks: bool = False
    """Whether answers go to https alone: `authorization.client_checks`; `clients.profile_fit` tells of it at save."""
    response_types: frozenset[str] = ALL_RESPONSE_TYPES
    """What may be asked for: `authorization.response_checks`."""
    signed_response_types: frozenset[str] = frozenset()
    """Response types whose answer must be a signed JWT (JARM): `authorization.response_checks`."""
    requires_issuer: bool = False
    """Whether plain answers carry ``iss`` whatever the tenant's setting is (RFC 9207): `authorization.answer`."""
    has_state_hash: bool = False
    """Whether ID tokens from the browser carry ``s_hash`` (FAPI 1 Advanced 5.2.2.1): `tokens.person_tokens`."""
    signing_algs: frozenset[str] = frozenset({"RS256", "PS256", "ES256", "Ed25519"})
    """How what is for this client is signed: ID tokens, authorization responses, answers of /userinfo:
    `tokens.client_algs`."""
    default_signing_alg: str = "RS256"
    """The one of them for clients that chose none: `tokens.client_algs`."""
    sender_constraint: frozenset[str] | None = None
    """Mechanisms of which one must bind every token; None leaves it to client and API (auth0.md 3.7):
    `sender.constrain`."""
    proof_algs: frozenset[str] = PROOF_ALGS
    """How a DPoP proof may be signed: `tokens.proofs`."""
    code_life_ms: int = CODE_LIFE_MS
    """How long a code may wait: `endpoints.authorization_answer`."""
    refresh_overlap_ms_min: int = 0
    """How long a rotated refresh token still works at least: `tokens.rotation`."""

    @property
    def has_front_channel(self) -> bool:
        """Whether any of its response types gives more than a code through the browser."""
        return any(response_type != "code" for response_type in self.response_types)

    def allows_callback(self, url: str) -> bool:
        """Whether answers may go there: asked of every request, and told when a client is saved."""
        return url.startswith("https://") or not self.requires_https_callbacks


OAUTH21 = Profile(
    name="none",
    # OpenID Connect's own profile of confidential clients knows a nonce instead.
    requires_pkce=False,
)

# FAPI 1 Advanced 5.2.2: signed requests with exp and nbf of an hour at most, tokens bound by mTLS, code id_token or
# JARM; 8.6: PS256 or ES256.
FAPI1_ADVANCED = Profile(
    name="fapi1_advanced",
    authentication_methods=PRIVATE_KEY_JWT | MTLS_METHODS,
    assertion_algs=frozenset({"PS256", "ES256"}),
    requires_pushed_request=True,
    requires_signed_request=True,
    request_object_algs=frozenset({"PS256", "ES256"}),
    request_object_life_ms_max=3_600_000,
    requires_request_object_parties=True,
    requires_redirect_uri=True,
    requires_https_callbacks=True,
    response_types=frozenset({"code", "code id_token"}),
    signed_response_types=frozenset({"code"}),
    has_state_hash=True,
    signing_algs=frozenset({"PS256", "ES256"}),
    default_signing_alg="PS256",
    sender_constraint=frozenset({MTLS}),
    proof_algs=frozenset({"PS256", "ES256"}),
)

# FAPI 2 Security Profile 5.3.2.1: confidential clients, PAR, PKCE, iss in the answer, codes of 60 s, bound tokens, no
# rotation of refresh tokens but with time to go back; 5.4.1: PS256, ES256 or EdDSA with Ed25519.
FAPI2_SECURITY = Profile(
    name="fapi2_security",
    authentication_methods=PRIVATE_KEY_JWT | MTLS_METHODS,
    assertion_algs=frozenset({"PS256", "ES256", "Ed25519"}),
    assertion_audience_issuer_only=True,
    requires_pushed_request=True,
    request_object_algs=frozenset({"PS256", "ES256", "Ed25519"}),
    request_object_types=REQUEST_OBJECT_TYPES,
    request_object_life_ms_max=3_600_000,
    requires_request_object_parties=True,
    requires_redirect_uri=True,
    requires_https_callbacks=True,
    response_types=frozenset({"code"}),
    requires_issuer=True,
    signing_algs=frozenset({"PS256", "ES256", "Ed25519"}),
    default_signing_alg="PS256",
    sender_constraint=frozenset({MTLS, DPOP}),
    proof_algs=frozenset({"PS256", "ES256", "Ed25519"}),
    refresh_overlap_ms_min=60_000,
)

# FAPI 2 Message Signing 5.3: signed requests, nbf no longer ago and exp no longer ahead than an hour. Signed answers
# (5.4) are for who asks for them.
FAPI2_MESSAGE_SIGNING = replace(FAPI2_SECURITY, name="fapi2_message_signing", requires_signed_request=True)

FloorName = Literal["none", "fapi1_advanced", "fapi2_security", "fapi2_message_signing"]
"""The names of :data:`FLOORS`, for fields whose values they are."""
FLOORS = {profile.name: profile for profile in (OAUTH21, FAPI1_ADVANCED, FAPI2_SECURITY, FAPI2_MESSAGE_SIGNING)}
"""What a tenant may demand of all its clients at least."""

_METHODS = {"pkj": PRIVATE_KEY_JWT, "mtls": MTLS_METHODS}


def _level(base: Profile, name: str, methods: str, mechanism: str = MTLS) -> Profile:
    return replace(base, name=name, authentication_methods=_METHODS[methods], sender_constraint=frozenset({mechanism}))


PROFILES = {
    profile.name: profile
    for profile in (
        OAUTH21,
        *(_level(FAPI1_ADVANCED, f"fapi1_adv_{methods}_par", methods) for methods in _METHODS),
        *(
            _level(base, f"{prefix}_{methods}_{mechanism}", methods, mechanism)
            for base, prefix in ((FAPI2_SECURITY, "fapi2_sp"), (FAPI2_MESSAGE_SIGNING, "fapi2_ms"))
            for mechanism in (MTLS, DPOP)
            for methods in _METHODS
        ),
    )
}
"""Every ``compliance_level``: Auth0's five, and what it lacks."""


def profile_of(compliance_level: str | None, floor: str | None = None) -> Profile:
    """The profile in force for a ``compliance_level`` under a tenant's ``floor``; None is ``none``.

    KeyError if unknown.
    """
    own = PROFILES[compliance_level or "none"]
    return own if floor in (None, "none") else stricter(own, FLOORS[floor])


@lru_cache(maxsize=64)
def stricter(own: Profile, floor: Profile) -> Profile:
    """Both at once: of two sets what is in both, of two demands either, of two lives the shorter.

    What cannot be met is left as it is, an empty set: nothing is then allowed, and saving the client says so.
    """
    algs = own.signing_algs & floor.signing_algs
    defaults = (own.default_signing_alg, floor.default_signing_alg, *sorted(algs))
    return Profile(
        name=own.name if own.name != "none" else floor.name,
        authentication_methods=own.authentication_methods & floor.authentication_methods,
        assertion_algs=own.assertion_algs & floor.assertion_algs,
        assertion_audience_issuer_only=own.assertion_audience_issuer_only or floor.assertion_audience_issuer_only,
        requires_pushed_request=own.requires_pushed_request or floor.requires_pushed_request,
        requires_signed_request=own.requires_signed_request or floor.requires_signed_request,
        request_object_algs=own.request_object_algs & floor.request_object_algs,
        request_object_types=own.request_object_types & floor.request_object_types,
        request_object_life_ms_max=_shorter(own.request_object_life_ms_max, floor.request_object_life_ms_max),
        requires_request_object_parties=own.requires_request_object_parties or floor.requires_request_object_parties,
        requires_pkce=own.requires_pkce or floor.requires_pkce,
        requires_redirect_uri=own.requires_redirect_uri or floor.requires_redirect_uri,
        requires_https_callbacks=own.requires_https_callbacks or floor.requires_https_callbacks,
        response_types=own.response_types & floor.response_types,
        signed_response_types=own.signed_response_types | floor.signed_response_types,
        requires_issuer=own.requires_issuer or floor.requires_issuer,
        has_state_hash=own.has_state_hash or floor.has_state_hash,
        signing_algs=algs,
        default_signing_alg=next((alg for alg in defaults if alg in algs), own.default_signing_alg),
        sender_constraint=_both(own.sender_constraint, floor.sender_constraint),
        proof_algs=own.proof_algs & floor.proof_algs,
        code_life_ms=min(own.code_life_ms, floor.code_life_ms),
        refresh_overlap_ms_min=max(own.refresh_overlap_ms_min, floor.refresh_overlap_ms_min),
    )


def _shorter(one: int | None, other: int | None) -> int | None:
    return min((life for life in (one, other) if life is not None), default=None)


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return one if other is None else other
    return one & other

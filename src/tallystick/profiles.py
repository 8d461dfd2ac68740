"""Profiles as data: what a client's ``compliance_level`` demands. Checks read fields, never a profile's name."""

from __future__ import annotations

import msgspec

SECRET_METHODS = frozenset({"client_secret_basic", "client_secret_post"})
MTLS_METHODS = frozenset({"tls_client_auth", "self_signed_tls_client_auth"})
ALL_METHODS = frozenset({"none", "private_key_jwt"}) | SECRET_METHODS | MTLS_METHODS

ALL_ASSERTION_ALGS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"}
)


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """One named set of rules."""

    name: str
    authentication_methods: frozenset[str]
    """Client authentication methods that a client of this profile may use."""
    assertion_algs: frozenset[str]
    """Signature algorithms accepted in a client assertion."""
    assertion_audience_issuer_only: bool
    """True: ``aud`` is the issuer as one string (rfc7523bis, FAPI 2); False: also the URL of the endpoint."""
    requires_pkce: bool = True
    """Whether confidential clients need PKCE too (RFC 7636); public ones always do."""


OAUTH21 = Profile(
    name="none",
    authentication_methods=ALL_METHODS,
    assertion_algs=ALL_ASSERTION_ALGS,
    assertion_audience_issuer_only=False,
    # OpenID Connect's own profile of confidential clients knows a nonce instead.
    requires_pkce=False,
)

PROFILES = {
    profile.name: profile
    for profile in (
        OAUTH21,
        # FAPI 1 Advanced 8.6: PS256 or ES256; 5.2.2 item 14: private_key_jwt or mTLS.
        Profile(
            name="fapi1_adv_pkj_par",
            authentication_methods=frozenset({"private_key_jwt"}),
            assertion_algs=frozenset({"PS256", "ES256"}),
            assertion_audience_issuer_only=False,
        ),
        Profile(
            name="fapi1_adv_mtls_par",
            authentication_methods=MTLS_METHODS,
            assertion_algs=frozenset({"PS256", "ES256"}),
            assertion_audience_issuer_only=False,
        ),
        # FAPI 2 Security Profile 5.4.1: PS256, ES256 or EdDSA with Ed25519; 5.3.2.1: aud is the issuer as a string.
        Profile(
            name="fapi2_sp_pkj_mtls",
            authentication_methods=frozenset({"private_key_jwt"}),
            assertion_algs=frozenset({"PS256", "ES256", "Ed25519"}),
            assertion_audience_issuer_only=True,
        ),
        Profile(
            name="fapi2_sp_mtls_mtls",
            authentication_methods=MTLS_METHODS,
            assertion_algs=frozenset({"PS256", "ES256", "Ed25519"}),
            assertion_audience_issuer_only=True,
        ),
    )
}


def profile_of(compliance_level: str | None) -> Profile:
    """The profile for a ``compliance_level``; None and ``none`` are OAuth 2.1 best practice. KeyError if unknown."""
    return PROFILES[compliance_level or "none"]

"""The modules that this server has to pass by now, by plan, as the OpenID Foundation calls them."""

from __future__ import annotations

BASIC = (
    *("server", "server-client-secret-post", "response-type-missing", "idtoken-signature", "idtoken-unsigned"),
    *("userinfo-get", "userinfo-post-header", "userinfo-post-body"),
    *("scope-profile", "scope-email", "scope-address", "scope-phone", "scope-all", "claims-essential"),
    *("prompt-login", "prompt-none-not-logged-in", "prompt-none-logged-in", "max-age-1", "max-age-10000"),
    *("id-token-hint", "login-hint", "ui-locales", "claims-locales", "display-page", "display-popup"),
    *("alternate-happy-flow", "ensure-request-with-unknown-parameter-succeeds", "ensure-post-request-succeeds"),
    "ensure-request-without-nonce-succeeds-for-code-flow",
    "ensure-request-with-acr-values-succeeds",
    "ensure-request-with-valid-pkce-succeeds",
    "ensure-registered-redirect-uri",
    *("codereuse", "codereuse-30seconds", "refresh-token"),
    "request-uri-unsigned-supported-correctly-or-rejected-as-unsupported",
    "unsigned-request-object-supported-correctly-or-rejected-as-unsupported",
    "ensure-request-object-with-redirect-uri",
)
CONFIG = ("discovery-endpoint-verification",)
FORM_POST = ("form-post",)
"""The plan as a whole: it has no modules but the basic ones."""
IMPLICIT_AND_HYBRID = ("ensure-request-without-nonce-fails",)
_RP = "rp-initiated-logout"
RP_INITIATED_LOGOUT = (
    *(_RP, f"{_RP}-discovery-endpoint-verification"),
    *(f"{_RP}-bad-post-logout-redirect-uri", f"{_RP}-query-added-to-post-logout-redirect-uri"),
    *(f"{_RP}-bad-id-token-hint", f"{_RP}-modified-id-token-hint", f"{_RP}-no-id-token-hint"),
    *(f"{_RP}-no-state", f"{_RP}-only-state", f"{_RP}-no-params", f"{_RP}-no-post-logout-redirect-uri"),
)
BACKCHANNEL_LOGOUT = ("backchannel-logout-discovery-endpoint-verification", "backchannel-rp-initiated-logout")
PLANS = (BASIC, CONFIG, FORM_POST, IMPLICIT_AND_HYBRID, RP_INITIATED_LOGOUT, BACKCHANNEL_LOGOUT)
_PAR = "par-ensure-jwt-client-assertions-nbf"
_ASSERTION = "ensure-client-assertion"
FAPI2_SECURITY_PROFILE = (
    *("discovery-end-point-verification", "happy-flow", "user-rejects-authentication"),
    *(f"ensure-authorization-request-without-{what}-success" for what in ("state", "nonce")),
    *("ensure-authorization-request-with-64-char-nonce-success", "ensure-other-scope-order-succeeds"),
    *("test-claims-parameter-identity-claims", "access-token-type-header-case-sensitivity"),
    *(f"ensure-different-{what}-inside-and-outside-request-object" for what in ("nonce", "state")),
    *(f"ensure-authorization-request-with-long-{what}" for what in ("nonce", "state")),
    *("state-only-outside-request-object-not-used", "ensure-request-object-without-redirect-uri-fails"),
    *("ensure-redirect-uri-in-authorization-request", "ensure-registered-redirect-uri"),
    *("plain-fapi-tolerate-unregistered-redirect-uri", "refresh-token"),
    "ensure-unsigned-authorization-request-without-using-par-fails",
    *(f"ensure-response-type-{words}-fails" for words in ("code-idtoken", "token")),
    *("ensure-client-id-in-token-endpoint", "ensure-holder-of-key-required"),
    *("ensure-authorization-code-is-bound-to-client", "attempt-reuse-authorization-code-after-one-second"),
    "ensure-token-endpoint-fails-with-expired-auth-code",
    *("ensure-pkce-code-verifier-required", "incorrect-pkce-code-verifier-rejected"),
    *("par-ensure-reused-request-uri-prior-to-auth-completion-succeeds", "par-attempt-reuse-request_uri"),
    *("par-attempt-to-use-expired-request_uri", "par-attempt-to-use-request_uri-for-different-client"),
    "par-authorization-request-containing-request_uri-form-param",
    *("par-attempt-invalid-http-method", "par-without-duplicate-parameters"),
    *("par-ensure-pkce-required", "par-plain-pkce-rejected"),
)
"""Those of every combination."""
_PROOF = "ensure-dpopproof"
DPOP = (
    *("check-dpop-proof-nbf-exp", "ensure-mismatched-dpop-jkt-fails", "dpop-negative-tests"),
    *(f"{_PROOF}-with-iat-10seconds-before-succeeds", f"{_PROOF}-with-iat-10seconds-after-succeeds"),
    "ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt",
    "ensure-token-endpoint-fails-with-mismatched-dpop-jkt",
    *(f"{_PROOF}-at-par-endpoint-binding-success", "ensure-dpop-auth-code-binding-success"),
)
"""D: those that only run with DPoP."""
BY_KEY = (
    *("ensure-signed-client-assertion-with-RS256-fails", f"{_ASSERTION}-in-token-endpoint"),
    f"{_ASSERTION}-with-exp-is-5-minutes-in-past-fails",
    *(f"{_ASSERTION}-with-{what}-fails" for what in ("wrong-aud", "no-sub")),
    *(f"{_PAR}-8-seconds-in-the-future-is-accepted", f"{_PAR}-over-60-seconds-in-the-future-fails"),
    *(f"par-test-{what}-as-audience-fails" for what in ("array", "par-endpoint-url", "token-endpoint-url")),
)
"""K: those that only run with private_key_jwt."""
CLIENT_CREDENTIALS = (
    *("discovery-end-point-verification", "happy-flow", "access-token-type-header-case-sensitivity"),
    *("ensure-client-id-in-token-endpoint", "ensure-holder-of-key-required"),
    *(row for row in BY_KEY if not row.startswith("par-")),
    *("check-dpop-proof-nbf-exp", "dpop-negative-tests"),
    *(f"{_PROOF}-with-iat-10seconds-{when}-succeeds" for when in ("before", "after")),
)
"""CC: those that the profile client_credentials_grant has."""
_OBJECT = "ensure-request-object"
FAPI2_MESSAGE_SIGNING = (
    *(f"{_OBJECT}-with-multiple-aud-succeeds", f"{_OBJECT}-with-nbf-8-seconds-in-the-future-is-accepted"),
    *(f"{_OBJECT}-without-{what}-fails" for what in ("exp", "nbf")),
    *(f"{_OBJECT}-with-{what}-fails" for what in ("bad-aud", "exp-over-60", "nbf-over-60", "invalid-signature")),
    *("ensure-expired-request-object-fails", "ensure-signed-request-object-with-RS256-fails"),
    *(f"{_OBJECT}-signature-algorithm-is-not-none", "ensure-matching-key-in-authorization-request"),
    *("ensure-unsigned-request-at-par-endpoint-fails", "par-authorization-request-containing-request_uri"),
)
"""Beside all of the Security Profile's, whose prefix they have."""
FAPI2 = "fapi2-security-profile-final"

ROWS = [
    *(f"oidcc-{row}" for plan in PLANS for row in plan),
    *(f"{FAPI2}-{row}" for plan in (FAPI2_SECURITY_PROFILE, BY_KEY, DPOP, FAPI2_MESSAGE_SIGNING) for row in plan),
]

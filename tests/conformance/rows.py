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

ROWS = [f"oidcc-{row}" for plan in PLANS for row in plan]

"""What a new client gets by itself, by kind of application, as recorded from Auth0 (auth0.md 4.3)."""

from __future__ import annotations

from ..profiles import Profile
from ..records import Json

PUBLIC_APP_TYPES = ("native", "spa")
_USER_GRANTS = ["authorization_code", "implicit", "refresh_token"]
_GRANTS_BY_APP_TYPE = {
    "native": _USER_GRANTS,
    "spa": _USER_GRANTS,
    "resource_server": [],
    "express_configuration": ["authorization_code", "client_credentials"],
}
_THIRD_PARTY_GRANTS = ["authorization_code"]

_ID_TOKEN_LIFETIME_S = 36_000
_ALG = "RS256"
_THIRD_PARTY_ID_TOKEN_LIFETIME_S = 3_600


def is_strict_third_party(values: Json) -> bool:
    """Whether the stricter set for clients of others applies."""
    return not values.get("is_first_party", True) and values.get("third_party_security_mode") != "permissive"


def with_defaults(values: Json, body: Json, profile: Profile) -> Json:
    """``values`` (of a new client) with what depends on the kind of application; ``body`` is what was sent.

    What its ``profile`` would refuse is no default.
    """
    app_type = values.get("app_type")
    filled: Json = {
        "grant_types": _in_profile(_grant_types(values), profile),
        **values,
        "jwt_configuration": _jwt_configuration(values, profile),
        "refresh_token": merged_refresh_token(values, _default_refresh_token(values)),
    }
    if "client_metadata" in values:
        filled["client_metadata"] = {k: v for k, v in values["client_metadata"].items() if v is not None}
    if app_type == "resource_server" and "oidc_conformant" not in body:
        filled["oidc_conformant"] = True
    if app_type == "express_configuration" and not _names_a_method(values):
        filled["client_authentication_methods"] = {"private_key_jwt": {"credentials": []}}
    return filled


def merged_refresh_token(values: Json, before: Json) -> Json:
    """Refresh token settings as sent, the rest as before; infinity and a lifetime of its own exclude one another."""
    sent: Json = values.get("refresh_token") or {}
    settings = {**before, **sent}
    if sent.get("expiration_type") == "expiring" and "infinite_token_lifetime" not in sent:
        settings["infinite_token_lifetime"] = False
    if "idle_token_lifetime" in sent and "infinite_idle_token_lifetime" not in sent:
        settings["infinite_idle_token_lifetime"] = False
    return settings


def _names_a_method(values: Json) -> bool:
    return any(values.get(name) for name in ("token_endpoint_auth_method", "client_authentication_methods"))


def _grant_types(values: Json) -> list[str]:
    if is_strict_third_party(values):
        return list(_THIRD_PARTY_GRANTS)
    by_type = _GRANTS_BY_APP_TYPE.get(values.get("app_type") or "")
    if by_type is not None:
        return list(by_type)
    if values.get("token_endpoint_auth_method") == "none":
        # RFC 6749 4.4: client credentials are for clients that prove who they are.
        return list(_USER_GRANTS)
    return [*_USER_GRANTS, "client_credentials"]


def _in_profile(grant_types: list[str], profile: Profile) -> list[str]:
    return [grant for grant in grant_types if profile.has_front_channel or grant != "implicit"]


def _jwt_configuration(values: Json, profile: Profile) -> Json:
    sent = values.get("jwt_configuration")
    alg = {"alg": _ALG} if _ALG in profile.signing_algs else {}
    if is_strict_third_party(values):
        fixed = {"secret_encoded": False, "lifetime_in_seconds": _THIRD_PARTY_ID_TOKEN_LIFETIME_S, **alg}
        return {**fixed, **(sent or {})}
    if sent is not None:
        return {"secret_encoded": False, **sent}
    of_api = alg if values.get("app_type") == "resource_server" else {}
    return {"secret_encoded": False, "lifetime_in_seconds": _ID_TOKEN_LIFETIME_S, **of_api}


def _default_refresh_token(values: Json) -> Json:
    public = values.get("app_type") in PUBLIC_APP_TYPES or values.get("token_endpoint_auth_method") == "none"
    rotating = is_strict_third_party(values) and values.get("app_type") == "spa"
    return {
        "rotation_type": "rotating" if rotating else "non-rotating",
        "expiration_type": "expiring" if rotating else "non-expiring",
        "leeway": 0,
        "infinite_token_lifetime": not rotating,
        "infinite_idle_token_lifetime": not rotating,
        "token_lifetime": 2_592_000 if public else 31_557_600,
        "idle_token_lifetime": 1_296_000 if public else 2_592_000,
    }

"""Checks of the discovery document and of the published keys (conformance.md 0 and 4)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs

from tests.administrator import Json

URL = {"type": "string", "pattern": r"^https://[^\s?#]+$"}
FLAG = {"type": "boolean"}
WORDS = {"type": "array", "items": {"type": "string", "pattern": r"^\S+$"}, "minItems": 1, "uniqueItems": True}
SCOPES = {**WORDS, "items": {"type": "string", "pattern": r"^[\x21\x23-\x5b\x5d-\x7e]+$"}}
LOCALES = {**WORDS, "items": {"type": "string", "pattern": r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"}}
TYPES = {**WORDS, "items": {"type": "string", "pattern": r"^(none|(code|token|id_token)( (code|token|id_token))*)$"}}
URLS = (
    *("issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "registration_endpoint"),
    *("revocation_endpoint", "introspection_endpoint", "pushed_authorization_request_endpoint"),
    *("device_authorization_endpoint", "end_session_endpoint", "check_session_iframe", "op_policy_uri", "op_tos_uri"),
    *("service_documentation", "status_list_aggregation_endpoint"),
)
FLAGS = (
    *("claims_parameter_supported", "request_parameter_supported", "request_uri_parameter_supported"),
    *("require_request_uri_registration", "require_signed_request_object", "require_pushed_authorization_requests"),
    *("authorization_response_iss_parameter_supported", "tls_client_certificate_bound_access_tokens"),
    *("frontchannel_logout_supported", "frontchannel_logout_session_supported"),
    *("backchannel_logout_supported", "backchannel_logout_session_supported"),
)
LISTS = (
    *("response_modes_supported", "grant_types_supported", "code_challenge_methods_supported", "acr_values_supported"),
    *("display_values_supported", "claim_types_supported", "claims_supported", "prompt_values_supported"),
    *("dpop_signing_alg_values_supported", "authorization_details_types_supported", "protected_resources"),
    *(
        f"{endpoint}_endpoint_auth_{what}_supported"
        for endpoint in ("token", "revocation", "introspection")
        for what in ("methods", "signing_alg_values")
    ),
    *(
        f"{what}_{how}_values_supported"
        for what in ("id_token", "userinfo", "request_object", "authorization", "introspection")
        for how in ("signing_alg", "encryption_alg", "encryption_enc")
    ),
)
SPECIAL: Json = {
    "scopes_supported": {**SCOPES, "contains": {"const": "openid"}},
    "response_types_supported": {**TYPES, "contains": {"const": "code"}},
    "ui_locales_supported": LOCALES,
    "claims_locales_supported": LOCALES,
    "subject_types_supported": {**WORDS, "items": {"enum": ["public", "pairwise"]}},
    "id_token_signing_alg_values_supported": {**WORDS, "contains": {"const": "RS256"}},
    "mtls_endpoint_aliases": {"type": "object", "additionalProperties": URL, "minProperties": 1},
}
REQUIRED = (
    *("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "response_types_supported"),
    *("subject_types_supported", "id_token_signing_alg_values_supported"),
    # Recommended: without them there is a warning.
    *("userinfo_endpoint", "claims_supported", "scopes_supported", "grant_types_supported"),
)
SCHEMA: Json = {
    "type": "object",
    "properties": {
        **dict.fromkeys(URLS, URL),
        **dict.fromkeys(FLAGS, FLAG),
        **dict.fromkeys(LISTS, WORDS),
        **SPECIAL,
    },
    "required": list(REQUIRED),
    # What no specification knows is a warning.
    "additionalProperties": False,
}
_PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
_JWK: Json = {
    "type": "object",
    "required": ["kty", "kid", "use"],
    "properties": {"kty": {"enum": ["RSA", "EC", "OKP"]}, "use": {"enum": ["sig", "enc"]}},
    # Of keys for encryption one for ECDH-ES has none: it serves several.
    "if": {"properties": {"use": {"const": "sig"}}},
    "then": {"required": ["alg"]},
}


def check_metadata(document: Json, issuer: str) -> None:
    """Schema, issuer, and names that nobody knows."""
    jsonschema_rs.Draft202012Validator(SCHEMA).validate(document)
    assert document["issuer"] == issuer
    parts = urlsplit(issuer)
    assert (parts.scheme, parts.query, parts.fragment) == ("https", "", "")
    aliases: dict[str, Any] = document.get("mtls_endpoint_aliases", {})
    assert set(aliases) <= set(document) - {"authorization_endpoint"}


def check_jwks(jwks: Json) -> None:
    """Public keys alone, told apart by kid, none of them weak."""
    jsonschema_rs.Draft202012Validator({"properties": {"keys": {"items": _JWK, "minItems": 1}}}).validate(jwks)
    keys = jwks["keys"]
    assert len({key["kid"] for key in keys}) == len(keys)
    for key in keys:
        assert not _PRIVATE & set(key), key["kid"]
        if key["kty"] == "RSA":
            assert len(key["n"]) * 6 >= 2048
        if key["kty"] == "EC":
            assert key["crv"] in ("P-256", "P-384", "P-521")

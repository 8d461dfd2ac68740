"""The discovery document (RFC 8414, OpenID Connect Discovery), read from the tables: it claims only what works."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from ..authorization.answer import RESPONSE_MODES, names_issuer
from ..authorization.person_checks import PROMPTS
from ..authorization.pushed_requests import are_offered
from ..authorization.request_objects import OBJECT_ENCS
from ..authorization.response_checks import S256
from ..authorization.response_types import RESPONSE_TYPES
from ..clientauth.table import METHODS
from ..clients.sector import SUBJECT_TYPES
from ..grants.table import GRANTS
from ..jose.algorithms import HEADER_NAMES
from ..jose.encryption_algorithms import CONTENT_ENCS, KEY_ALGS, algs_of
from ..profiles import FLOORS
from ..sender.algorithms import dpop_alg_names
from ..signing.key import ENCRYPTION_ALGS
from ..signing.make import SIGNING_ALGS
from ..signing.published import header_alg
from ..tenants.settings import compliance_level_floor, mtls_endpoint_aliases, setting
from ..tenants.tenant import Tenant
from ..tokens.id_token import HASHES
from ..tokens.person_claims import OPENID_SCOPES
from ..users.assurance import ACR_LEVELS
from ..users.claims import CLAIMS
from ..web.pages import LANGUAGES
from .table import END_SESSION, PAR, PUBLIC_URLS, PublicUrl

DetailTypesOfTenant = Callable[[str], Awaitable[Sequence[str]]]
"""(tenant_id) → every type of authorization details that one of its APIs registers."""
_PROVING = [name for name in METHODS if name != "none"]
ID_TOKEN_CLAIMS = ("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid")


def _header_names(algs: Iterable[str]) -> list[str]:
    """As they stand in the header of what we sign."""
    return [header_alg(alg) or alg for alg in algs]


def encryption_metadata(*what: str) -> dict[str, list[str]]:
    """What may be encrypted in which ways (OpenID Connect Discovery 3, JARM 4, RFC 9701 7)."""
    tables = {"alg": list(KEY_ALGS), "enc": list(CONTENT_ENCS)}
    return {f"{one}_encryption_{kind}_values_supported": names for one in what for kind, names in tables.items()}


def _shows(tenant: Tenant, url: PublicUrl) -> bool:
    """Whether the tenant shows it; that of the logout answers in any case (auth0.md 1.9)."""
    if url is PAR:
        return are_offered(tenant)
    return url is not END_SESSION or bool(
        (setting(tenant, "oidc_logout") or {}).get("rp_logout_end_session_endpoint_discovery", True)
    )


def _response_types(tenant: Tenant) -> list[str]:
    offers_all = setting(tenant, "implicit_and_hybrid_supported")
    return [one.name for one in RESPONSE_TYPES if offers_all or not one.is_front_channel]


def _requires_pushed(tenant: Tenant) -> bool:
    """Whether no application may do without (RFC 9126 5)."""
    by_floor = FLOORS[compliance_level_floor(tenant)].requires_pushed_request
    return by_floor or bool(setting(tenant, "require_pushed_authorization_requests"))


async def write_discovery(tenant: Tenant) -> dict[str, Any]:
    """The metadata of one tenant."""
    document: dict[str, Any] = {
        "issuer": tenant.issuer,
        **{url.metadata_name: tenant.url(url.path) for url in PUBLIC_URLS if url.metadata_name and _shows(tenant, url)},
        "grant_types_supported": [*GRANTS, *(["implicit"] if setting(tenant, "implicit_and_hybrid_supported") else [])],
        "response_types_supported": _response_types(tenant),
        "response_modes_supported": list(RESPONSE_MODES),
        # JARM 4.
        "authorization_signing_alg_values_supported": _header_names(SIGNING_ALGS),
        "code_challenge_methods_supported": [S256],
        "prompt_values_supported": list(PROMPTS),
        "request_parameter_supported": True,
        "request_uri_parameter_supported": True,
        "require_request_uri_registration": True,
        "request_object_signing_alg_values_supported": list(HEADER_NAMES),
        "request_object_encryption_alg_values_supported": [
            alg for key_alg in ENCRYPTION_ALGS for alg in algs_of(key_alg)
        ],
        "request_object_encryption_enc_values_supported": list(OBJECT_ENCS),
        "require_pushed_authorization_requests": _requires_pushed(tenant),
        "authorization_response_iss_parameter_supported": names_issuer(tenant, FLOORS[compliance_level_floor(tenant)]),
        "acr_values_supported": list(dict.fromkeys((*(setting(tenant, "acr_values_supported") or ()), *ACR_LEVELS))),
        "ui_locales_supported": list(LANGUAGES),
        "token_endpoint_auth_methods_supported": list(METHODS),
        "token_endpoint_auth_signing_alg_values_supported": list(HEADER_NAMES),
        # RFC 8414 2: the same methods serve wherever a client authenticates.
        "revocation_endpoint_auth_methods_supported": list(METHODS),
        "revocation_endpoint_auth_signing_alg_values_supported": list(HEADER_NAMES),
        # Who proves nothing learns nothing (RFC 7662 2.1).
        "introspection_endpoint_auth_methods_supported": _PROVING,
        "introspection_endpoint_auth_signing_alg_values_supported": list(HEADER_NAMES),
        # RFC 9701 7.
        "introspection_signing_alg_values_supported": _header_names(SIGNING_ALGS),
        "tls_client_certificate_bound_access_tokens": True,
        # RFC 9449 5.1.
        "dpop_signing_alg_values_supported": dpop_alg_names(FLOORS[compliance_level_floor(tenant)].proof_algs),
        "subject_types_supported": list(SUBJECT_TYPES),
        "id_token_signing_alg_values_supported": _header_names(HASHES),
        "userinfo_signing_alg_values_supported": _header_names(SIGNING_ALGS),
        **encryption_metadata("id_token", "userinfo", "authorization", "introspection"),
        "scopes_supported": list(OPENID_SCOPES),
        "claims_supported": [*ID_TOKEN_CLAIMS, *CLAIMS],
        "claims_parameter_supported": True,
        # OpenID Connect Back-Channel Logout 1.0, 2.1.
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
    }
    # Where there is no listener that asks for certificates, there is nothing to point at.
    if mtls_endpoint_aliases(tenant) and tenant.mtls_issuer != tenant.issuer:
        document["mtls_endpoint_aliases"] = {
            url.metadata_name: tenant.mtls_url(url.path)
            for url in PUBLIC_URLS
            if url.metadata_name and url.has_mtls_alias and _shows(tenant, url)
        }
    return document


def discovery_of(detail_types: DetailTypesOfTenant) -> Callable[[Tenant], Awaitable[dict[str, Any]]]:
    """What writes the metadata of any tenant; ``detail_types`` remembers what its APIs register."""

    async def write(tenant: Tenant) -> dict[str, Any]:
        document, types = await write_discovery(tenant), await detail_types(tenant.tenant_id)
        # RFC 9396 10. Where no API has any there is nothing to ask for.
        return {**document, "authorization_details_types_supported": list(types)} if types else document

    return write

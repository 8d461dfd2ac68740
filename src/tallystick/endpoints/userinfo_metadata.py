"""The metadata of `/userinfo` as a protected resource (RFC 9728)."""

from __future__ import annotations

from ..records import Json
from ..signing.make import SIGNING_ALGS
from ..signing.published import header_alg
from ..tenants.tenant import Tenant
from ..tokens.person_claims import OPENID_SCOPES
from ..web.protected_resource import resource_metadata
from .table import JWKS, USERINFO

NAME = "User info"


async def write_userinfo_metadata(tenant: Tenant) -> Json:
    """The document of one tenant: as its host shows it, since tokens of each name open it."""
    algs = [header_alg(alg) or alg for alg in SIGNING_ALGS]
    signed = {"jwks_uri": tenant.url(JWKS.path), "resource_signing_alg_values_supported": algs}
    return resource_metadata(tenant, USERINFO.path, NAME, OPENID_SCOPES, ("header", "body"), **signed)

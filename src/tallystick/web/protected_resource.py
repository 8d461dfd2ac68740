"""Where the metadata of a resource of ours is found, and what it says (RFC 9728). Pure.

Whoever is refused a token learns there who issues one that would do, without being configured for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..records import Json
from ..sender.algorithms import dpop_alg_names
from ..tenants.tenant import Tenant

WELL_KNOWN = ".well-known/oauth-protected-resource/"


def metadata_url(tenant: Tenant, path: str) -> str:
    """The URL of the metadata of what is found under ``path``: that stands at its end (RFC 9728 3.1)."""
    return tenant.url(WELL_KNOWN + path)


def resource_metadata(
    tenant: Tenant, path: str, name: str, scopes: Sequence[str], bearer_methods: Sequence[str], **more: object
) -> Json:
    """The document (RFC 9728 2) of the resource under ``path``; ``more`` are further members."""
    return {
        "resource": tenant.url(path),
        "authorization_servers": [tenant.issuer],
        "scopes_supported": list(scopes),
        "bearer_methods_supported": list(bearer_methods),
        "resource_name": name,
        # Offered, not demanded: that is for the application's security profile to say.
        "tls_client_certificate_bound_access_tokens": True,
        "dpop_signing_alg_values_supported": dpop_alg_names(),
        **more,
    }

"""Protected resource metadata (RFC 9728): what an API says of itself, so that clients find the server. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec

from ...sender.algorithms import DPOP_ALGS, dpop_alg_names
from ...sender.binding import DPOP, MTLS

WELL_KNOWN = "/.well-known/oauth-protected-resource"


class ResourceMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """What of the document the API does not know by itself (RFC 9728 2)."""

    scopes: tuple[str, ...] = ()
    """``scopes_supported``."""
    name: str | None = None
    """``resource_name``, for people."""
    documentation: str | None = None
    """``resource_documentation``, a URL."""
    policy_uri: str | None = None
    """``resource_policy_uri``."""
    tos_uri: str | None = None
    """``resource_tos_uri``."""
    more: dict[str, Any] = {}
    """Other members, as they are."""


def document(
    said: ResourceMetadata,
    *,
    resource: str,
    issuers: Collection[str],
    required_bindings: frozenset[str],
    algs: frozenset[str],
) -> dict[str, Any]:
    """The document of one API; ``required_bindings`` as `ProtectedResource` has them."""
    members: dict[str, Any] = {
        "resource": resource,
        "authorization_servers": list(issuers),
        "bearer_methods_supported": ["header"],
        "scopes_supported": list(said.scopes) or None,
        "resource_name": said.name,
        "resource_documentation": said.documentation,
        "resource_policy_uri": said.policy_uri,
        "resource_tos_uri": said.tos_uri,
        "dpop_signing_alg_values_supported": dpop_alg_names(algs & DPOP_ALGS),
        "dpop_bound_access_tokens_required": required_bindings == {DPOP},
        "tls_client_certificate_bound_access_tokens": required_bindings == {MTLS},
    }
    return {**said.more, **{name: value for name, value in members.items() if value is not None}}


def metadata_url(resource: str) -> str:
    """Where the document of ``resource`` is published (RFC 9728 3.1). ValueError for what is no such identifier."""
    parts = urlsplit(resource)
    if parts.scheme not in ("https", "http") or not parts.netloc or parts.fragment:
        raise ValueError("RFC 9728 1.2: the identifier of a resource with metadata is an https URL without fragment")
    path = "" if parts.path == "/" else parts.path
    return urlunsplit((parts.scheme, parts.netloc, f"{WELL_KNOWN}{path}", parts.query, ""))

"""The tenant, and the hosts that lead to it."""

from __future__ import annotations

import msgspec

from ..records import Json, Record


class Tenant(Record, frozen=True, kw_only=True):
    """One tenant: its own issuer, hosts, keys and applications. ``tenant_id`` is its key, ``name`` is for people."""

    name: str
    issuer: str
    """``https://host[:port]/`` with the trailing slash; never changes with the port or host of a request."""
    mtls_issuer: str
    """The same for the listener that asks for a client certificate: where the mTLS endpoint aliases point."""
    host: str = ""
    """The host the operator named for it; empty when its addresses follow from where the server listens."""
    mtls_host: str = ""
    """The host the operator named for the mTLS endpoint aliases, likewise."""
    settings: Json = msgspec.field(default_factory=dict)
    """Tenant settings that were ever set (auth0.md 4.6); see `tenants.settings` for the rest."""
    created_at_ms: int

    def url(self, path: str) -> str:
        """The public URL of a path such as ``oauth/token``."""
        return self.issuer + path

    def mtls_url(self, path: str) -> str:
        """The URL of a path on the listener that asks for a client certificate."""
        return self.mtls_issuer + path

    @property
    def canonical(self) -> Tenant:
        """The tenant under its own issuer, by whatever host a request came: what the Management API is named after."""
        return self


class SeenTenant(Tenant, frozen=True, kw_only=True):
    """The tenant as the hosts of a custom domain show it: ``issuer`` and ``mtls_issuer`` are the domain's.

    Made out of what is kept, and never kept itself: no table takes this kind of record.
    """

    own: Tenant

    @property
    def canonical(self) -> Tenant:
        """The tenant under its own issuer."""
        return self.own


class TenantHost(Record, frozen=True, kw_only=True):
    """One ``Host`` that leads to the tenant: ``host`` or ``host:port`` in lower case, exactly as requests send it."""

    host: str
    issuer: str | None = None
    """The issuer of requests that come by this host, when it is not the tenant's own: that of a custom domain."""
    mtls_issuer: str | None = None
    """The same for where the mTLS endpoint aliases point."""
    custom_domain_id: str | None = None
    """The custom domain that the host belongs to."""

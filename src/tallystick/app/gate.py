"""Every URL of the server, and what answers there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ..apis.directory import ApiDirectory
from ..apis.effective import SystemScopes
from ..clients.origins import OriginDirectory
from ..endpoints.discovery import discovery_of
from ..endpoints.published import PublishedDocument
from ..endpoints.table import (
    INTROSPECT,
    JWKS,
    OAUTH_AUTHORIZATION_SERVER,
    OPENID_CONFIGURATION,
    PAR,
    REVOKE,
    STATUS_LISTS,
    TOKEN,
    USERINFO,
)
from ..endpoints.token import TokenEndpoint
from ..management.door import ManagementApi
from ..management.openapi import PATH as OPENAPI
from ..management.openapi import write_openapi
from ..management.routes import PREFIX, RouteTable
from ..records import Json
from ..signing.published import jwks_document
from ..tenants.settings import flag
from ..tenants.tenant import Tenant
from ..web.gate import Gate
from ..web.readiness import Readiness
from .authorization import authorization_endpoints, par_endpoint
from .factor_pages import factor_endpoints
from .introspection import introspection_endpoint
from .logout_endpoints import logout_endpoints
from .management import management_resources
from .pages import build_pages, page_endpoints, shared_by_pages
from .protected_resources import protected_resources
from .tokens import (
    authenticator_of,
    inspector_of,
    issuer_of,
    people_records_of,
    person_tokens_of,
    recogniser_of,
    revocation_endpoint,
    status_lists_of,
    userinfo_endpoint,
)
from .worker import Worker


def build_gate(worker: Worker, readiness: Readiness) -> Gate:
    """Every URL and what answers there."""
    apis = ApiDirectory(worker.storage, worker.storage, list)
    discovery = PublishedDocument(discovery_of(apis.detail_type_names))
    # The Management API's scopes are what its routes demand: known once the table of routes stands.
    system_scopes: list[str] = []
    routes = RouteTable(management_resources(worker, lambda: system_scopes))
    system_scopes += dict.fromkeys(scope for route in routes.routes for scope in route.scopes)
    pages = build_pages(worker)
    shared = shared_by_pages(worker, pages)
    recogniser, origins = recogniser_of(worker), OriginDirectory(worker.storage, worker.storage)
    inspector = inspector_of(worker, recogniser, apis)
    return Gate(
        hosts=worker.hosts,
        endpoints={
            "/" + TOKEN.path: _token_endpoint(worker, lambda: system_scopes, origins),
            "/" + PAR.path: par_endpoint(worker, origins),
            "/" + USERINFO.path: userinfo_endpoint(worker, inspector, origins),
            "/" + REVOKE.path: revocation_endpoint(worker, recogniser, origins),
            "/" + INTROSPECT.path: introspection_endpoint(worker, recogniser, apis),
            "/" + JWKS.path: PublishedDocument(_write_jwks(worker)),
            "/" + OPENID_CONFIGURATION.path: discovery,
            "/" + OAUTH_AUTHORIZATION_SERVER.path: discovery,
            PREFIX + OPENAPI: PublishedDocument(write_openapi(routes.routes)),
            **protected_resources(lambda: system_scopes),
            **authorization_endpoints(worker, pages),
            **page_endpoints(worker, pages, shared),
            **factor_endpoints(worker, shared),
            **logout_endpoints(worker, pages),
        },
        doors={
            PREFIX: ManagementApi(routes, inspector, worker.proofs, worker.storage, worker.clock, worker.tallies),
            "/" + STATUS_LISTS.path: status_lists_of(worker),
        },
        probes={"/healthz": _alive, "/readyz": readiness},
        access_log=worker.access_log,
    )


def _token_endpoint(worker: Worker, system_scopes: SystemScopes, origins: OriginDirectory) -> TokenEndpoint:
    return TokenEndpoint(
        authenticator=authenticator_of(worker),
        apis=ApiDirectory(worker.storage, worker.storage, system_scopes),
        hosts=worker.hosts,
        issuer=issuer_of(worker),
        people=people_records_of(worker),
        person_tokens=person_tokens_of(worker),
        proofs=worker.proofs,
        log=worker.storage,
        tallies=worker.tallies,
        origins=origins,
        clock=worker.clock,
    )


def _write_jwks(worker: Worker) -> Callable[[Tenant], Awaitable[Json]]:
    async def write(tenant: Tenant) -> Json:
        return jwks_document(
            await worker.ring.public_keys(tenant.tenant_id), remove_alg=flag(tenant, "remove_alg_from_jwks")
        )

    return write


def readiness_of(worker: Worker) -> Readiness:
    """The database answers and is migrated, and every tenant's signing keys are open."""

    async def has_keys() -> bool:
        for tenant_id in {host.tenant_id for host in (await worker.hosts.every()).values()}:
            await worker.ring.warm(tenant_id)
        return True

    return Readiness({"database": worker.storage.ready, "signing keys": has_keys})


async def _alive() -> str:
    return ""

"""The wiring: builds every object of a worker once. The one place, beside the command line, that knows every room."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import urlsplit

import msgspec

from .apis.directory import ApiDirectory
from .apis.effective import SystemScopes
from .apis.grant_registry import ClientGrants
from .apis.registry import ResourceServers, grants_of_client, identifiers_under
from .clientauth.authenticate import Authenticator
from .clientauth.certificate_diagnosis import CertificateDebugger
from .clientauth.diagnosis import AssertionDebugger
from .clientauth.diagnosis import Clients as DebuggedClients
from .clients.authority_registry import AuthorityRegistry
from .clients.client import Client
from .clients.credential_registry import CredentialRegistry
from .clients.directory import ClientDirectory
from .clients.quota import Quotas
from .clients.registry import ClientRegistry
from .clients.secrets import SecretHasher
from .clock import Clock, SystemClock
from .deployment.facts import CHECK_FACT, database_url, listeners_of, secret_hasher, signing_sealer
from .deployment.master_key import right_master_key
from .deployment.telling import tell_for_ever
from .endpoints.discovery import write_discovery
from .endpoints.published import PublishedDocument
from .endpoints.table import JWKS, OAUTH_AUTHORIZATION_SERVER, OPENID_CONFIGURATION, TOKEN
from .endpoints.token import TokenEndpoint
from .errors import StartupError
from .logs import configure_logs
from .management.actions import ActionResource
from .management.certificate_authorities import CertificateAuthorityResource
from .management.client_grants import ClientGrantResource
from .management.clients import ClientResource
from .management.credential_reports import CredentialReportResource
from .management.credentials import CredentialResource
from .management.custom_domains import CustomDomainResource
from .management.debug import DebugResource
from .management.door import ManagementApi
from .management.logs import LogResource
from .management.openapi import PATH as OPENAPI
from .management.openapi import write_openapi
from .management.resource_servers import ResourceServerResource
from .management.routes import PREFIX, Resource, RouteTable
from .management.signing_certificates import signing_certificates
from .management.signing_keys import SigningKeyResource
from .management.stats import StatsResource
from .management.tenant_settings import TenantSettingsResource
from .onetime import RESTORED_FACT, OneTimeStore, fenced, look_at
from .outbound.dns_server import server_of
from .outbound.lookup import DnsLookup
from .records import Json, Writer
from .settings import Settings
from .signing.published import jwks_document
from .signing.registry import SigningKeys
from .signing.ring import KeyRing
from .signing.seal import Sealer
from .storage.opening import open_storage
from .storage.store import Storage
from .tallies import Tallies
from .tenants.domain_directory import DomainDirectory
from .tenants.domain_registry import CustomDomains
from .tenants.hosts import HostDirectory
from .tenants.registry import Tenants
from .tenants.settings import flag
from .tenants.tenant import Tenant
from .tokens.inspect import Inspector
from .tokens.issue import Issuer
from .web.gate import Gate
from .web.readiness import Readiness


class Worker(msgspec.Struct, frozen=True, kw_only=True):
    """What is built once and shared by the doors."""

    storage: Storage
    one_time: OneTimeStore
    clock: Clock
    sealer: Sealer
    hasher: SecretHasher
    hosts: HostDirectory
    domains: DomainDirectory
    custom_domains: CustomDomains
    clients: ClientDirectory
    ring: KeyRing
    writer: Writer
    tallies: Tallies
    quotas: Quotas
    trust_proxy_verification: bool = False
    access_log: bool = False


class OpenedApp:
    """The application of one worker, ready to serve."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._readiness = _readiness(worker)
        self.asgi = build_gate(worker, self._readiness)
        self._telling: asyncio.Task[None] | None = None

    def tell_metrics(self) -> None:
        """From now on hand over what is counted, and what can only be looked at."""
        self._telling = asyncio.create_task(tell_for_ever(self._worker.storage))

    async def flush(self) -> None:
        """Write what was counted lately, as happens every few seconds by itself."""
        await self._worker.tallies.flush()

    async def hosts(self) -> list[str]:
        """The host names that need a certificate."""
        return sorted({urlsplit(f"//{host}").hostname or "" for host in await self._worker.hosts.every()})

    async def cname_key_holds(self, host: str, key: str) -> bool:
        """Whether ``key`` proves the proxy of the custom domain that this ``Host`` leads to (auth0.md 2.3)."""
        return await self._worker.domains.key_holds(host, key)

    async def client_ip_header(self, host: str) -> str | None:
        """The header in which that proxy names the client's address; None when the domain names none."""
        return await self._worker.domains.client_ip_header(host)

    def drain(self) -> None:
        """A stop is coming: serve on, and say so to whoever asks whether we are ready."""
        self._readiness.drain()

    async def close(self) -> None:
        """Write what is queued and let go of the database."""
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.gather(self._telling, return_exceptions=True)
        await self._worker.tallies.close()
        await self._worker.storage.close()


async def open_worker(settings: Settings) -> OpenedApp:
    """What a worker process opens: its log, then the application."""
    configure_logs(settings.log_level)
    opened = await open_app(settings)
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        opened.tell_metrics()
    return opened


async def open_app(settings: Settings, clock: Clock | None = None) -> OpenedApp:
    """Open the database and build the application. Raises StartupError with one clear line."""
    clock = clock or SystemClock()
    storage = await open_storage(database_url(settings), clock)
    try:
        check = await storage.deployment_get(CHECK_FACT)
        if check is None:
            raise StartupError("the database is empty: it was not prepared")
        one_time = fenced(storage, clock, await storage.deployment_get(RESTORED_FACT))
        worker = build_worker(storage, one_time, clock, right_master_key(settings, check), settings)
        await storage.start()
        for tenant in await storage.find(Tenant, None):
            await worker.ring.warm(tenant.tenant_id)
        worker.tallies.start()
    except BaseException:
        await storage.close()
        raise
    return OpenedApp(worker)


def quotas_of(settings: Settings) -> Quotas:
    """The operator's bounds; 0 in the settings is none."""
    return Quotas(
        clients_max=settings.clients_per_tenant_max or None,
        credentials_max=settings.credentials_per_tenant_max or None,
    )


def custom_domains_of(settings: Settings, storage: Storage, writer: Writer) -> CustomDomains:
    """The writer of custom domains, with the operator's way of verifying them."""
    vouched = settings.custom_domain_verification == "none"
    lookup = None if vouched else DnsLookup(server_of(settings.dns_server))
    return CustomDomains(writer, listeners_of(settings), lookup, partial(identifiers_under, storage))


def build_worker(
    storage: Storage, one_time: OneTimeStore, clock: Clock, master_key: bytes, settings: Settings
) -> Worker:
    """The shared objects, over one storage."""
    sealer = signing_sealer(master_key)
    hosts = HostDirectory(storage, storage)
    writer = Writer(storage)
    return Worker(
        storage=storage,
        one_time=one_time,
        access_log=settings.access_log,
        clock=clock,
        sealer=sealer,
        hasher=secret_hasher(master_key),
        hosts=hosts,
        domains=DomainDirectory(storage, storage, hosts, clock),
        custom_domains=custom_domains_of(settings, storage, writer),
        clients=ClientDirectory(storage, storage),
        ring=KeyRing(storage, storage, sealer),
        writer=writer,
        tallies=Tallies(storage),
        quotas=quotas_of(settings),
        trust_proxy_verification=settings.trust_proxy_verification,
    )


def build_gate(worker: Worker, readiness: Readiness) -> Gate:
    """Every URL and what answers there."""
    discovery = PublishedDocument(write_discovery)
    # The Management API's scopes are what its routes demand: known once the table of routes stands.
    system_scopes: list[str] = []
    routes = RouteTable(management_resources(worker, lambda: system_scopes))
    system_scopes += dict.fromkeys(scope for route in routes.routes for scope in route.scopes)
    inspector = Inspector(worker.ring, worker.clients, worker.hosts, worker.clock)
    return Gate(
        hosts=worker.hosts,
        endpoints={
            "/" + TOKEN.path: _token_endpoint(worker, lambda: system_scopes),
            "/" + JWKS.path: PublishedDocument(_write_jwks(worker)),
            "/" + OPENID_CONFIGURATION.path: discovery,
            "/" + OAUTH_AUTHORIZATION_SERVER.path: discovery,
            PREFIX + OPENAPI: PublishedDocument(write_openapi(routes.routes)),
        },
        doors={PREFIX: ManagementApi(routes, inspector, worker.storage, worker.clock, worker.tallies)},
        probes={"/healthz": _alive, "/readyz": readiness},
        access_log=worker.access_log,
    )


def management_resources(worker: Worker, system_scopes: SystemScopes) -> tuple[Resource, ...]:
    """The resources of the Management API."""
    records, writer = worker.storage, worker.writer
    apis = ResourceServers(writer, system_scopes)
    grants = ClientGrants(writer, apis, lambda tenant_id, client_id: records.get(Client, tenant_id, client_id))
    clients = ClientRegistry(writer, worker.hasher, [partial(grants_of_client, records)], worker.quotas)
    return (
        ClientResource(clients, signing_certificates(records)),
        CredentialResource(CredentialRegistry(writer, worker.hasher, worker.quotas), records),
        CredentialReportResource(records),
        ActionResource(),
        CertificateAuthorityResource(AuthorityRegistry(writer)),
        ResourceServerResource(records, apis, system_scopes),
        ClientGrantResource(records, grants),
        TenantSettingsResource(Tenants(writer)),
        SigningKeyResource(SigningKeys(writer, worker.sealer)),
        LogResource(worker.storage),
        StatsResource(worker.storage, worker.storage),
        CustomDomainResource(worker.custom_domains),
        _debug(worker),
    )


def _debug(worker: Worker) -> DebugResource:
    clients = DebuggedClients(worker.clients, worker.storage)
    return DebugResource(
        AssertionDebugger(clients, look_at(worker.one_time, worker.storage), worker.hasher),
        CertificateDebugger(clients, worker.hasher),
        worker.hosts,
    )


def _token_endpoint(worker: Worker, system_scopes: SystemScopes) -> TokenEndpoint:
    return TokenEndpoint(
        authenticator=Authenticator(
            worker.clients,
            worker.one_time,
            worker.hasher,
            worker.tallies,
            trust_proxy_verification=worker.trust_proxy_verification,
        ),
        apis=ApiDirectory(worker.storage, worker.storage, system_scopes),
        hosts=worker.hosts,
        issuer=Issuer(worker.ring),
        log=worker.storage,
        tallies=worker.tallies,
        clock=worker.clock,
    )


def _write_jwks(worker: Worker) -> Callable[[Tenant], Awaitable[Json]]:
    async def write(tenant: Tenant) -> Json:
        return jwks_document(
            await worker.ring.public_keys(tenant.tenant_id), remove_alg=flag(tenant, "remove_alg_from_jwks")
        )

    return write


def _readiness(worker: Worker) -> Readiness:
    """The database answers and is migrated, and every tenant's signing keys are open."""

    async def has_keys() -> bool:
        for tenant_id in {host.tenant_id for host in (await worker.hosts.every()).values()}:
            await worker.ring.warm(tenant_id)
        return True

    return Readiness({"database": worker.storage.ready, "signing keys": has_keys})


async def _alive() -> str:
    return ""

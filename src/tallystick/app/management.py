"""The resources of the Management API, each with what it needs."""

from __future__ import annotations

from functools import partial

from ..apis.effective import SystemScopes
from ..apis.grant_registry import ClientGrants
from ..apis.registry import ResourceServers, grants_of_client, knows_api
from ..apis.system_grants import holders_of_system_grants
from ..clientauth.certificate_diagnosis import CertificateDebugger
from ..clientauth.diagnosis import AssertionDebugger
from ..clientauth.diagnosis import Clients as DebuggedClients
from ..clients.authority_registry import AuthorityRegistry
from ..clients.client import Client
from ..clients.credential_registry import CredentialRegistry
from ..clients.key_set_registry import KeySetRegistry
from ..clients.profile_gaps import ProfileGaps
from ..clients.registry import ClientRegistry
from ..clients.sector_documents import SectorDocuments
from ..management.actions import ActionResource
from ..management.certificate_authorities import CertificateAuthorityResource
from ..management.client_grants import ClientGrantResource
from ..management.clients import ClientResource
from ..management.credential_reports import CredentialReportResource
from ..management.credentials import CredentialResource
from ..management.custom_domains import CustomDomainResource
from ..management.debug import DebugResource
from ..management.key_sets import KeySetResource
from ..management.logs import LogResource
from ..management.profile_gaps import ProfileGapResource
from ..management.resource_servers import ResourceServerResource
from ..management.routes import Resource
from ..management.signing_certificates import signing_certificates
from ..management.signing_keys import SigningKeyResource
from ..management.stats import StatsResource
from ..management.tenant_settings import TenantSettingsResource
from ..onetime import look_at
from ..signing.registry import SigningKeys
from ..tenants.registry import Tenants
from .aftermath import forget_api_by, forget_client_by
from .people_resources import forget_permissions_by, people_resources
from .sign_in_settings import sign_in_resources
from .worker import Worker


def management_resources(worker: Worker, system_scopes: SystemScopes) -> tuple[Resource, ...]:
    """The resources of the Management API."""
    records, writer = worker.storage, worker.writer
    apis = ResourceServers(writer, system_scopes, [forget_api_by(worker)], forget_permissions_by(worker))
    grants = ClientGrants(writer, apis, lambda tenant_id, client_id: records.get(Client, tenant_id, client_id))
    clients = ClientRegistry(
        writer,
        worker.hasher,
        [partial(grants_of_client, records)],
        worker.quotas,
        [forget_client_by(worker)],
        sectors=SectorDocuments(worker.outbound),
        exempt=partial(holders_of_system_grants, records),
        knows_api=partial(knows_api, records),
    )
    return (
        ClientResource(clients, signing_certificates(records)),
        CredentialResource(CredentialRegistry(writer, worker.hasher, worker.quotas), records),
        KeySetResource(KeySetRegistry(writer, worker.key_sets), records),
        CredentialReportResource(records),
        ProfileGapResource(ProfileGaps(records, partial(holders_of_system_grants, records))),
        ActionResource(),
        CertificateAuthorityResource(AuthorityRegistry(writer)),
        ResourceServerResource(records, apis, system_scopes),
        ClientGrantResource(records, grants),
        TenantSettingsResource(Tenants(writer)),
        SigningKeyResource(SigningKeys(writer, worker.sealer)),
        LogResource(worker.storage),
        StatsResource(worker.storage, worker.storage),
        CustomDomainResource(worker.custom_domains),
        *sign_in_resources(worker),
        *people_resources(worker),
        _debug(worker),
    )


def _debug(worker: Worker) -> DebugResource:
    clients = DebuggedClients(worker.clients, worker.client_keys, worker.storage)
    return DebugResource(
        AssertionDebugger(clients, look_at(worker.one_time, worker.storage), worker.hasher),
        CertificateDebugger(clients, worker.hasher),
        worker.hosts,
    )

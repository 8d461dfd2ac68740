"""What a worker builds once and its doors share."""

from __future__ import annotations

from functools import partial

import msgspec

from ..apis.registry import identifiers_under
from ..apis.system_grants import holders_of_system_grants
from ..authorization.pendings import Pendings
from ..authorization.request_objects import RequestObjects
from ..authorization.request_uris import RequestUris
from ..authorization.waiting_room import WaitingRoom
from ..clients.client_keys import ClientKeys
from ..clients.directory import ClientDirectory
from ..clients.key_holders import KeyHolders
from ..clients.key_sets import KeySets
from ..clients.quota import Quotas
from ..clients.secrets import SecretHasher
from ..clock import Clock
from ..deployment.facts import handle_hasher, listeners_of, people_sealer, proof_nonces, secret_hasher, signing_sealer
from ..handles import HandleHasher
from ..logout.endings import Endings
from ..mail.mailer import Mailer
from ..onetime import OneTimeStore
from ..outbound.dns_server import server_of
from ..outbound.guarded import GuardedClient
from ..outbound.lookup import DnsLookup
from ..records import Writer
from ..sealing import Sealer
from ..settings import Settings
from ..signing.ring import KeyRing
from ..storage.store import Storage
from ..tallies import Tallies
from ..tenants.domain_directory import DomainDirectory
from ..tenants.domain_registry import CustomDomains
from ..tenants.hosts import HostDirectory
from ..tenants.options import Options
from ..tenants.tenant import Tenant
from ..tokens.families import Families
from ..tokens.proofs import Proofs
from ..tokens.status_places import StatusPlaces
from ..users.imports import Importer
from .asking import guarded_client_of, mailer_of
from .factors import SecondFactors, second_factors_of
from .logout import endings_of
from .people import (
    People,
    end_sessions_by,
    forget_first_factors_by,
    forget_reset_links_by,
    people_of,
    take_back_codes_by,
    withdraw_families_by,
)


class Worker(msgspec.Struct, frozen=True, kw_only=True):
    """What is built once and shared by the doors."""

    storage: Storage
    one_time: OneTimeStore
    clock: Clock
    sealer: Sealer
    people_sealer: Sealer
    """Seals what second factors need to be checked."""
    hasher: SecretHasher
    handles: HandleHasher
    proofs: Proofs
    hosts: HostDirectory
    options: Options
    people: People
    second_factors: SecondFactors
    domains: DomainDirectory
    custom_domains: CustomDomains
    clients: ClientDirectory
    key_sets: KeySets
    client_keys: ClientKeys
    endings: Endings
    importer: Importer
    """Carries imports of people out; once it is started, by itself."""
    outbound: GuardedClient
    mailer: Mailer
    ring: KeyRing
    status_places: StatusPlaces
    """Shared by all that issues, so that one block serves them."""
    request_objects: RequestObjects
    """Reads signed requests; shared, so that what was fetched by reference is kept once."""
    waiting_room: WaitingRoom
    writer: Writer
    tallies: Tallies
    quotas: Quotas
    trust_proxy_verification: bool = False
    access_log: bool = False


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
    clients = ClientDirectory(storage, storage, partial(holders_of_system_grants, storage))
    options, handles, tallies = Options(storage, storage), handle_hasher(master_key), Tallies(storage)
    endings, sealer_of_people = endings_of(storage, clients), people_sealer(master_key)
    # In this order: families last, since what is taken back before could begin new ones.
    withdrawals = [
        end_sessions_by(endings),
        forget_reset_links_by(storage),
        forget_first_factors_by(Pendings(storage, handles)),
        take_back_codes_by(storage),
        withdraw_families_by(Families(storage)),
    ]
    people = people_of(settings, storage, handles, options, tallies, withdrawals)
    outbound, ring = guarded_client_of(settings), KeyRing(storage, storage, sealer)
    key_sets = KeySets(storage, storage, outbound, KeyHolders(storage, storage).elsewhere)
    client_keys = ClientKeys(key_sets)
    return Worker(
        storage=storage,
        one_time=one_time,
        access_log=settings.access_log,
        clock=clock,
        sealer=sealer,
        people_sealer=sealer_of_people,
        hasher=secret_hasher(master_key),
        handles=handles,
        proofs=Proofs(nonces=proof_nonces(master_key), one_time=one_time),
        hosts=hosts,
        options=options,
        people=people,
        importer=Importer(storage, people.accounts, partial(storage.get, Tenant), clock),
        second_factors=second_factors_of(storage, one_time, handles, sealer_of_people),
        domains=DomainDirectory(storage, storage, hosts, clock),
        custom_domains=custom_domains_of(settings, storage, writer),
        clients=clients,
        key_sets=key_sets,
        client_keys=client_keys,
        endings=endings,
        outbound=outbound,
        mailer=mailer_of(settings, clock),
        ring=ring,
        status_places=StatusPlaces(storage),
        request_objects=RequestObjects(clients, client_keys, ring, RequestUris(outbound), tallies),
        waiting_room=WaitingRoom(options.address_throttling),
        writer=writer,
        tallies=tallies,
        quotas=quotas_of(settings),
        trust_proxy_verification=settings.trust_proxy_verification,
    )

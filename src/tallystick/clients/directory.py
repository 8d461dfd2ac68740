"""The directory: what a token request needs to know of a client, read once per change and then remembered.

Keys and certificates are parsed here, when a client is loaded, and never per request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec
import structlog

from ..certs.certificate import Certificate, certificate_from_pem
from ..errors import Refused
from ..jose.keys import public_key_from_jwk
from ..profiles import OAUTH21, Profile
from ..records import FORGOTTEN, Records, RevisionCache, Revisions
from .certificate_authority import CertificateAuthority
from .client import CERTIFICATE_USAGE, KEY_METHODS, SOURCED_USAGES, Client
from .credential import CLIENT_SECRET, Credential
from .floor import ExemptClients, Floor, Floors, nobody
from .key_set import KeySet
from .loaded_certificate import loaded_certificates
from .loaded_key import LoadedKey, loaded_keys
from .set_key import SetKey, stored_keys

_log = structlog.get_logger(__name__)
ANY_LEVEL = Floor()
_OTHER_KEYS = tuple(usage for usage in SOURCED_USAGES if usage not in KEY_METHODS)


class RegisteredClient(msgspec.Struct, frozen=True, kw_only=True):
    """A client and all it may prove itself with. Whether a credential is live *now* is asked per request."""

    client: Client
    profile: Profile = OAUTH21
    credentials: tuple[Credential, ...] = ()
    """Every credential that is not withdrawn, in the order of registration, enabled or not."""
    keys: tuple[LoadedKey, ...] = ()
    """Those of ``private_key_jwt``: referenced, in the client itself, or what its address answered."""
    other_keys: Mapping[str, tuple[LoadedKey, ...]] = {}
    """Usage → its keys, for ``signed_request_object`` and ``response_encryption``."""
    key_set_urls: Mapping[str, str] = {}
    """Usage → the address of its keys, for usages that have them by address: `client_keys` fetches them."""
    key_set: KeySet | None = None
    """What the address of ``keys`` or ``certificates`` answered last; None where they are not by address."""
    secrets: tuple[tuple[Credential, bytes], ...] = ()
    """Secrets with their keyed hash, hex as ASCII bytes."""
    certificates: tuple[Credential, ...] = ()
    """Those of ``self_signed_tls_client_auth``: referenced, in the client itself, or what its address answered."""
    subjects: tuple[Credential, ...] = ()
    """Those that ``tls_client_auth`` references."""

    def keys_of(self, usage: str) -> tuple[LoadedKey, ...]:
        """The keys of a usage that are registered here, in the order of the references."""
        return self.keys if usage == "private_key_jwt" else self.other_keys.get(usage, ())

    @property
    def proof_ids(self) -> frozenset[str]:
        """Ids of what the client may prove itself with, as far as that is registered here: keys by address come and go
        there."""
        keys = () if "private_key_jwt" in self.key_set_urls else self.keys
        certificates = () if CERTIFICATE_USAGE in self.key_set_urls else self.certificates
        secrets = self.secrets if self.client.key_method is None else ()
        rows = (*certificates, *self.subjects, *(row for row, _ in secrets), *(key.credential for key in keys))
        return frozenset(row.id for row in rows)

    @property
    def signer_ids(self) -> frozenset[str]:
        """Ids of the keys that may sign its requests, likewise."""
        return frozenset(key.credential.id for key in self.keys_of("signed_request_object"))


class LoadedAuthority(msgspec.Struct, frozen=True, kw_only=True):
    """A registered authority with its certificates parsed."""

    authority: CertificateAuthority
    certificate: Certificate
    intermediates: tuple[Certificate, ...] = ()


class AuthoritySet(msgspec.Struct, frozen=True):
    """The authorities of one tenant."""

    by_id: dict[str, LoadedAuthority] = {}

    def trusted_for(self, certificate_authority_id: str | None) -> Sequence[LoadedAuthority]:
        """The one authority a subject is pinned to, or all of them; empty when nobody is to be trusted."""
        if certificate_authority_id is None:
            return tuple(self.by_id.values())
        pinned = self.by_id.get(certificate_authority_id)
        return (pinned,) if pinned is not None else ()

    def holds(self, subjects: Sequence[Credential]) -> bool:
        """Whether every authority that one of ``subjects`` is pinned to is among these."""
        pinned = (row.certificate_authority_id for row in subjects)
        return all(id is None or id in self.by_id for id in pinned)


class ClientDirectory:
    """Finds clients and authorities; what it answers is at most as old as the worker's known revision (500 ms)."""

    def __init__(self, records: Records, revisions: Revisions, exempt: ExemptClients = nobody) -> None:
        self._records = records
        self._floors = Floors(records, revisions, exempt)
        self._clients: RevisionCache[RegisteredClient | None] = RevisionCache(revisions)
        self._authorities: RevisionCache[AuthoritySet] = RevisionCache(revisions)

    async def find(self, tenant_id: str, client_id: str) -> RegisteredClient | None:
        """The client, or None; that there is none is remembered too."""
        found = self._clients.remembered(tenant_id, client_id)
        if found is not FORGOTTEN:
            return found
        return await self._clients.get(tenant_id, client_id, lambda: self._load_client(tenant_id, client_id))

    async def authorities(self, tenant_id: str, subjects: Sequence[Credential] = ()) -> AuthoritySet:
        """The tenant's authorities, with those that ``subjects`` are pinned to."""
        found = self._authorities.remembered(tenant_id, "")
        if found is FORGOTTEN:
            found = await self._authorities.get(tenant_id, "", lambda: self._load_authorities(tenant_id))
        # A client seen for the first time is newer than what is remembered: its authority may be newer too.
        return found if not subjects or found.holds(subjects) else await self._load_authorities(tenant_id)

    async def _load_client(self, tenant_id: str, client_id: str) -> RegisteredClient | None:
        client = await self._records.get(Client, tenant_id, client_id)
        if client is None:
            return None
        live = {"client_id": client_id, "withdrawn_at_ms": None}
        credentials = await self._records.find(Credential, tenant_id, where=live)
        return registered(client, credentials, await self._floors.of(tenant_id))

    async def _load_authorities(self, tenant_id: str) -> AuthoritySet:
        rows = await self._records.find(CertificateAuthority, tenant_id)
        return AuthoritySet({row.id: _loaded_authority(row) for row in rows})


def registered(client: Client, credentials: Sequence[Credential], floor: Floor = ANY_LEVEL) -> RegisteredClient:
    """The ready-to-use value for a client and its credentials that are not withdrawn, under the tenant's floor."""
    by_id = {credential.id: credential for credential in credentials}

    def serving(usage: str) -> tuple[Credential, ...]:
        return tuple(by_id[id] for id in client.credential_ids(usage) if id in by_id)

    def inline_for(usage: str) -> Iterator[SetKey]:
        # Checked when the client was saved.
        return stored_keys(client.inline_keys(usage), client_id=client.client_id, usage=usage)

    def keys_for(usage: str) -> tuple[LoadedKey, ...]:
        uploaded = (key for row in serving(usage) if (key := _loaded_key(row)) is not None)
        return (*uploaded, *loaded_keys(client.tenant_id, client.client_id, inline_for(usage)))

    return RegisteredClient(
        client=client,
        profile=floor.profile_for(client),
        credentials=tuple(credentials),
        keys=keys_for("private_key_jwt"),
        other_keys={usage: keys_for(usage) for usage in _OTHER_KEYS},
        key_set_urls={usage: url for usage in SOURCED_USAGES if (url := client.jwks_uri(usage)) is not None},
        secrets=tuple(
            (row, row.secret_hash.encode())
            for row in credentials
            if row.credential_type == CLIENT_SECRET and row.secret_hash is not None
        ),
        certificates=(
            *serving(CERTIFICATE_USAGE),
            *loaded_certificates(client.tenant_id, client.client_id, inline_for(CERTIFICATE_USAGE)),
        ),
        subjects=serving("tls_client_auth"),
    )


def _loaded_key(credential: Credential) -> LoadedKey | None:
    """The parsed key. One that no longer reads (rules became stricter) is left out: it then proves nothing."""
    if credential.public_jwk is None or credential.alg is None:
        return None
    try:
        public_key = public_key_from_jwk(credential.public_jwk)
    except Refused as refusal:
        _log.warning("credential.unreadable", credential_id=credential.id, check=refusal.check)
        return None
    return LoadedKey(credential=credential, public_key=public_key, algorithm=credential.alg)


def _loaded_authority(row: CertificateAuthority) -> LoadedAuthority:
    return LoadedAuthority(
        authority=row,
        certificate=certificate_from_pem(row.pem),
        intermediates=tuple(certificate_from_pem(pem) for pem in row.intermediates),
    )

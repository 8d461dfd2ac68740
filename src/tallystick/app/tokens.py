"""Tokens in people's names: what issues, recognises and withdraws them, built over a worker."""

from __future__ import annotations

from ..apis.directory import ApiDirectory
from ..clientauth.authenticate import Authenticator
from ..clients.origins import OriginDirectory
from ..endpoints.revoke import RevocationEndpoint
from ..endpoints.status_list import StatusListDoor
from ..endpoints.userinfo import UserinfoEndpoint
from ..grants.grant import PeopleRecords
from ..tokens.encrypted_tokens import EncryptedTokens
from ..tokens.families import Families
from ..tokens.id_token_hint import IdTokenHints
from ..tokens.inspect import Inspector
from ..tokens.issue import Issuer
from ..tokens.opaque_tokens import OpaqueTokens
from ..tokens.person_tokens import PersonTokens
from ..tokens.recognise import Recogniser
from ..tokens.refresh_token import RefreshTokens
from ..tokens.response_encryption import ResponseEncryption
from ..tokens.revocations import Revocations
from ..tokens.status_lists import StatusLists
from ..tokens.subject import Subjects
from ..users.permissions import Permissions
from .worker import Worker


def subjects_of(worker: Worker) -> Subjects:
    """Names people to applications."""
    return Subjects(worker.handles)


def person_tokens_of(worker: Worker) -> PersonTokens:
    """Issues access and ID tokens."""
    permissions = Permissions(worker.storage, worker.storage, worker.storage)
    encryption = response_encryption_of(worker)
    return PersonTokens(worker.ring, issuer_of(worker), subjects_of(worker), permissions, encryption)


def issuer_of(worker: Worker) -> Issuer:
    """Makes access tokens."""
    return Issuer(worker.ring, opaque_tokens_of(worker), encrypted_tokens_of(worker), worker.status_places)


def response_encryption_of(worker: Worker) -> ResponseEncryption:
    """Encrypts to applications."""
    return ResponseEncryption(worker.client_keys)


def families_of(worker: Worker) -> Families:
    """Finds and withdraws families."""
    return Families(worker.storage)


def refresh_tokens_of(worker: Worker) -> RefreshTokens:
    """Makes and recognises refresh tokens."""
    return RefreshTokens(worker.handles)


def id_token_hints_of(worker: Worker) -> IdTokenHints:
    """Reads hints."""
    return IdTokenHints(worker.ring, worker.hosts)


def recogniser_of(worker: Worker) -> Recogniser:
    """Recognises access tokens."""
    return Recogniser(
        worker.ring,
        worker.clients,
        worker.hosts,
        worker.storage,
        worker.clock,
        opaque_tokens_of(worker),
        Revocations(worker.storage),
    )


def opaque_tokens_of(worker: Worker) -> OpaqueTokens:
    """Makes and finds opaque access tokens."""
    return OpaqueTokens(worker.storage, worker.handles)


def encrypted_tokens_of(worker: Worker) -> EncryptedTokens:
    """Keeps encrypted access tokens, to know them again."""
    return EncryptedTokens(worker.storage, worker.handles)


def inspector_of(worker: Worker, recogniser: Recogniser, apis: ApiDirectory) -> Inspector:
    """Decides what access tokens open."""
    return Inspector(recogniser, worker.proofs, apis)


def authenticator_of(worker: Worker) -> Authenticator:
    """Lets clients prove who they are."""
    return Authenticator(
        worker.clients,
        worker.client_keys,
        worker.one_time,
        worker.hasher,
        worker.tallies,
        trust_proxy_verification=worker.trust_proxy_verification,
    )


def people_records_of(worker: Worker) -> PeopleRecords:
    """What grants in people's names look into."""
    return PeopleRecords(
        live=worker.storage,
        handles=worker.handles,
        families=families_of(worker),
        refresh_tokens=refresh_tokens_of(worker),
        places=worker.status_places,
    )


def userinfo_endpoint(worker: Worker, inspector: Inspector, origins: OriginDirectory) -> UserinfoEndpoint:
    """`/userinfo`."""
    return UserinfoEndpoint(
        inspector=inspector,
        hosts=worker.hosts,
        ring=worker.ring,
        encryption=response_encryption_of(worker),
        origins=origins,
        proofs=worker.proofs,
        log=worker.storage,
        tallies=worker.tallies,
        clock=worker.clock,
    )


def revocation_endpoint(worker: Worker, recogniser: Recogniser, origins: OriginDirectory) -> RevocationEndpoint:
    """`/oauth/revoke`."""
    return RevocationEndpoint(
        authenticator=authenticator_of(worker),
        people=people_records_of(worker),
        recogniser=recogniser,
        encrypted_tokens=encrypted_tokens_of(worker),
        revocations=Revocations(worker.storage),
        log=worker.storage,
        tallies=worker.tallies,
        origins=origins,
        clock=worker.clock,
    )


def status_lists_of(worker: Worker) -> StatusListDoor:
    """`/oauth/status-lists`."""
    return StatusListDoor(StatusLists(worker.status_places, worker.storage, worker.ring, worker.clock))

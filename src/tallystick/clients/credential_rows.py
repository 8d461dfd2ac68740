"""What writers of credentials do with their rows: read a client's own, keep the limit, withdraw, make secrets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from ..errors import Conflict, InvalidField, NotFound
from ..ids import new_credential_id
from ..records import Records
from ..tenants.settings import allows_key_sharing, credentials_per_client_max
from ..tenants.tenant import Tenant
from .actor import Actor
from .certificate_authority import CertificateAuthority
from .client import Client
from .credential import CLIENT_SECRET, Credential
from .credential_request import Draft
from .secrets import SecretHasher
from .usage import check_key_free


async def client_of(records: Records, tenant_id: str, client_id: str) -> Client:
    """The client; raises NotFound."""
    client = await records.get(Client, tenant_id, client_id)
    if client is None:
        raise NotFound("The client does not exist", error_code="inexistent_client")
    return client


async def credentials_of(records: Records, tenant_id: str, client_id: str) -> list[Credential]:
    """The client's credentials that are not withdrawn, in the order they were made."""
    return await records.find(Credential, tenant_id, where={"client_id": client_id, "withdrawn_at_ms": None})


async def tenant_now(records: Records, actor: Actor) -> Tenant:
    """The tenant with its settings as they are now, not as some worker remembers them."""
    return await records.get(Tenant, actor.tenant_id) or actor.tenant


async def check_draft(records: Records, draft: Draft, own: Sequence[Credential], actor: Actor) -> None:
    """Whether an acceptable credential may join the others: limit, kid, key, authority. Raises Refused."""
    tenant = await tenant_now(records, actor)
    new = draft.credential
    check_limit([*own, new], tenant)
    if new.kid is not None and any(row.kid == new.kid and row.key_sha256 != new.key_sha256 for row in own):
        description = "The application already has a credential with this kid."
        raise Conflict(description, error_code="credential_conflict", check="credential.kid")
    if new.certificate_authority_id is not None:
        authority = await records.get(CertificateAuthority, actor.tenant_id, new.certificate_authority_id)
        if authority is None:
            reason = "The certificate authority does not exist"
            raise InvalidField("certificate_authority_id", reason, check="credential.authority")
    if new.key_sha256 is not None:
        holders = await records.find(Credential, actor.tenant_id, where={"key_sha256": new.key_sha256})
        known = {row.id for row in holders}
        holders += [row for row in own if row.key_sha256 == new.key_sha256 and row.id not in known]
        check_key_free(
            new,
            holders,
            actor,
            sharing_allowed=allows_key_sharing(tenant),
            allow_withdrawn=draft.allow_withdrawn_key,
        )


def check_limit(credentials: Iterable[Credential], tenant: Tenant) -> None:
    """The limit per application; secrets and the rest are counted apart, so that neither crowds the other out."""
    limit = credentials_per_client_max(tenant)
    secrets = [credential.credential_type == CLIENT_SECRET for credential in credentials]
    most = max(sum(secrets), len(secrets) - sum(secrets))
    if most > limit:
        reason = f"A client can have a maximum of {limit} credentials"
        raise InvalidField("", reason, check="credential.limit")


def new_secret(client_id: str, secret: str, hasher: SecretHasher, actor: Actor) -> Credential:
    """The credential row of a secret: its keyed hash alone."""
    return Credential(
        tenant_id=actor.tenant_id,
        id=new_credential_id(),
        client_id=client_id,
        credential_type=CLIENT_SECRET,
        secret_hash=hasher.hash(secret),
        created_at_ms=actor.now_ms,
        updated_at_ms=actor.now_ms,
        created_by=actor.name,
    )


def withdrawn(credential: Credential, now_ms: int) -> Credential:
    """The row as it stays: hidden, with id, thumbprint and end, so that neither id nor key is taken for new."""
    return msgspec.structs.replace(credential, withdrawn_at_ms=now_ms, updated_at_ms=now_ms, secret_hash=None)


def secrets_among(credentials: Iterable[Credential]) -> list[Credential]:
    """The client secrets."""
    return [credential for credential in credentials if credential.credential_type == CLIENT_SECRET]

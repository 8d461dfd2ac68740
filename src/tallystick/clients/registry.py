"""The registry: the one writer of clients. Every door ends here: management, dashboard, command line, registration.

Each change is decided on what the database holds now and is kept whole or not at all (`records.Writer`). Credentials
have a registry of their own beside this one, with the same rules underneath (`credential_rows`, `usage`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from ..errors import InvalidField
from ..fields import check_create, check_update
from ..ids import new_client_id
from ..profiles import profile_of
from ..records import Decision, Json, Record, Writer
from ..tenants.settings import allows_key_sharing
from .actor import Actor
from .client import SECRET_METHODS, Client
from .consistency import check_algorithms, check_client, check_global
from .credential import Credential
from .credential_fields import ROTATE_FIELDS
from .credential_rows import (
    check_draft,
    check_limit,
    client_of,
    credentials_of,
    new_secret,
    secrets_among,
    tenant_now,
    withdrawn,
)
from .defaults import is_strict_third_party, with_defaults
from .embedded import check_ids, read_embedded
from .floor import ExemptClients, Floor, floor_of, nobody
from .inline_keys import check_held_by_one, check_one_usage, inline_keys_of
from .key_sources import without_idle_lists
from .merging import updated_client
from .metadata import CLIENT_FIELDS, RECORD_FIELDS
from .profile_fit import Fitted, check_fit
from .quota import NO_QUOTAS, Quotas, check_quota
from .secrets import SecretHasher, generate_secret
from .sector_documents import Listed, SectorDocuments, check_listed
from .switch import check_exclusive, switched
from .usage import check_references, check_shared_keys

Dependants = Callable[[str, str], Awaitable[Sequence[Record]]]
"""(tenant_id, client_id) → records of other rooms that go when the client goes, such as its grants."""

KnowsApi = Callable[[str, str], Awaitable[bool]]
"""(tenant_id, identifier) → whether there is such an API; `apis` is a neighbour, so whoever wires hands it in."""

Aftermath = Callable[[str, str, int], Awaitable[None]]
"""(tenant_id, client_id, now_ms): takes back what people gave a client that is gone, such as its tokens."""


class ClientResult(msgspec.Struct, frozen=True, kw_only=True):
    """A client as it is now, and what is told once."""

    client: Client
    secret: str | None = None
    """The secret that this change generated or set; it cannot be read again."""
    told: tuple[str, ...] = ()
    """What was done or noticed beside what was asked."""


class ClientRegistry:
    """Creates, changes and removes clients."""

    def __init__(
        self,
        writer: Writer,
        hasher: SecretHasher,
        dependants: Sequence[Dependants] = (),
        quotas: Quotas = NO_QUOTAS,
        on_delete: Sequence[Aftermath] = (),
        *,
        sectors: SectorDocuments,
        exempt: ExemptClients = nobody,
        knows_api: KnowsApi | None = None,
    ) -> None:
        self._writer = writer
        self._records = writer.records
        self._hasher = hasher
        self._dependants = tuple(dependants)
        self._quotas = quotas
        self._on_delete = tuple(on_delete)
        self._sectors = sectors
        self._exempt = exempt
        self._knows_api = knows_api

    async def get(self, tenant_id: str, client_id: str) -> Client:
        """One client; raises NotFound ``inexistent_client``."""
        return await client_of(self._records, tenant_id, client_id)

    async def list(
        self, tenant_id: str, where: Mapping[str, object], offset: int = 0, limit: int | None = None
    ) -> list[Client]:
        """Clients in the order they were made; ``where`` as in :meth:`records.Records.find`."""
        return await self._records.find(Client, tenant_id, where=where, offset=offset, limit=limit)

    async def count(self, tenant_id: str, where: Mapping[str, object]) -> int:
        """How many :meth:`list` would give."""
        return await self._records.count(Client, tenant_id, where=where)

    async def create(self, actor: Actor, body: Json) -> ClientResult:
        """A new client, with the credentials its body brings, and a secret if it uses one. Raises Refused."""

        async def decide(listed: Listed) -> Decision[ClientResult]:
            values = without_idle_lists(check_create(CLIENT_FIELDS, body))
            check_exclusive(values)
            floor = await self._floor(actor)
            values = with_defaults(values, body, profile_of(values.get("compliance_level"), floor.name))
            client_id = new_client_id(third_party=is_strict_third_party(values))
            values, drafts = read_embedded(values, client_id, actor)
            client = _client(actor, client_id, values)
            check_client(client)
            check_listed(client, None, listed)
            credentials: list[Credential] = []
            for draft in drafts:
                await check_draft(self._records, draft, credentials, actor)
                credentials.append(draft.credential)
            said = await self._check_credentials(actor, client, credentials)
            unmet = check_fit(_fitted(client, credentials, floor, actor))
            secret = generate_secret() if client.authentication_method in SECRET_METHODS else None
            if secret is not None:
                credentials.append(new_secret(client_id, secret, self._hasher, actor))
            await self._check_quota(actor, clients=1, credentials=len(credentials))
            warned = (warning for draft in drafts for warning in draft.warnings)
            told = (*warned, *said, *unmet, *await self._warned_of_api(client))
            event = actor.event("Create a client", target=client_id, name=client.name, credentials=_ids(credentials))
            return Decision(
                ClientResult(client=client, secret=secret, told=told), saves=(client, *credentials), events=(event,)
            )

        return await self._carried_out(actor, decide)

    async def update(self, actor: Actor, client_id: str, body: Json) -> ClientResult:
        """The client with the members of ``body`` laid over it. Raises Refused."""

        async def decide(listed: Listed) -> Decision[ClientResult]:
            values = without_idle_lists(check_update(CLIENT_FIELDS, body))
            check_ids(values)
            before = await client_of(self._records, actor.tenant_id, client_id)
            check_global(before, values)
            switch = switched(before, values, updated_client(before, values, actor.now_ms))
            after = updated_client(before, switch.update, actor.now_ms)
            check_client(after)
            check_listed(after, before, listed)
            own = await credentials_of(self._records, actor.tenant_id, client_id)
            said = await self._check_credentials(actor, after, own, before)
            floor = await self._floor(actor)
            unmet = check_fit(_fitted(after, own, floor, actor), _fitted(before, own, floor, actor))
            secrets = secrets_among(own)
            live = [row for row in secrets if row.is_live(actor.now_ms)]
            secret: str | None = values.get("client_secret")
            if switch.needs_secret and secret is None and not live:
                secret = generate_secret()
            ended = secrets if switch.ends_secrets or values.get("client_secret") is not None else []
            saves: list[Record] = [after, *(withdrawn(row, actor.now_ms) for row in ended)]
            if secret is not None:
                saves.append(new_secret(client_id, secret, self._hasher, actor))
                await self._check_quota(actor, credentials=1 - len(ended))
            told = (*(switch.told if ended or not switch.ends_secrets else switch.told[1:]), *said, *unmet)
            event = actor.event("Update a client", target=client_id, fields=sorted(body), told=list(told))
            return Decision(ClientResult(client=after, secret=secret, told=told), saves=saves, events=(event,))

        return await self._carried_out(actor, decide)

    async def _warned_of_api(self, client: Client) -> tuple[str, ...]:
        """A slash too many makes every token a stranger's at introspection, without any error. Told and not refused:
        tools may make the API afterwards."""
        identifier = client.metadata.get("resource_server_identifier")
        if identifier is None or self._knows_api is None or await self._knows_api(client.tenant_id, identifier):
            return ()
        return (f"resource_server_identifier: there is no API with exactly this identifier yet: {identifier[:200]}",)

    async def rotate_secret(self, actor: Actor, client_id: str, body: Json) -> ClientResult:
        """One more secret; the others end at once, or after ``overlap_s`` seconds. Raises Refused."""

        async def decide() -> Decision[ClientResult]:
            overlap_ms = 1000 * check_create(ROTATE_FIELDS, body)["overlap_s"]
            client = await client_of(self._records, actor.tenant_id, client_id)
            _check_uses_secret(client)
            secret = generate_secret()
            new = new_secret(client_id, secret, self._hasher, actor)
            own = secrets_among(await credentials_of(self._records, actor.tenant_id, client_id))
            ended = [_ended(row, actor.now_ms, overlap_ms) for row in own]
            live = [row for row in ended if row.withdrawn_at_ms is None]
            check_limit([new, *live], await tenant_now(self._records, actor))
            await self._check_quota(actor, credentials=1 - (len(ended) - len(live)))
            event = actor.event("Rotate a client secret", target=client_id, credential_id=new.id, ended=_ids(ended))
            return Decision(ClientResult(client=client, secret=secret), saves=(*ended, new), events=(event,))

        return await self._writer.carry_out(actor.tenant_id, decide)

    async def delete(self, actor: Actor, client_id: str) -> None:
        """The client and what depends on it are gone; its credentials stay as withdrawn rows. Raises Refused."""

        async def decide() -> Decision[None]:
            client = await client_of(self._records, actor.tenant_id, client_id)
            if client.is_global:
                raise InvalidField("", "The global client cannot be deleted", check="client.global")
            own = await credentials_of(self._records, actor.tenant_id, client_id)
            gone = [row for find in self._dependants for row in await find(actor.tenant_id, client_id)]
            return Decision(
                None,
                saves=[withdrawn(row, actor.now_ms) for row in own],
                erasures=(client, *gone),
                events=(actor.event("Delete a client", target=client_id, name=client.name, credentials=_ids(own)),),
            )

        await self._writer.carry_out(actor.tenant_id, decide)
        for forget in self._on_delete:
            await forget(actor.tenant_id, client_id, actor.now_ms)

    async def _carried_out(
        self, actor: Actor, decide: Callable[[Listed], Awaitable[Decision[ClientResult]]]
    ) -> ClientResult:
        """What is decided, carried out; the tenant's other changes do not wait while a sector's document is read."""
        return await self._sectors.judged(
            lambda listed: self._writer.carry_out(actor.tenant_id, partial(decide, listed))
        )

    async def _floor(self, actor: Actor) -> Floor:
        return await floor_of(await tenant_now(self._records, actor), self._exempt)

    async def _check_quota(self, actor: Actor, *, clients: int = 0, credentials: int) -> None:
        tenant = await tenant_now(self._records, actor)
        await check_quota(self._records, tenant, self._quotas, clients=clients, credentials=max(credentials, 0))

    async def _check_credentials(
        self, actor: Actor, client: Client, credentials: Sequence[Credential], before: Client | None = None
    ) -> tuple[str, ...]:
        """Rules between a client's references and the rows they name; what is to be said of certificates in it."""
        own = {row.id: row for row in credentials}
        inline = tuple(inline_keys_of(client, before, actor.now_ms))
        said = tuple(f"{one.path}: {warning}" for one in inline for warning in one.warnings)
        check_one_usage(inline, check_references(client, own))
        check_algorithms(client, own, inline)
        keys = {row.key_sha256 for row in credentials if row.key_sha256 is not None}
        keys |= {one.key.key_sha256 for one in inline}
        if not keys:
            return said
        sharing = await self._records.find(Credential, client.tenant_id, where={"key_sha256": tuple(sorted(keys))})
        others = [row for row in sharing if row.client_id != client.client_id and row.withdrawn_at_ms is None]
        if inline and not allows_key_sharing(await tenant_now(self._records, actor)):
            check_held_by_one(inline, others, actor)
        ids = tuple(sorted({row.client_id for row in others}))
        clients = await self._records.find(Client, client.tenant_id, where={"client_id": ids}) if ids else []
        check_shared_keys(client, own, others, {row.client_id: row for row in clients})
        return said


def _client(actor: Actor, client_id: str, values: Json) -> Client:
    return Client(
        tenant_id=actor.tenant_id,
        client_id=client_id,
        name=values["name"],
        app_type=values.get("app_type"),
        is_first_party=values["is_first_party"],
        metadata={name: value for name, value in values.items() if name not in RECORD_FIELDS},
        created_at_ms=actor.now_ms,
        updated_at_ms=actor.now_ms,
    )


def _fitted(client: Client, credentials: Sequence[Credential], floor: Floor, actor: Actor) -> Fitted:
    own = {row.id: row for row in credentials}
    return Fitted(client=client, profile=floor.profile_for(client), own=own, now_ms=actor.now_ms)


def _check_uses_secret(client: Client) -> None:
    if client.is_global or client.authentication_method not in SECRET_METHODS:
        reason = f"The client authenticates by {client.authentication_method}, so it has no client secret"
        raise InvalidField("", reason, check="secret.method")


def _ended(secret: Credential, now_ms: int, overlap_ms: int) -> Credential:
    """A secret of before: ended now, or a while from now if it lives that long."""
    ends_ms = now_ms + overlap_ms
    if overlap_ms == 0 or (secret.expires_at_ms is not None and secret.expires_at_ms <= now_ms):
        return withdrawn(secret, now_ms)
    if secret.expires_at_ms is not None and secret.expires_at_ms <= ends_ms:
        return secret
    return msgspec.structs.replace(secret, expires_at_ms=ends_ms, updated_at_ms=now_ms)


def _ids(credentials: Sequence[Credential]) -> Any:
    return [credential.id for credential in credentials]

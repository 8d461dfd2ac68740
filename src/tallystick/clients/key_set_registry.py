"""The key sets of one client, for whoever administers it: what is known of each, and a fetch by hand."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ..records import Decision, Writer
from .actor import Actor
from .client import CERTIFICATE_USAGE, SOURCED_USAGES, Client
from .credential_rows import client_of
from .key_set import KeySet
from .key_sets import KeySets
from .set_key import SetKey, stored_keys
from .usage import use_of_usage


class UsageKeys(msgspec.Struct, frozen=True, kw_only=True):
    """The JWK Set of one usage."""

    usage: str
    url: str | None
    """None where the keys stand in the client itself."""
    record: KeySet | None
    """What the address answered last; None when it was never asked."""
    keys: tuple[SetKey, ...]
    """Those that serve this usage; for ``self_signed_tls_client_auth`` those with a certificate."""


class KeySetRegistry:
    """Shows and refreshes."""

    def __init__(self, writer: Writer, key_sets: KeySets) -> None:
        self._writer = writer
        self._key_sets = key_sets

    async def list(self, tenant_id: str, client_id: str, now_ms: int) -> Sequence[UsageKeys]:
        """Every usage whose keys come as a set. Raises NotFound for the client."""
        return await self._sets_of(await client_of(self._writer.records, tenant_id, client_id), now_ms)

    async def refresh(self, actor: Actor, client_id: str) -> Sequence[UsageKeys]:
        """The same after a fetch of each address; one that was asked a moment ago is not asked again.

        What was found holds in every worker at once, since the tenant's revision rises.
        """
        client = await client_of(self._writer.records, actor.tenant_id, client_id)
        urls = list(dict.fromkeys(url for usage in SOURCED_USAGES if (url := client.jwks_uri(usage)) is not None))
        for url in urls:
            await self._key_sets.refresh(client, url, actor.now_ms)

        async def decide() -> Decision[None]:
            return Decision(None, events=(actor.event("Refresh a client's key sets", target=client_id, urls=urls),))

        await self._writer.carry_out(actor.tenant_id, decide)
        return await self._sets_of(client, actor.now_ms)

    async def _sets_of(self, client: Client, now_ms: int) -> Sequence[UsageKeys]:
        found = []
        for usage in SOURCED_USAGES:
            url, record, jwks = client.jwks_uri(usage), None, client.inline_keys(usage)
            if url is None and not jwks:
                continue
            if url is not None:
                record = (await self._key_sets.kept(client, url, now_ms)).record
                jwks = record.keys if record is not None else []
            read = stored_keys(jwks, client_id=client.client_id)
            with_all = usage != CERTIFICATE_USAGE
            keys = tuple(
                key for key in read if key.use == use_of_usage(usage) and (with_all or key.certificate is not None)
            )
            found.append(UsageKeys(usage=usage, url=url, record=record, keys=keys))
        return found

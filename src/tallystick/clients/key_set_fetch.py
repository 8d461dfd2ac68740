"""One fetch of a key set by address: what the address answered, and which of its keys are taken."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from ..events import Event, EventType
from ..outbound.freshness import fresh_ms
from ..outbound.guarded import Fetched, Fetcher, FetchFailed
from ..records import Json
from .client import Client
from .jwk_set import SET_BYTES_MAX, SetUnusable, read_document
from .key_set import KeySet
from .key_set_life import FRESH_MS_DEFAULT, FRESH_MS_MAX, FRESH_MS_MIN
from .set_key import SetKey

ACCEPT = "application/jwk-set+json, application/json"
"""RFC 7517 8.5.2, and what most servers call it."""


async def fetched(fetcher: Fetcher, claim: KeySet, now_ms: int) -> KeySet:
    """The claimed record with what its address answered; where that is no use, with why."""
    try:
        answer = await fetcher.get(claim.url, tenant_id=claim.tenant_id, accept=ACCEPT, bytes_max=SET_BYTES_MAX)
        keys, refused = await _read(answer, now_ms)
    except (FetchFailed, SetUnusable) as failure:
        return replace(claim, last_error=f"{failure.reason}: {failure}")
    fresh_for_ms = fresh_ms(answer.headers, ms_min=FRESH_MS_MIN, ms_max=FRESH_MS_MAX, unsaid_ms=FRESH_MS_DEFAULT)
    return replace(
        claim,
        keys=[key.jwk for key in keys],
        refused=refused,
        fetched_at_ms=now_ms,
        fresh_until_ms=now_ms + fresh_for_ms,
        last_error=None,
    )


async def _read(answer: Fetched, now_ms: int) -> tuple[list[SetKey], list[Json]]:
    if answer.status != 200:
        raise SetUnusable("status", f"It answered {answer.status}.")
    # Weak keys are looked for with big numbers: a hundred of them would hold everybody else up.
    return await asyncio.to_thread(read_document, answer.content, now_ms)


def failed_event(client: Client, record: KeySet, now_ms: int) -> Event:
    """The log row about an attempt that brought nothing."""
    return Event(
        tenant_id=client.tenant_id,
        type=EventType.KEY_SET_FAILED,
        at_ms=now_ms,
        description="The key set could not be fetched",
        client_id=client.client_id,
        client_name=client.name,
        details={"url": record.url, "reason": record.last_error, "fetched_at_ms": record.fetched_at_ms},
    )

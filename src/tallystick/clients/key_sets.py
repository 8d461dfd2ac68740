"""Key sets by address: fetched through the guarded client, kept in the database, remembered in each worker.

A token request with a known ``kid`` asks neither network nor database while the set is fresh (`key_set_life`). All who
wait for one address wait for one fetch: inside a worker they share it, and between workers whoever writes the record
first has claimed it. So a stranger's ``kid`` costs a fetch every ten seconds at most, and nobody who names a known one
waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from contextlib import suppress

import msgspec
import structlog
from msgspec.structs import replace

from ..errors import Conflict
from ..live import LiveRecords
from ..outbound.flights import Flights
from ..outbound.guarded import Fetcher
from ..recent import Recent
from ..records import Revisions, Stale
from .client import Client
from .key_set import KeySet
from .key_set_fetch import failed_event, fetched
from .key_set_life import KEPT_MS, Step, claimed, is_asked_for, is_usable, next_step
from .key_set_views import Elsewhere, KeySetViews
from .loaded_set import LoadedSet, loaded_set

REMEMBERED_MS = 60_000
"""How long a worker goes without a look at the record: others may have fetched a newer set meanwhile."""
KEYS_REMEMBERED_MAX = 20_000
"""In all sets together; one without keys counts as one. Parsed, a key of 2048 bits takes some 6 kB."""
_LOOK_EVERY_S = 0.1
_LOOKS_MAX = 110
"""A little longer than the guarded client may take."""
_log = structlog.get_logger(__name__)


class _Entry(msgspec.Struct, frozen=True):
    revision: int
    read_at_ms: int
    loaded: LoadedSet


class KeySets:
    """Finds key sets by their address."""

    def __init__(self, live: LiveRecords, revisions: Revisions, fetcher: Fetcher, elsewhere: Elsewhere) -> None:
        self._live = live
        self._revisions = revisions
        self._fetcher = fetcher
        self._views = KeySetViews(revisions, elsewhere)
        self._entries: Recent[tuple[str, str], _Entry] = Recent(KEYS_REMEMBERED_MAX)
        self._flights: Flights[LoadedSet] = Flights(_not_refreshed)

    async def get(
        self, client: Client, url: str, kid: str | None, now_ms: int, *, thumbprint: str | None = None
    ) -> LoadedSet:
        """The set at ``url``, which ``client`` names, as it may use it; asked for anew where the set's life says so.

        ``kid`` and ``thumbprint``: the key or the certificate that is wanted, where one is known by name.
        """
        loaded = await self._current(client, url, kid, thumbprint, now_ms)
        return await self._views.seen_by(client, url, loaded, now_ms)

    async def _current(
        self, client: Client, url: str, kid: str | None, thumbprint: str | None, now_ms: int
    ) -> LoadedSet:
        loaded = self._remembered(client.tenant_id, url, now_ms)
        if loaded is None:
            loaded = await self._read(client.tenant_id, url, now_ms)
        has_key = loaded.has(kid, thumbprint)
        step = next_step(loaded.record, has_key=has_key, now_ms=now_ms)
        if step is Step.USE and not _is_awaited(loaded.record, has_key=has_key, now_ms=now_ms):
            return loaded
        flight = self._flight(client, url, now_ms)
        return loaded if step is Step.USE_AND_REFRESH else await asyncio.shield(flight)

    async def refresh(self, client: Client, url: str, now_ms: int) -> None:
        """Fetch the set once more, however fresh it was; the floor holds here too."""
        loaded = await self._read(client.tenant_id, url, now_ms)
        if next_step(loaded.record, has_key=False, now_ms=now_ms) is not Step.USE:
            await asyncio.shield(self._flight(client, url, now_ms))

    async def kept(self, client: Client, url: str, now_ms: int) -> LoadedSet:
        """The set as the database has it, as ``client`` may use it; nothing is fetched."""
        return await self._views.seen_by(client, url, await self._read(client.tenant_id, url, now_ms), now_ms)

    async def close(self) -> None:
        """Let go of what is under way."""
        await self._flights.close()

    def _remembered(self, tenant_id: str, url: str, now_ms: int) -> LoadedSet | None:
        entry = self._entries.get((tenant_id, url))
        if entry is None or entry.revision != self._revisions.known(tenant_id):
            return None
        return entry.loaded if 0 <= now_ms - entry.read_at_ms < REMEMBERED_MS else None

    async def _read(self, tenant_id: str, url: str, now_ms: int) -> LoadedSet:
        revision = self._revisions.known(tenant_id)
        record = await self._live.get(KeySet, tenant_id, url)
        entry = self._entries.get((tenant_id, url))
        is_known = entry is not None and entry.loaded.record == record
        loaded = entry.loaded if entry is not None and is_known else loaded_set(record)
        self._remember(tenant_id, url, revision, now_ms, loaded)
        return loaded

    def _remember(self, tenant_id: str, url: str, revision: int | None, now_ms: int, loaded: LoadedSet) -> None:
        if revision is not None:
            self._entries.keep((tenant_id, url), _Entry(revision, now_ms, loaded), max(1, len(loaded.set_keys)))

    def _flight(self, client: Client, url: str, now_ms: int) -> asyncio.Task[LoadedSet]:
        """The one fetch of this worker that is under way for the address, or a new one."""
        return self._flights.to((client.tenant_id, url), client.tenant_id, lambda: self._fly(client, url, now_ms))

    async def _fly(self, client: Client, url: str, now_ms: int) -> LoadedSet:
        tenant_id = client.tenant_id
        record = await self._live.get(KeySet, tenant_id, url)
        if next_step(record, has_key=False, now_ms=now_ms) is Step.USE:
            return await self._of_another(tenant_id, url, now_ms)
        before = record or KeySet(tenant_id=tenant_id, url=url, purge_at_ms=now_ms + KEPT_MS)
        claim = claimed(before, now_ms)
        try:
            await self._live.write(saves=(claim,))
        except (Stale, Conflict):
            return await self._of_another(tenant_id, url, now_ms)
        settled = await fetched(self._fetcher, replace(claim, version=claim.version + 1), now_ms)
        events = () if settled.last_error in (None, before.last_error) else (failed_event(client, settled, now_ms),)
        with suppress(Stale):  # whoever thought this worker was killed has asked again, and what it got counts
            await self._live.write(saves=(settled,), events=events)
        return await self._read(tenant_id, url, now_ms)

    async def _of_another(self, tenant_id: str, url: str, now_ms: int) -> LoadedSet:
        """What another worker's fetch brings, once it is there."""
        for _ in range(_LOOKS_MAX):
            loaded = await self._read(tenant_id, url, now_ms)
            if loaded.record is None or not is_asked_for(loaded.record, now_ms):
                break
            await asyncio.sleep(_LOOK_EVERY_S)
        return loaded


def _is_awaited(record: KeySet | None, *, has_key: bool, now_ms: int) -> bool:
    """Whether another worker is fetching what is missing here."""
    if record is None or (has_key and is_usable(record, now_ms)):
        return False
    return is_asked_for(record, now_ms)


def _not_refreshed(place: Hashable, problem: BaseException) -> None:
    # Whoever waits has it as well; in the background nobody does.
    _log.warning("key_set.not_refreshed", place=place, problem=type(problem).__name__)

"""Key sets by address: fetched through the guarded client, kept in the database, remembered in each worker.

A token request with a known ``kid`` asks neither network nor database while the set is fresh (`key_set_life`). All who
wait for one address wait for one fetch: inside a worker they share it, and between workers whoever writes the record
first has claimed it. So a stranger's ``kid`` costs a fetch every ten seconds at most, and nobody who names a known one
waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

import msgspec
import structlog
from msgspec.structs import replace

from ..errors import Conflict, Refused
from ..events import Event, EventType
from ..live import LiveRecords
from ..outbound.guarded import Fetched, FetchFailed
from ..records import Revisions, Stale
from .client import Client
from .jwk_set import REFUSED_MAX, SET_BYTES_MAX, SetKey, SetUnusable, loaded_keys, read_document, stored_key, told
from .key_set import KeySet
from .key_set_life import KEPT_MS, Step, claimed, fresh_ms, is_asked_for, is_usable, next_step
from .loaded_key import LoadedKey

REMEMBERED_MS = 60_000
"""How long a worker goes without a look at the record: others may have fetched a newer set meanwhile."""
ENTRIES_MAX = 5_000
_LOOK_EVERY_S = 0.1
_LOOKS_MAX = 110
"""A little longer than the guarded client may take."""
_ACCEPT = "application/jwk-set+json, application/json"
_log = structlog.get_logger(__name__)


class Fetcher(Protocol):
    """What `outbound.guarded.GuardedClient` offers."""

    async def get(self, url: str, *, accept: str, bytes_max: int, redirects_max: int) -> Fetched:
        """The answer; raises FetchFailed."""
        ...


Elsewhere = Callable[[Client, str, list[SetKey]], Awaitable[Mapping[str, str]]]
"""(client, url, keys) → by ``key_sha256`` the check for keys that may not serve, since they serve something else."""


class LoadedSet(msgspec.Struct, frozen=True, kw_only=True):
    """A key set with its keys parsed."""

    record: KeySet | None
    by_use: Mapping[str, tuple[LoadedKey, ...]] = {}
    kids: frozenset[str] = frozenset()

    def has(self, kid: str | None) -> bool:
        """Whether there is a key by this name; True when none is named."""
        return kid is None or kid in self.kids

    def keys_for(self, use: str, now_ms: int) -> tuple[LoadedKey, ...]:
        """The keys for ``sig`` or ``enc``; none once the set is too old."""
        if self.record is None or not is_usable(self.record, now_ms):
            return ()
        return self.by_use.get(use, ())


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
        self._elsewhere = elsewhere
        self._entries: dict[tuple[str, str], _Entry] = {}
        self._flights: dict[tuple[str, str], asyncio.Task[LoadedSet]] = {}

    async def get(self, client: Client, url: str, kid: str | None, now_ms: int) -> LoadedSet:
        """The set at ``url``, which ``client`` names; asked for anew where the life of the set says so."""
        loaded = self._remembered(client.tenant_id, url, now_ms)
        if loaded is None:
            loaded = await self._read(client.tenant_id, url, now_ms)
        step = next_step(loaded.record, has_key=loaded.has(kid), now_ms=now_ms)
        if step is Step.USE and not self._is_awaited(loaded, kid, now_ms):
            return loaded
        flight = self._flight(client, url, now_ms)
        return loaded if step is Step.USE_AND_REFRESH else await asyncio.shield(flight)

    async def refreshed(self, client: Client, url: str, now_ms: int) -> LoadedSet:
        """The set after one more fetch, however fresh it was; the floor holds here too."""
        loaded = await self._read(client.tenant_id, url, now_ms)
        if next_step(loaded.record, has_key=False, now_ms=now_ms) is Step.USE:
            return loaded
        return await asyncio.shield(self._flight(client, url, now_ms))

    async def kept(self, tenant_id: str, url: str, now_ms: int) -> LoadedSet:
        """The set as the database has it; nothing is fetched."""
        return await self._read(tenant_id, url, now_ms)

    async def close(self) -> None:
        """Let go of what is under way."""
        for task in list(self._flights.values()):
            task.cancel()
        await asyncio.gather(*self._flights.values(), return_exceptions=True)

    def _is_awaited(self, loaded: LoadedSet, kid: str | None, now_ms: int) -> bool:
        """Whether another worker is fetching what is missing here."""
        record = loaded.record
        is_lacking = record is not None and not (is_usable(record, now_ms) and loaded.has(kid))
        return is_lacking and record is not None and is_asked_for(record, now_ms)

    def _remembered(self, tenant_id: str, url: str, now_ms: int) -> LoadedSet | None:
        entry = self._entries.get((tenant_id, url))
        if entry is None or entry.revision != self._revisions.known(tenant_id):
            return None
        return entry.loaded if 0 <= now_ms - entry.read_at_ms < REMEMBERED_MS else None

    async def _read(self, tenant_id: str, url: str, now_ms: int) -> LoadedSet:
        revision = self._revisions.known(tenant_id)
        record = await self._live.get(KeySet, tenant_id, url)
        entry = self._entries.get((tenant_id, url))
        same = entry is not None and record is not None and entry.loaded.record == record
        loaded = entry.loaded if same and entry is not None else _loaded(record)
        self._remember(tenant_id, url, revision, now_ms, loaded)
        return loaded

    def _remember(self, tenant_id: str, url: str, revision: int | None, now_ms: int, loaded: LoadedSet) -> None:
        if revision is None:
            return
        self._entries.pop((tenant_id, url), None)
        if len(self._entries) >= ENTRIES_MAX:
            self._entries.pop(next(iter(self._entries)))
        self._entries[(tenant_id, url)] = _Entry(revision, now_ms, loaded)

    def _flight(self, client: Client, url: str, now_ms: int) -> asyncio.Task[LoadedSet]:
        """The one fetch of this worker that is under way for the address, or a new one."""
        place = (client.tenant_id, url)
        flight = self._flights.get(place)
        if flight is None:
            flight = self._flights[place] = asyncio.create_task(self._fly(client, url, now_ms))
            flight.add_done_callback(lambda done: self._landed(place, done))
        return flight

    def _landed(self, place: tuple[str, str], flight: asyncio.Task[LoadedSet]) -> None:
        self._flights.pop(place, None)
        if not flight.cancelled() and (problem := flight.exception()) is not None:
            # Whoever waits has it as well; in the background nobody does.
            _log.warning("key_set.not_refreshed", url=place[1], problem=type(problem).__name__)

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
        settled = await self._asked(client, replace(claim, version=claim.version + 1), now_ms)
        events = () if settled.last_error in (None, before.last_error) else (_failed(client, settled, now_ms),)
        try:
            await self._live.write(saves=(settled,), events=events)
        except Stale:
            return await self._read(tenant_id, url, now_ms)
        return await self._read(tenant_id, url, now_ms)

    async def _of_another(self, tenant_id: str, url: str, now_ms: int) -> LoadedSet:
        """What another worker's fetch brings, once it is there."""
        for _ in range(_LOOKS_MAX):
            loaded = await self._read(tenant_id, url, now_ms)
            if loaded.record is None or not is_asked_for(loaded.record, now_ms):
                break
            await asyncio.sleep(_LOOK_EVERY_S)
        return loaded

    async def _asked(self, client: Client, claim: KeySet, now_ms: int) -> KeySet:
        """The claimed record with what the address answered."""
        try:
            answer = await self._fetcher.get(claim.url, accept=_ACCEPT, bytes_max=SET_BYTES_MAX, redirects_max=0)
            if answer.status != 200:
                raise SetUnusable("status", f"It answered {answer.status}.")
            # Weak keys are looked for with big numbers: a hundred of them would hold everybody else up.
            keys, refused = await asyncio.to_thread(read_document, answer.content)
        except (FetchFailed, SetUnusable) as failure:
            return replace(claim, last_error=f"{failure.reason}: {failure}")
        elsewhere = await self._elsewhere(client, claim.url, keys)
        refused += [
            told(key.kid, check) for key in keys if (check := elsewhere.get(key.public_key.spki_sha256)) is not None
        ]
        return replace(
            claim,
            keys=[key.jwk for key in keys if key.public_key.spki_sha256 not in elsewhere],
            refused=refused[:REFUSED_MAX],
            fetched_at_ms=now_ms,
            fresh_until_ms=now_ms + fresh_ms(answer.headers),
            last_error=None,
        )


def _loaded(record: KeySet | None) -> LoadedSet:
    if record is None:
        return LoadedSet(record=None)
    keys = [key for jwk in record.keys if (key := _stored(jwk)) is not None]
    by_use = {use: loaded_keys(record.tenant_id, "", (key for key in keys if key.use == use)) for use in ("sig", "enc")}
    return LoadedSet(record=record, by_use=by_use, kids=frozenset(key.kid for key in keys if key.kid is not None))


def _stored(jwk: dict[str, object]) -> SetKey | None:
    try:
        return stored_key(jwk)
    except Refused:
        return None


def _failed(client: Client, record: KeySet, now_ms: int) -> Event:
    return Event(
        tenant_id=client.tenant_id,
        type=EventType.KEY_SET_FAILED,
        at_ms=now_ms,
        description="The key set could not be fetched",
        client_id=client.client_id,
        client_name=client.name,
        details={"url": record.url, "reason": record.last_error, "fetched_at_ms": record.fetched_at_ms},
    )

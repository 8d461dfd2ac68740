"""Key sets as each client may use them: without the keys that already serve something else.

Several clients may name one address, and what else a key serves is a question of each: so it is asked for each of them,
of one record that says nothing about anybody. A worker remembers the answer as long as the set and the tenant's
configuration stay as they are, at most a minute.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping

import msgspec

from ..recent import Recent
from ..records import Revisions
from .client import Client
from .loaded_set import LoadedSet, without

REMEMBERED_MS = 60_000
"""Another set of the same client may have been fetched meanwhile, which no revision tells."""
KEYS_REMEMBERED_MAX = 20_000
"""In all views together, as in `key_sets`: a view holds the set that it was made of."""

Elsewhere = Callable[[Client, str, Collection[str]], Awaitable[Mapping[str, str]]]
"""(client, url, ``key_sha256`` of keys) → by it the check for keys that may not serve, since they serve something
else: `key_holders`."""


class _View(msgspec.Struct, frozen=True):
    revision: int
    looked_at_ms: int
    of: LoadedSet
    seen: LoadedSet

    def holds(self, loaded: LoadedSet, revision: int | None, now_ms: int) -> bool:
        return self.of is loaded and self.revision == revision and 0 <= now_ms - self.looked_at_ms < REMEMBERED_MS


class KeySetViews:
    """What of a set is for whom."""

    def __init__(self, revisions: Revisions, elsewhere: Elsewhere) -> None:
        self._revisions = revisions
        self._elsewhere = elsewhere
        self._views: Recent[tuple[str, str, str], _View] = Recent(KEYS_REMEMBERED_MAX)

    async def seen_by(self, client: Client, url: str, loaded: LoadedSet, now_ms: int) -> LoadedSet:
        """``loaded``, which is the set at ``url``, as ``client`` may use it."""
        place = (client.tenant_id, client.client_id, url)
        revision = self._revisions.known(client.tenant_id)
        view = self._views.get(place)
        if view is not None and view.holds(loaded, revision, now_ms):
            return view.seen
        wanted = {key.key_sha256 for key in loaded.set_keys}
        seen = without(loaded, await self._elsewhere(client, url, wanted)) if wanted else loaded
        if revision is not None:
            self._views.keep(place, _View(revision, now_ms, loaded, seen), max(1, len(loaded.set_keys)))
        return seen

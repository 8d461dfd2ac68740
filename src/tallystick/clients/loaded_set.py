"""A key set by address with its keys parsed, ready to use. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from .key_set import KeySet
from .key_set_life import is_usable
from .loaded_key import LoadedKey, loaded_keys
from .set_key import stored_keys


class LoadedSet(msgspec.Struct, frozen=True, kw_only=True):
    """What one address answered last; ``record`` None: it was never asked."""

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


def loaded_set(record: KeySet | None) -> LoadedSet:
    """The set of a record."""
    if record is None:
        return LoadedSet(record=None)
    keys = tuple(stored_keys(record.keys, url=record.url))
    by_use = {use: loaded_keys(record.tenant_id, "", (key for key in keys if key.use == use)) for use in ("sig", "enc")}
    return LoadedSet(record=record, by_use=by_use, kids=frozenset(key.kid for key in keys if key.kid is not None))

"""The key set as fetched from a client's ``jwks_uri``, kept so that every worker and every restart may use it."""

from __future__ import annotations

import msgspec

from ..live import LiveRecord
from ..records import Json


class KeySet(LiveRecord, frozen=True, kw_only=True):
    """What one address answered last. Keys that our rules refuse are left out and told of in ``refused``."""

    url: str
    keys: list[Json] = msgspec.field(default_factory=list)
    """Public JWKs, each accepted by the same rules as at upload."""
    refused: list[Json] = msgspec.field(default_factory=list)
    """``kid`` and the failing check of each key that was not taken."""
    fetched_at_ms: int | None = None
    """When an answer could be used last; None when none ever could."""
    fresh_until_ms: int = 0
    """Until then it is not asked for again, unless a ``kid`` is not in it."""
    attempted_at_ms: int = 0
    """When it was asked for last, whatever came of it."""
    last_error: str | None = None
    """Why the last attempt failed; None when it did not."""
    purge_at_ms: int

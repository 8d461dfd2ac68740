"""The pending authorization: a request that waits while a person signs in or decides, step by step."""

from __future__ import annotations

import msgspec

from ..live import LiveRecord
from ..records import Json

PENDING_LIFE_MS = 3_600_000
"""How long a person may take."""
BROWSER_PURPOSE = "browser"
"""Under which the hash of the browser's cookie is made (see `handles`)."""


class PendingAuthorization(LiveRecord, frozen=True, kw_only=True):
    """One request under way in one browser. Pages name it by ``id``, and only that browser may go on with it.

    The parameters are judged anew by every check when the browser comes back: what was withdrawn meanwhile is refused.
    """

    id: str
    browser_hash: str
    """Of the browser's own cookie."""
    client_id: str
    parameters: dict[str, str]
    """The authorization request as it came, without ``id_token_hint``."""
    provenance: Json | None = None
    """How the request came in (see `authorization.provenance`); None: by the browser."""
    progress: Json = msgspec.field(default_factory=dict)
    """What the person did since: see `authorization.progress`."""
    user_id: str | None = None
    """Who passed the first factor in it and still owes a second; nobody is signed in by that."""
    created_at_ms: int
    expires_at_ms: int
    purge_at_ms: int

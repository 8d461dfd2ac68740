"""The pushed request: what an authenticated client asked for ahead of the browser (RFC 9126), until it is answered."""

from __future__ import annotations

import msgspec

from ..handles import HandleHasher
from ..live import LiveRecord
from ..records import Json

REQUEST_URI_PREFIX = "urn:ietf:params:oauth:request_uri:"
"""RFC 9126 2.2."""
PUSHED_PURPOSE = "pushed request"
"""Under which the hash of its handle is made (see `handles`)."""


def pushed_id_of(handles: HandleHasher, tenant_id: str, handle: str) -> str:
    """What the database keeps of a handle: the part of ``request_uri`` behind :data:`REQUEST_URI_PREFIX`."""
    return handles.digest(PUSHED_PURPOSE, tenant_id, handle)


class PushedRequest(LiveRecord, frozen=True, kw_only=True):
    """One pushed request. It may be visited until it expires, and is erased by the answer: of two, one comes too late.

    Whoever visited in time may finish later, so the row stays for as long as a person may take.
    """

    id: str
    """The keyed hash of its handle."""
    client_id: str
    parameters: dict[str, str]
    """What the table of checks is walked with, at the push and at each visit; without ``id_token_hint`` and
    whatever proved the client."""
    provenance: Json = msgspec.field(default_factory=dict)
    """How it came in: see `authorization.provenance`."""
    hinted_subject: str | None = None
    """Whom ``id_token_hint`` meant: the token itself is not kept."""
    created_at_ms: int
    expires_at_ms: int
    purge_at_ms: int

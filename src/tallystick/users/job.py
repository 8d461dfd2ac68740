"""The job: an import of people that goes on after its call was answered."""

from __future__ import annotations

import msgspec

from ..live import LiveRecord
from ..records import Json


class Job(LiveRecord, frozen=True, kw_only=True):
    """One job (auth0.md, appendix A)."""

    id: str
    type: str
    """``users_import``, ``verification_email``."""
    status: str
    """``pending``, ``processing``, ``completed`` or ``failed``."""
    data: Json = msgspec.field(default_factory=dict)
    """What it is about, its ``summary`` and its ``errors``."""
    created_at_ms: int
    updated_at_ms: int
    purge_at_ms: int

"""What this worker knows of the tenants' revisions, and how fresh that is."""

from __future__ import annotations

import time
from collections.abc import Iterable

FRESH_S = 1.5
"""Older knowledge counts as none (the database has been silent)."""


class KnownRevisions:
    """The highest revision seen per tenant. Revisions only rise, so a late answer never takes one back."""

    def __init__(self) -> None:
        self._revisions: dict[str, int] = {}
        self._looked_s = float("-inf")

    def known(self, tenant_id: str) -> int | None:
        """The revision seen last, 0 for a tenant without one; None when the last look is too long ago."""
        if time.monotonic() - self._looked_s > FRESH_S:
            return None
        return self._revisions.get(tenant_id, 0)

    def learn(self, tenant_id: str, revision: int) -> None:
        """One revision, from this worker's own commit or a notice."""
        if revision > self._revisions.get(tenant_id, 0):
            self._revisions[tenant_id] = revision

    def learn_all(self, revisions: Iterable[tuple[str, int]]) -> None:
        """All of them, as the database has them."""
        for tenant_id, revision in revisions:
            self.learn(tenant_id, revision)

    def looked(self, at_s: float) -> None:
        """The database answered a look that *began* at this reading of ``time.monotonic``."""
        self._looked_s = at_s

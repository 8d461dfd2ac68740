"""The log forgets: rows older than the tenant's ``log_retention_days`` go, a few at a time, the oldest first."""

from __future__ import annotations

import asyncio
from abc import abstractmethod

from ..clock import DAY_MS
from ..tenants.settings import log_retention_days
from ..tenants.tenant import Tenant
from .log_reads import LogReads

LOG_PURGE_BATCH = 250
"""Rows of one statement: a few milliseconds of the writer's time."""
LOG_PURGE_PAUSE_S = 0.05
"""Between two batches, so that the writer is free most of the time; still some 4000 rows a second."""


class LogPurge(LogReads):
    """Removes what is older than its tenant keeps."""

    @abstractmethod
    async def _purge_log(self, tenant_id: str, before_ms: int) -> int:
        """Delete those of the tenant's oldest :data:`LOG_PURGE_BATCH` rows that are from before; how many.

        Looking at the oldest alone costs the same however long the log is: it has no index by time.
        """

    async def purge_log(self, now_ms: int) -> int:
        """Delete what every tenant no longer keeps; how many rows. Raises Unavailable."""
        purged = 0
        for tenant in await self.find(Tenant, None):
            before_ms = now_ms - log_retention_days(tenant) * DAY_MS
            # A batch that is not full has met a row to keep.
            while (count := await self._purge_log(tenant.tenant_id, before_ms)) == LOG_PURGE_BATCH:
                purged += count
                await asyncio.sleep(LOG_PURGE_PAUSE_S)
            purged += count
        return purged

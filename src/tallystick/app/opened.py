"""The application of one worker process: opened, asked by the front, closed."""

from __future__ import annotations

import asyncio
import os
from urllib.parse import urlsplit

from ..clock import Clock, SystemClock
from ..deployment.facts import CHECK_FACT, database_url
from ..deployment.master_key import right_master_key
from ..deployment.telling import tell_for_ever
from ..errors import StartupError
from ..logs import configure_logs
from ..onetime import RESTORED_FACT, fenced
from ..settings import Settings
from ..storage.opening import open_storage
from ..tenants.tenant import Tenant
from .back_channel import sender_of
from .gate import build_gate, readiness_of
from .worker import Worker, build_worker


async def open_worker(settings: Settings) -> OpenedApp:
    """What a worker process opens: its log, then the application."""
    configure_logs(settings.log_level)
    opened = await open_app(settings)
    opened.sender.start()
    opened.start_imports()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        opened.tell_metrics()
    return opened


async def open_app(settings: Settings, clock: Clock | None = None) -> OpenedApp:
    """Open the database and build the application. Raises StartupError with one clear line."""
    clock = clock or SystemClock()
    storage = await open_storage(database_url(settings), clock)
    try:
        check = await storage.deployment_get(CHECK_FACT)
        if check is None:
            raise StartupError("the database is empty: it was not prepared")
        one_time = fenced(storage, clock, await storage.deployment_get(RESTORED_FACT))
        worker = build_worker(storage, one_time, clock, right_master_key(settings, check), settings)
        await storage.start()
        for tenant in await storage.find(Tenant, None):
            await worker.ring.warm(tenant.tenant_id)
        worker.tallies.start()
    except BaseException:
        await storage.close()
        raise
    return OpenedApp(worker)


class OpenedApp:
    """The application of one worker, ready to serve."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._readiness = readiness_of(worker)
        self.asgi = build_gate(worker, self._readiness)
        self._telling: asyncio.Task[None] | None = None
        self.sender = sender_of(worker)
        """Tells applications of logouts; once it is started, by itself."""

    def tell_metrics(self) -> None:
        """From now on hand over what is counted, and what can only be looked at."""
        self._telling = asyncio.create_task(tell_for_ever(self._worker.storage))

    def start_imports(self) -> None:
        """From now on carry out what people were uploaded for."""
        self._worker.importer.start()

    async def flush(self) -> None:
        """Write what was counted lately, as happens every few seconds by itself."""
        await self._worker.tallies.flush()

    async def hosts(self) -> list[str]:
        """The host names that need a certificate."""
        return sorted({urlsplit(f"//{host}").hostname or "" for host in await self._worker.hosts.every()})

    async def cname_key_holds(self, host: str, key: str) -> bool:
        """Whether ``key`` proves the proxy of the custom domain that this ``Host`` leads to (auth0.md 2.3)."""
        return await self._worker.domains.key_holds(host, key)

    async def client_ip_header(self, host: str) -> str | None:
        """The header in which that proxy names the client's address; None when the domain names none."""
        return await self._worker.domains.client_ip_header(host)

    def drain(self) -> None:
        """A stop is coming: serve on, and say so to whoever asks whether we are ready."""
        self._readiness.drain()

    async def close(self) -> None:
        """Write what is queued and let go of the database."""
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.gather(self._telling, return_exceptions=True)
        self._worker.people.passwords.close()
        await self.sender.close()
        await self._worker.importer.close()
        await self._worker.mailer.close()
        await self._worker.key_sets.close()
        await self._worker.outbound.close()
        await self._worker.tallies.close()
        await self._worker.storage.close()

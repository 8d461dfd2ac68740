"""The certificates that a worker shows: read when it begins, and kept fresh while it serves."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from ..errors import StartupError
from .metrics import tell_certificates
from .plan import OpenedApp, hosts_of
from .sources import Certificates, CertificateSource
from .tls import CertificateTable

CERTIFICATE_CHECK_S = 0.25
"""How soon a new host gets its certificate."""
CERTIFICATE_RELOAD_S = 600.0
"""How often files are read again, for renewals."""

log = logging.getLogger("tallystick.front")


async def open_table(source: CertificateSource | None, opened: OpenedApp) -> CertificateTable | None:
    """The certificates to begin with; None for plain HTTP."""
    if source is None:
        return None
    certificates = await load(source, await hosts_of(opened))
    tell_certificates(*certificates)
    return CertificateTable(*certificates)


async def load(source: CertificateSource, hosts: list[str]) -> Certificates:
    """Read certificates without holding up the loop."""
    return await asyncio.to_thread(source.load, hosts)


async def keep_certificates(
    source: CertificateSource | None, table: CertificateTable | None, opened: OpenedApp, reload: asyncio.Event
) -> None:
    """Show certificates for hosts that come, and renewed ones; on any failure those that were good stay."""
    if source is None or table is None:
        return
    loop = asyncio.get_running_loop()
    shown, reload_at = await hosts_of(opened), loop.time() + CERTIFICATE_RELOAD_S
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(CERTIFICATE_CHECK_S):
                await reload.wait()
        try:
            hosts = await hosts_of(opened)
            if hosts == shown and loop.time() < reload_at and not reload.is_set():
                continue
            reload.clear()
            shown, reload_at = hosts, loop.time() + CERTIFICATE_RELOAD_S
            certificates = await load(source, hosts)
            table.replace(*certificates)
            tell_certificates(*certificates)
        except Exception as error:
            log.error("certificates stay as they are: %s", error if isinstance(error, StartupError) else repr(error))
